use std::fmt;
use std::time::Duration;

use thiserror::Error;

/// What is wrong with a specification, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecProblem {
    /// Counted from 1; `None`: it concerns the whole file.
    pub line: Option<usize>,
    pub message: String,
}

impl SpecProblem {
    pub(super) fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into() }
    }
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for SpecProblem {}

/// Why a specification could not be carried out.
#[derive(Debug, Error)]
pub enum IsolationError {
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error(
        "cannot create a scratch database: {0}; the user needs the right to (ALTER ROLE ... \
         CREATEDB), or leave `--database` out for a private PostgreSQL"
    )]
    Scratch(String),
    #[error("{part} fails: {error}")]
    Setup { part: String, error: String },
    #[error("step {step} did not end within {limit:?}, and no other session holds it up{by}")]
    TooSlow { step: String, limit: Duration, by: String },
    #[error("the database cannot be asked: {0}")]
    Query(String),
    #[error(
        "two runs of the sessions one after the other, in the same order, differ in the number of \
         rows of {0}: nothing can be compared with them"
    )]
    NotDeterministic(String),
    #[error("it was stopped")]
    Stopped,
}

impl From<tokio_postgres::Error> for IsolationError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Query(described(&error))
    }
}

/// The server's own words, or else the error with its causes.
pub(super) fn described(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => crate::model::with_causes(error),
    }
}
