use std::fmt;

use super::error::StoreError;
use super::postgres::PostgresConnection;
use super::sqlite::SqliteConnectionSteps;
use crate::model::Amount;

/// A connection out of the pool, and the steps an update is made of.
///
/// Goes back to the pool when dropped; one that is broken, or still in a
/// transaction, is closed instead.
pub struct Connection(pub(super) Kind);

pub(super) enum Kind {
    Postgres(Box<PostgresConnection>),
    Sqlite(SqliteConnectionSteps),
}

/// Runs one method on whichever connection it is.
macro_rules! on {
    ($self:ident, $connection:ident => $call:expr) => {
        match &mut $self.0 {
            Kind::Postgres($connection) => $call.await,
            Kind::Sqlite($connection) => $call.await,
        }
    };
}

impl Connection {
    /// The balance of one account, as of now.
    pub async fn read(&mut self, account: i64) -> Result<Amount, StoreError> {
        on!(self, connection => connection.read(account))
    }

    /// The balance of one account, which nobody else can change until the
    /// transaction ends. PostgreSQL locks the row; on SQLite the transaction
    /// already holds the only write lock.
    pub async fn read_for_update(&mut self, account: i64) -> Result<Amount, StoreError> {
        match &mut self.0 {
            Kind::Postgres(connection) => connection.read_for_update(account).await,
            Kind::Sqlite(connection) => connection.read(account).await,
        }
    }

    /// Sets the balance of one account, whatever it was.
    pub async fn write(&mut self, account: i64, balance: Amount) -> Result<(), StoreError> {
        on!(self, connection => connection.write(account, balance))
    }

    /// All accounts by id, as one snapshot.
    pub async fn read_all(&mut self) -> Result<Vec<(i64, Amount)>, StoreError> {
        on!(self, connection => connection.read_all())
    }

    /// Makes these the only accounts, in one transaction that keeps updates
    /// and other resets waiting. The ids must be distinct.
    pub async fn replace_all(&mut self, accounts: &[(i64, Amount)]) -> Result<(), StoreError> {
        self.transaction(async |tx| on!(tx, connection => connection.replace_all(accounts))).await
    }

    /// Succeeds when the database answers.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        on!(self, connection => connection.ping())
    }

    /// BEGIN, `body`, COMMIT; ROLLBACK when `body` refuses. On SQLite, BEGIN
    /// IMMEDIATE: the transaction owns the write lock from its start.
    pub async fn transaction<T, E, F>(&mut self, body: F) -> Result<T, E>
    where
        F: for<'c> AsyncFnOnce(&'c mut Self) -> Result<T, E>
            + for<'c> BodyOf<&'c mut Self, Result<T, E>, Running: Send>,
        E: From<StoreError>,
    {
        self.begin().await?;
        match body(&mut *self).await {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(refusal) => {
                // A connection that cannot roll back is closed instead, which
                // ends the transaction just the same.
                if let Err(error) = self.rollback().await {
                    tracing::debug!(%error, "rollback failed");
                }
                Err(refusal)
            }
        }
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        on!(self, connection => connection.begin())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        on!(self, connection => connection.commit())
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        on!(self, connection => connection.rollback())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Postgres(_) => "Connection::Postgres",
            Kind::Sqlite(_) => "Connection::Sqlite",
        })
    }
}

/// An async closure whose future has a name, so that it can be asked to be
/// [`Send`]: `AsyncFnOnce` alone has no stable way to say so.
pub trait BodyOf<Tx, Out>: AsyncFnOnce(Tx) -> Out + FnOnce(Tx) -> Self::Running {
    type Running: Future<Output = Out>;
}

impl<F, Tx, Out, Running> BodyOf<Tx, Out> for F
where
    F: AsyncFnOnce(Tx) -> Out + FnOnce(Tx) -> Running,
    Running: Future<Output = Out>,
{
    type Running = Running;
}
