use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// A length of time, or a range to draw one from: `0`, `5ms`, `10ms..50ms`.
///
/// Serves think times in scenarios and the bank's race window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub min: Duration,
    /// Inclusive; never below `min`.
    pub max: Duration,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PauseError {
    #[error("`{0}` is not a length of time such as `0`, `5ms`, `1m30s` or a range `0..50ms`")]
    NotAPause(String),
    #[error("the range `{0}` ends before it begins")]
    Backwards(String),
}

impl Pause {
    pub const NONE: Self = Self::fixed(Duration::ZERO);

    pub const fn fixed(length: Duration) -> Self {
        Self { min: length, max: length }
    }

    pub fn is_none(&self) -> bool {
        self.max.is_zero()
    }

    /// A length drawn uniformly from the range.
    pub fn draw(&self, random: &mut fastrand::Rng) -> Duration {
        let spread = (self.max - self.min).as_nanos() as u64;
        self.min + Duration::from_nanos(random.u64(0..=spread))
    }
}

/// Reads `5ms`, `1m30s`, or a bare `0`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    match text.trim() {
        "0" => Some(Duration::ZERO),
        text => humantime::parse_duration(text).ok(),
    }
}

impl FromStr for Pause {
    type Err = PauseError;

    fn from_str(text: &str) -> Result<Self, PauseError> {
        let parse = |part| parse_duration(part).ok_or_else(|| PauseError::NotAPause(text.into()));
        let pause = match text.split_once("..") {
            Some((min, max)) => Self { min: parse(min)?, max: parse(max)? },
            None => Self::fixed(parse(text)?),
        };
        if pause.max < pause.min {
            return Err(PauseError::Backwards(text.into()));
        }
        Ok(pause)
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            write!(f, "0")
        } else if self.min == self.max {
            write!(f, "{}", humantime::format_duration(self.max))
        } else if self.min.is_zero() {
            write!(f, "0..{}", humantime::format_duration(self.max))
        } else {
            let (min, max) = (self.min, self.max);
            write!(f, "{}..{}", humantime::format_duration(min), humantime::format_duration(max))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_and_ranges() {
        let ms = Duration::from_millis;
        assert_eq!("0".parse(), Ok(Pause::NONE));
        assert_eq!("5ms".parse(), Ok(Pause::fixed(ms(5))));
        assert_eq!("0..50ms".parse(), Ok(Pause { min: ms(0), max: ms(50) }));
        assert_eq!("1m30s".parse(), Ok(Pause::fixed(ms(90_000))));
    }

    #[test]
    fn refuses_what_is_no_length() {
        for text in ["", "5", "fast", "..", "5ms..", "-1ms", "9999999999999999999999h"] {
            assert_eq!(text.parse::<Pause>(), Err(PauseError::NotAPause(text.into())), "{text}");
        }
        assert_eq!("9ms..5ms".parse::<Pause>(), Err(PauseError::Backwards("9ms..5ms".into())));
    }

    #[test]
    fn prints_what_it_reads() {
        for text in ["0", "5ms", "0..50ms", "10ms..1s"] {
            assert_eq!(text.parse::<Pause>().map(|pause| pause.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn draws_within_the_range() {
        let pause: Pause = "2ms..4ms".parse().expect("a range");
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..1000 {
            let drawn = pause.draw(&mut random);
            assert!(pause.min <= drawn && drawn <= pause.max);
        }
    }
}
