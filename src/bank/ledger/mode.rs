use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How an update protects itself against others.
///
/// Servers on one database protect themselves against each other only when
/// they are in the same mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One transaction that locks the account's row.
    #[default]
    Robust,
    /// One statement that reads and writes at once.
    Atomic,
    /// Compare and set: writes only what is still as it was read, or else
    /// tries again.
    Optimistic,
    /// A transaction that must have been alone, or else tries again.
    Serializable,
    /// A transaction that locks the account's number.
    Advisory,
    /// One transaction for all who have come since the last one; it locks their
    /// accounts' rows.
    Batched,
    /// No protection: loses updates.
    Naive,
    /// A transaction, and nothing else: loses updates.
    Transaction,
    /// Adds in one statement what it has checked in another: overdraws.
    CheckThenAct,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no mode: expected {list}", list = expected())]
pub struct UnknownMode(String);

impl Mode {
    /// The correct ones first.
    pub const ALL: [Self; 9] = [
        Self::Robust,
        Self::Atomic,
        Self::Optimistic,
        Self::Serializable,
        Self::Advisory,
        Self::Batched,
        Self::Naive,
        Self::Transaction,
        Self::CheckThenAct,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Atomic => "atomic",
            Self::Optimistic => "optimistic",
            Self::Serializable => "serializable",
            Self::Advisory => "advisory",
            Self::Batched => "batched",
            Self::Naive => "naive",
            Self::Transaction => "transaction",
            Self::CheckThenAct => "check-then-act",
        }
    }

    /// Whether every balance is what its acknowledged updates add up to, none
    /// below zero, whatever else happens at the same time. The others are here
    /// to be caught.
    pub fn is_correct(self) -> bool {
        match self {
            Self::Robust
            | Self::Atomic
            | Self::Optimistic
            | Self::Serializable
            | Self::Advisory
            | Self::Batched => true,
            Self::Naive | Self::Transaction | Self::CheckThenAct => false,
        }
    }

    /// Whether SQLite has nothing that would show the same; see
    /// [`Self::lacking_in_sqlite`].
    pub fn needs_postgres(self) -> bool {
        self.lacking_in_sqlite().is_some()
    }

    /// What SQLite has no counterpart of. It does have one of `serializable`:
    /// its plain BEGIN, which refuses to write once anybody else has.
    pub fn lacking_in_sqlite(self) -> Option<&'static str> {
        match self {
            Self::Advisory => Some("SQLite has no advisory locks"),
            Self::Transaction => {
                Some("SQLite has no READ COMMITTED: its transactions are serializable")
            }
            _ => None,
        }
    }
}

/// `robust`, `naive` or `transaction`
fn expected() -> String {
    let names = Mode::ALL.map(|mode| format!("`{mode}`"));
    let (last, others) = names.split_last().expect("several modes");
    format!("{} or {last}", others.join(", "))
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

    #[test]
    fn two_modes_have_no_counterpart_in_sqlite() {
        let modes = Mode::ALL.into_iter().filter(|mode| mode.needs_postgres());
        assert_eq!(modes.collect::<Vec<_>>(), [Mode::Advisory, Mode::Transaction]);
    }
}
