//! Numbers as people read them.

use std::time::Duration;

/// Three significant digits and a unit: `842µs`, `1.31ms`, `2.10s`, `1m05s`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration.is_zero() {
        "0".into()
    } else if seconds >= 59.995 {
        let whole = seconds.round() as u64;
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else if seconds >= 0.999_5 {
        format!("{}s", three_digits(seconds))
    } else if seconds >= 0.000_999_5 {
        format!("{}ms", three_digits(seconds * 1e3))
    } else {
        format!("{:.0}µs", seconds * 1e6)
    }
}

/// `count` per second of `elapsed`.
pub(super) fn rate(count: u64, elapsed: Duration) -> String {
    match elapsed.as_secs_f64() {
        seconds if seconds > 0.0 => {
            let rate = count as f64 / seconds;
            if rate < 100.0 { three_digits(rate) } else { format!("{rate:.0}") }
        }
        _ => "-".into(),
    }
}

/// `1 operation`, `2 operations`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// With a sign, so that a difference reads as one: `+5`, `0`, `-5`.
pub(super) fn signed(amount: i64) -> String {
    if amount > 0 { format!("+{amount}") } else { amount.to_string() }
}

/// At most `width` characters, with an ellipsis in place of the rest.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Broken wherever a line is full; further lines are indented by two.
pub(super) fn broken(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for char in text.chars() {
        if column >= width.max(10) {
            lines.push_str("\n  ");
            column = 2;
        }
        lines.push(char);
        column += 1;
    }
    lines
}

/// Broken between words where it is wider than `width`; further lines are
/// indented by two.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push_str("\n  ");
            column = 2;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

fn three_digits(number: f64) -> String {
    if number < 9.995 {
        format!("{number:.2}")
    } else if number < 99.95 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits() {
        let text = |nanos| duration(Duration::from_nanos(nanos));
        assert_eq!(text(0), "0");
        assert_eq!(text(842_000), "842µs");
        assert_eq!(text(999_900), "1.00ms");
        assert_eq!(text(1_314_000), "1.31ms");
        assert_eq!(text(99_960_000), "100ms");
        assert_eq!(text(2_100_000_000), "2.10s");
        assert_eq!(text(59_996_000_000), "1m00s");
        assert_eq!(text(65_000_000_000), "1m05s");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 8), "one two\n  three");
        assert_eq!(wrapped("one two three", usize::MAX), "one two three");
        assert_eq!(wrapped("unbreakable word", 5), "unbreakable\n  word");
    }

    #[test]
    fn rates_counts_and_signs() {
        assert_eq!(rate(600, Duration::from_secs(2)), "300");
        assert_eq!(rate(5, Duration::from_secs(2)), "2.50");
        assert_eq!(rate(5, Duration::ZERO), "-");
        assert_eq!(counted(1, "operation"), "1 operation");
        assert_eq!(signed(5), "+5");
        assert_eq!(shortened("deterministic", 6), "deter…");
    }
}
