use thiserror::Error;

use crate::bank::store::StoreError;
use crate::model::Outcome;

/// Why an update did not happen.
#[derive(Clone, Debug, Error)]
pub enum LedgerError {
    #[error("Insufficient funds")]
    InsufficientFunds,
    #[error("the balance would exceed {}", i64::MAX)]
    Overflow,
    /// Nothing was applied now; what the key stands for was, before.
    #[error("this Idempotency-Key belongs to another update: {0}")]
    KeyReused(String),
    /// Nothing was applied.
    #[error("other updates were in the way {0} times in a row")]
    Contended(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LedgerError {
    /// What the caller may conclude about the money.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::InsufficientFunds | Self::Overflow | Self::KeyReused(_) => Outcome::Rejected,
            Self::Store(StoreError::UnknownAccount(_)) => Outcome::Rejected,
            Self::Store(StoreError::OutcomeUnknown(_)) => Outcome::Unknown,
            Self::Contended(_) => Outcome::Failed,
            Self::Store(
                StoreError::Conflict(_)
                | StoreError::Unavailable(_)
                | StoreError::Silent(_)
                | StoreError::Refused(_),
            ) => Outcome::Failed,
        }
    }
}
