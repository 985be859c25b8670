use std::fmt;
use std::str::FromStr;

use super::Difference;

/// What may not get worse: `p(95)+10%`, `http_reqs.rate-5%`, `missing+0`, or
/// `verdict`.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A run that passed has to pass again.
    Verdict,
    Change {
        /// `http_req_duration.p(95)`
        name: String,
        is_growth: bool,
        most: f64,
        is_share: bool,
    },
}

/// What an aggregation alone is of.
const METRIC: &str = "http_req_duration";

impl Limit {
    /// The number it looks at.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Verdict => None,
            Self::Change { name, .. } => Some(name),
        }
    }

    /// How it was crossed, in words; `None`: it holds. What is within the noise
    /// crosses nothing; what one of the sides does not have cannot hold.
    pub fn crossed(&self, difference: &Difference) -> Option<String> {
        let key = &difference.key;
        let Self::Change { name, is_growth, most, is_share } = self else {
            let (before, after) = &difference.verdicts;
            let worse = before == "pass" && after != "pass";
            return worse.then(|| format!("{key}: it was {before}, and is {after}"));
        };
        let Some(row) = difference.rows.iter().find(|row| row.name == *name) else {
            return Some(format!("{key}: there is no `{name}` on both sides"));
        };
        if row.is_noise == Some(true) {
            return None;
        }
        let sign = if *is_growth { 1.0 } else { -1.0 };
        let change = sign * (row.after - row.before);
        let allowed = if *is_share { row.before.abs() * most / 100.0 } else { *most };
        (change > allowed)
            .then(|| format!("{key}: {name} went from {} to {}", row.before, row.after))
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "verdict" {
            return Ok(Self::Verdict);
        }
        let refused = || "expected p(95)+10%, http_reqs.rate-5% or verdict".to_owned();
        let at = text.rfind(['+', '-']).ok_or_else(refused)?;
        let (name, amount) = (text[..at].trim(), &text[at + 1..]);
        let (amount, is_share) = match amount.strip_suffix('%') {
            Some(amount) => (amount, true),
            None => (amount, false),
        };
        let most: f64 = amount.trim().parse().map_err(|_| refused())?;
        let is_name = |char: char| char.is_ascii_alphanumeric() || "_.()".contains(char);
        if name.is_empty() || !name.chars().all(is_name) || !most.is_finite() || most < 0.0 {
            return Err(refused());
        }
        let is_whole = name.contains('.') || ["missing", "surplus"].contains(&name);
        let name = if is_whole { name.to_owned() } else { format!("{METRIC}.{name}") };
        Ok(Self::Change { name, is_growth: text[at..].starts_with('+'), most, is_share })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict => f.write_str("verdict"),
            Self::Change { name, is_growth, most, is_share } => {
                let (sign, unit) =
                    (if *is_growth { '+' } else { '-' }, if *is_share { "%" } else { "" });
                write!(f, "{name}{sign}{most}{unit}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_shown() {
        let shown = |text: &str| text.parse::<Limit>().map(|limit| limit.to_string());
        assert_eq!(shown("p(95)+10%"), Ok("http_req_duration.p(95)+10%".into()));
        assert_eq!(shown("http_reqs.rate - 5 %"), Ok("http_reqs.rate-5%".into()));
        assert_eq!(shown("missing+0"), Ok("missing+0".into()));
        assert_eq!(shown("verdict"), Ok("verdict".into()));
        for text in ["", "p(95)", "+10%", "p(95)+x", "p(95)+-1%", "p(95)+inf"] {
            assert!(shown(text).is_err(), "{text}");
        }
    }
}
