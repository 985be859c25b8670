use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How an update protects itself against others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One transaction that locks the account's row.
    #[default]
    Robust,
    /// No protection: loses updates.
    Naive,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no mode: expected `robust` or `naive`")]
pub struct UnknownMode(String);

impl Mode {
    pub const ALL: [Self; 2] = [Self::Robust, Self::Naive];

    pub fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Naive => "naive",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let mode = Self::ALL.into_iter().find(|mode| mode.name() == text);
        mode.ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "Robust".parse::<Mode>().expect_err("names are lowercase");
        assert!(Mode::ALL.iter().all(|mode| error.to_string().contains(mode.name())), "{error}");
    }
}
