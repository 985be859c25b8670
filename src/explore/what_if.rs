use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::exploration::Exploration;
use super::transactions::{Obstacle, Transactions};

/// A change of a service that the proxy can make without touching it, to see what the
/// service would do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatIf {
    /// Transactions are REPEATABLE READ unless they say otherwise.
    RepeatableRead,
    /// Transactions are SERIALIZABLE unless they say otherwise.
    Serializable,
    /// What a later statement of the same transaction depends on is read FOR UPDATE.
    ForUpdate,
}

/// What the proxy changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The default isolation level of the service's sessions.
    pub isolation: Option<&'static str>,
    /// Queries, by their names, that get FOR UPDATE.
    pub for_update: BTreeSet<String>,
}

/// Why a change would make none, or one that proves nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotApplied {
    /// These statements set the isolation level.
    #[error(
        "the service sets the isolation level itself, which a default does not change: {}", _0.join("; ")
    )]
    IsolationIsSet(Vec<String>),
    #[error("no query can be locked: {}", obstacles(_0))]
    NothingToLock(Vec<Obstacle>),
    #[error(
        "no query without a lock reads a table that a later statement of its transaction writes"
    )]
    NothingRead,
}

/// The service as it would be with a change.
#[derive(Clone, Debug)]
pub struct Tried {
    pub what_if: WhatIf,
    /// What was changed; nothing where it could not be applied.
    pub applied: Applied,
    pub result: Result<Box<Exploration>, NotTried>,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotTried {
    #[error("{0}")]
    NotApplied(#[from] NotApplied),
    /// The error is for a person.
    #[error("{0}")]
    CouldNotRun(String),
}

/// How a service uses transactions, and what came of each change.
#[derive(Clone, Debug)]
pub struct WhatIfs {
    pub transactions: Transactions,
    pub tried: Vec<Tried>,
}

impl WhatIf {
    pub const ALL: [Self; 3] = [Self::RepeatableRead, Self::Serializable, Self::ForUpdate];

    /// What the proxy has to do for it.
    pub fn apply(self, transactions: &Transactions) -> Result<Applied, NotApplied> {
        let isolation = match self {
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
            Self::ForUpdate => return for_update(transactions),
        };
        if !transactions.isolation_set.is_empty() {
            let statements = transactions.isolation_set.iter().cloned().collect();
            return Err(NotApplied::IsolationIsSet(statements));
        }
        Ok(Applied { isolation: Some(isolation), ..Applied::default() })
    }
}

fn for_update(transactions: &Transactions) -> Result<Applied, NotApplied> {
    if !transactions.lockable.is_empty() {
        let for_update = transactions.lockable.clone();
        return Ok(Applied { for_update, ..Applied::default() });
    }
    Err(match &transactions.obstacles[..] {
        [] => NotApplied::NothingRead,
        obstacles => NotApplied::NothingToLock(obstacles.to_vec()),
    })
}

/// Queries, and why, which is said once of several.
fn obstacles(all: &[Obstacle]) -> String {
    let of_reasons = all.chunk_by(|one, other| one.why == other.why);
    let said = of_reasons.map(|same| {
        let queries: Vec<String> = same.iter().map(|it| format!("`{}`", it.query)).collect();
        format!("{} ({})", queries.join(", "), same[0].why)
    });
    said.collect::<Vec<_>>().join("; ")
}

impl Applied {
    /// What the service's sessions begin with.
    pub fn setting(&self) -> Option<(&'static str, &'static str)> {
        Some(("default_transaction_isolation", self.isolation?))
    }
}

impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RepeatableRead => "isolation=repeatable-read",
            Self::Serializable => "isolation=serializable",
            Self::ForUpdate => "for-update",
        })
    }
}

impl FromStr for WhatIf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.to_string() == text);
        found.ok_or_else(|| {
            format!(
                "`{text}` cannot be tried: expected isolation=repeatable-read, \
                 isolation=serializable, for-update or all"
            )
        })
    }
}
