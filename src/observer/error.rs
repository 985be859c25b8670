use std::time::Duration;

use thiserror::Error;

use crate::model::with_causes;

/// Why a database cannot be looked into, or no longer. Never shows a password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ObserverError {
    #[error("cannot connect to it: {0}")]
    Connect(String),
    #[error("it is PostgreSQL {0}, and 10 or newer is needed")]
    TooOld(String),
    #[error("it cannot be asked: {0}")]
    Answer(String),
    #[error("it did not answer within {0:?}")]
    Silent(Duration),
    #[error("the observer ended unexpectedly: {0}")]
    Ended(String),
}

impl From<tokio_postgres::Error> for ObserverError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Answer(described(&error))
    }
}

/// The error and its causes, each said once.
pub(super) fn described(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.to_string();
    }
    with_causes(error)
}
