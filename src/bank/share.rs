use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A part of a whole: `5%`, `0.05`, `0`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(f64);

#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no share: expected a percentage such as `5%` or a number from 0 to 1")]
pub struct BadShare(String);

impl Share {
    pub const NONE: Self = Self(0.0);
    pub const ALL: Self = Self(1.0);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether this one is among them.
    pub fn draw(self, random: &mut fastrand::Rng) -> bool {
        random.f64() < self.0
    }
}

impl FromStr for Share {
    type Err = BadShare;

    fn from_str(text: &str) -> Result<Self, BadShare> {
        let trimmed = text.trim();
        let (number, whole) = match trimmed.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 100.0),
            None => (trimmed, 1.0),
        };
        let share = number.parse().map(|number: f64| number / whole);
        let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| BadShare(text.to_owned()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nobody means more digits than these, and 0.07 * 100 has some.
        let percent = (self.0 * 100.0 * 1e6).round() / 1e6;
        write!(f, "{percent}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_percentages_and_numbers() {
        for (text, share, printed) in [
            ("5%", 0.05, "5%"),
            ("0.05", 0.05, "5%"),
            ("7 %", 0.07, "7%"),
            ("0", 0.0, "0%"),
            ("0%", 0.0, "0%"),
            ("1", 1.0, "100%"),
            ("100%", 1.0, "100%"),
            ("0.5%", 0.005, "0.5%"),
        ] {
            let read: Share = text.parse().expect(text);
            assert!((read.0 - share).abs() < 1e-12, "{text}");
            assert_eq!(read.to_string(), printed);
        }
    }

    #[test]
    fn refuses_what_is_no_part() {
        for text in ["", "%", "5", "101%", "-1%", "NaN", "inf", "some", "1%%"] {
            assert_eq!(text.parse::<Share>(), Err(BadShare(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn draws_about_as_often_as_it_says() {
        let mut random = fastrand::Rng::with_seed(7);
        let share: Share = "5%".parse().expect("a share");
        let drawn = (0..10_000).filter(|_| share.draw(&mut random)).count();
        assert!((400..600).contains(&drawn), "{drawn}");
        assert!((0..100).all(|_| Share::ALL.draw(&mut random) && !Share::NONE.draw(&mut random)));
    }
}
