use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::AsyncConnection;
use thiserror::Error;

/// Why a statement did not do what it was asked to.
///
/// The kinds differ in what a caller may conclude about its money.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No such row; nothing was applied.
    #[error("account {0} does not exist")]
    UnknownAccount(i64),
    /// The database is away, or no connection came free in time. Nothing was
    /// applied.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The statement that makes a change final was sent and never answered:
    /// the change may or may not have been applied.
    #[error("the database never answered, so nobody knows whether this was applied: {0}")]
    OutcomeUnknown(String),
    /// The database answered, and refused. Nothing was applied.
    #[error("the database refused: {0}")]
    Refused(String),
}

/// Whether a statement makes a change final by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A read, or a step of a transaction that is not committed yet.
    None,
    /// COMMIT, or a write outside of a transaction.
    Final,
}

/// Turns what diesel says into what it means for the caller's money.
///
/// diesel drops the SQLSTATE, so an administrator's shutdown looks like any
/// other error; an empty statement sent after it tells whether anyone is
/// still there.
pub(super) async fn explain<C: AsyncConnection>(
    connection: &mut C,
    error: Error,
    effect: Effect,
) -> StoreError {
    let reason = error.to_string();
    if is_busy(&error) {
        return StoreError::Unavailable(reason);
    }
    match (is_lost(connection, &error).await, effect) {
        (true, Effect::None) => StoreError::Unavailable(reason),
        (true, Effect::Final) => StoreError::OutcomeUnknown(reason),
        (false, _) => StoreError::Refused(reason),
    }
}

/// SQLite only: another process held the write lock for the whole busy
/// timeout, and the statement changed nothing.
fn is_busy(error: &Error) -> bool {
    error.to_string() == "database is locked"
}

async fn is_lost<C: AsyncConnection>(connection: &mut C, error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, Unknown};
    match error {
        Error::DatabaseError(UnableToSendCommand | ClosedConnection, _) => true,
        Error::BrokenTransactionManager => true,
        Error::DatabaseError(Unknown, _) => connection.batch_execute("").await.is_err(),
        _ => false,
    }
}
