use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of an account as a scenario writes it: `1`, `seat-4`.
///
/// Cheap to clone. Numeric names sort by value and before all others, so that
/// tables read 1, 2, 10.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(Arc<str>);

impl AccountId {
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn number(&self) -> Option<u64> {
        self.0.parse().ok()
    }
}

impl From<u64> for AccountId {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

impl From<&str> for AccountId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Ord for AccountId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a.cmp(&b).then_with(|| self.0.cmp(&other.0)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for AccountId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value_and_before_names() {
        let mut ids: Vec<AccountId> =
            ["10", "seat-4", "2", "1", "a"].into_iter().map(AccountId::from).collect();
        ids.sort();
        let names: Vec<&str> = ids.iter().map(AccountId::as_str).collect();
        assert_eq!(names, ["1", "2", "10", "a", "seat-4"]);
    }
}
