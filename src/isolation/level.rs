use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

/// An isolation level of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IsolationLevel {
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

impl IsolationLevel {
    pub const ALL: [Self; 3] = [Self::ReadCommitted, Self::RepeatableRead, Self::Serializable];

    /// As SQL has it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }

    /// `sql` with this level wherever it names one.
    pub(super) fn instead_in(self, sql: &str) -> String {
        NAMED.replace_all(sql, format!("ISOLATION LEVEL {}", self.sql())).into_owned()
    }
}

/// The level in BEGIN, START TRANSACTION, SET TRANSACTION.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bISOLATION\s+LEVEL\s+(SERIALIZABLE|REPEATABLE\s+READ|READ\s+COMMITTED|READ\s+UNCOMMITTED)\b",
    )
    .expect("a regular expression of our own")
});

impl fmt::Display for IsolationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadCommitted => "read-committed",
            Self::RepeatableRead => "repeatable-read",
            Self::Serializable => "serializable",
        })
    }
}

impl FromStr for IsolationLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.to_string() == text);
        found.ok_or_else(|| {
            format!("unknown isolation level `{text}`: expected read-committed, repeatable-read or serializable")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_replaced_wherever_it_is_named() {
        let sql = "begin isolation  level Serializable, READ ONLY; SET TRANSACTION ISOLATION LEVEL read uncommitted";
        assert_eq!(
            IsolationLevel::RepeatableRead.instead_in(sql),
            "begin ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
        );
        assert_eq!(IsolationLevel::Serializable.instead_in("BEGIN"), "BEGIN");
    }

    #[test]
    fn names_are_read_back() {
        for level in IsolationLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!("dirty".parse::<IsolationLevel>().is_err());
    }
}
