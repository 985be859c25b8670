/// What the values of a metric count or measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Requests, iterations, virtual users; whatever a custom metric holds.
    Number,
    /// A part of a whole, 0 to 1.
    Share,
    Milliseconds,
}

impl Unit {
    /// The value as a person reads it: `1234`, `98.20%`, `12.3ms`.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Number => number(value),
            Self::Share => percent(value),
            Self::Milliseconds => milliseconds(value),
        }
    }
}

/// Whole numbers whole, others with three digits or more.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1e15 => format!("{value:.2e}"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 99.95 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        size if size >= 0.1 => format!("{value:.3}"),
        size if size >= 0.001 => format!("{value:.5}"),
        _ => format!("{value:.2e}"),
    }
}

/// Nothing and everything are written so only where they are meant.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let exact = |text: &str| text.parse() == Ok(percent);
    let text = (2..7).map(|digits| format!("{percent:.digits$}")).find(|text| {
        let edge = text.parse() == Ok(0.0) || text.parse() == Ok(100.0);
        !edge || exact(text)
    });
    format!("{}%", text.unwrap_or_else(|| percent.to_string()))
}

fn milliseconds(value: f64) -> String {
    match value {
        _ if value == 0.0 => "0".to_owned(),
        _ if value < 0.9995 => format!("{:.0}µs", value * 1e3),
        _ if value < 999.5 => format!("{}ms", three_digits(value)),
        _ if value < 59_995.0 => format!("{}s", three_digits(value / 1e3)),
        _ => {
            let seconds = (value / 1e3).round();
            format!("{:.0}m{:02.0}s", (seconds / 60.0).floor(), seconds % 60.0)
        }
    }
}

fn three_digits(value: f64) -> String {
    match value {
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_do_not_mislead() {
        let shown = [1234.0, -5.0, 0.0, 1234.56, 12.345, 0.5, 0.0000123, 1e20]
            .map(|value| Unit::Number.show(value));
        let expected = ["1234", "-5", "0", "1234.6", "12.35", "0.500", "1.23e-5", "1.00e20"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn shares_are_nothing_or_all_only_when_they_are() {
        let shown = [0.0, 1.0, 0.982, 0.000_01, 0.999_999, 1e-12].map(|it| Unit::Share.show(it));
        let expected = ["0.00%", "100.00%", "98.20%", "0.001%", "99.9999%", "0.0000000001%"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn durations_keep_three_digits() {
        let shown = [0.0, 0.842, 1.314, 99.96, 2100.0, 65_000.0]
            .map(|value| Unit::Milliseconds.show(value));
        assert_eq!(shown, ["0", "842µs", "1.31ms", "100ms", "2.10s", "1m05s"]);
    }
}
