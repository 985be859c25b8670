use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::AsyncConnection;
use thiserror::Error;

/// How long a database that has just answered may take to show that it is still
/// there.
const STILL_THERE: Duration = Duration::from_secs(1);

/// Why a statement did not do what it was asked to.
///
/// The kinds differ in what a caller may conclude about its money.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// No such row; nothing was applied.
    #[error("account {0} does not exist")]
    UnknownAccount(i64),
    /// Someone else's transaction was in the way: one of the two had to give
    /// up, and it was this one. Nothing was applied; the same again may work.
    #[error("another transaction was in the way: {0}")]
    Conflict(String),
    /// The database is away, or no connection came free in time. Nothing was
    /// applied.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database is there, or seems to be, and did not answer in time: it
    /// stands still, or somebody holds a lock. Nothing was applied.
    #[error("the database did not answer in time: {0}")]
    Silent(String),
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
    if is_conflict(&error) {
        return StoreError::Conflict(reason);
    }
    if is_too_slow(&error) {
        return StoreError::Silent(reason);
    }
    if is_busy(&error) || is_hindered(&error) {
        return StoreError::Unavailable(reason);
    }
    if has_no_disk(&error) {
        return match effect {
            Effect::None => StoreError::Unavailable(reason),
            Effect::Final => StoreError::OutcomeUnknown(reason),
        };
    }
    // Boxed, because it is hardly ever needed, and a part of every statement.
    match (Box::pin(is_lost(connection, &error)).await, effect) {
        (true, Effect::None) => StoreError::Unavailable(reason),
        (true, Effect::Final) => StoreError::OutcomeUnknown(reason),
        (false, _) => StoreError::Refused(reason),
    }
}

/// Whether PostgreSQL gave up a transaction so that others could go on, which
/// it says with any statement, COMMIT included.
///
/// diesel knows the SQLSTATE 40001 (a serialization failure) and forgets all
/// others, so 40P01 (a deadlock) is left to its message. A server that speaks
/// another language than English makes it an error like any other: nothing is
/// tried again then, and nothing was applied.
fn is_conflict(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, said) => {
            said.message() == "deadlock detected"
        }
        _ => false,
    }
}

/// SQLite only: another process held the write lock for the whole busy
/// timeout, and the statement changed nothing.
pub(super) fn is_busy(error: &Error) -> bool {
    error.to_string() == "database is locked"
}

/// PostgreSQL gave up a statement because it took longer than it may. It has
/// changed nothing. SQLSTATE 57014, which diesel forgets; left to [`is_lost`] where
/// the server speaks another language than English.
fn is_too_slow(error: &Error) -> bool {
    says(error, &["canceling statement due to statement timeout"])
}

/// PostgreSQL could not carry out a statement, through no fault of the statement:
/// somebody told it to give up (57014), a lock did not come free (55P03), or the
/// disk is full (53100), SQLite's as well. It has changed nothing, and may work later.
fn is_hindered(error: &Error) -> bool {
    says(
        error,
        &[
            "canceling statement due to user request",
            "canceling statement due to lock timeout",
            "No space left on device",
            FULL,
        ],
    )
}

/// SQLite has found no room for a change, and taken back what there was of it.
const FULL: &str = "database or disk is full";

/// SQLite was refused something by its disk, and does not say what: a full one does
/// so, too, where it has to make room in memory that is a file.
fn has_no_disk(error: &Error) -> bool {
    says(error, &["disk I/O error"])
}

fn says(error: &Error, signs: &[&str]) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, said)
        if signs.iter().any(|sign| said.message().contains(sign)))
}

async fn is_lost<C: AsyncConnection>(connection: &mut C, error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, Unknown};
    match error {
        Error::DatabaseError(UnableToSendCommand | ClosedConnection, _) => true,
        Error::BrokenTransactionManager => true,
        Error::DatabaseError(Unknown, _) => {
            let asked = tokio::time::timeout(STILL_THERE, connection.batch_execute("")).await;
            !matches!(asked, Ok(Ok(())))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_conflict_from_other_refusals() {
        use DatabaseErrorKind::{SerializationFailure, UniqueViolation, Unknown};
        let error = |kind, message: &str| Error::DatabaseError(kind, Box::new(message.to_owned()));
        let sqlstate_40001 = "could not serialize access due to concurrent update";
        assert!(is_conflict(&error(SerializationFailure, sqlstate_40001)));
        assert!(is_conflict(&error(Unknown, "deadlock detected")), "SQLSTATE 40P01");
        assert!(!is_conflict(&error(Unknown, "bigint out of range")));
        assert!(!is_conflict(&error(Unknown, "no deadlock detected")));
        assert!(!is_conflict(&error(UniqueViolation, "deadlock detected")));
        assert!(!is_conflict(&Error::NotFound));
    }

    #[test]
    fn knows_what_may_work_later() {
        let error = |message: &str| {
            Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
        };
        assert!(is_too_slow(&error("canceling statement due to statement timeout")));
        assert!(is_hindered(&error("canceling statement due to user request")));
        let full = "could not extend file \"base/5/16389\": No space left on device";
        assert!(is_hindered(&error(full)));
        assert!(is_hindered(&error("database or disk is full")), "SQLite");
        assert!(has_no_disk(&error("disk I/O error")) && !has_no_disk(&Error::NotFound));
        assert!(!is_hindered(&error("bigint out of range")) && !is_hindered(&Error::NotFound));
    }
}
