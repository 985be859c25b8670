use std::fmt;
use std::str::FromStr;

use crate::bank::{Mode, UnknownMode};

/// One mode, or each in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Modes {
    All,
    One(Mode),
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::One(mode) => mode.fmt(f),
        }
    }
}

impl FromStr for Modes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            mode => mode
                .parse()
                .map(Self::One)
                .map_err(|error: UnknownMode| format!("{error}, or `all`")),
        }
    }
}
