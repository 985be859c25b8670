use super::counters::Counters;
use super::error::LedgerError;
use super::retry::Retry;
use crate::bank::store::{Connection, Isolation, StoreError};

/// One update under way, and the ways in which its statements can belong
/// together.
#[derive(Debug)]
pub struct Work<'a> {
    conn: Connection,
    counters: &'a Counters,
}

impl<'a> Work<'a> {
    pub(super) fn new(conn: Connection, counters: &'a Counters) -> Self {
        Self { conn, counters }
    }

    /// Each statement by itself, and final by itself: what fails after one has
    /// written leaves half an update behind.
    pub async fn statements<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        F: Body<T>,
    {
        let done = body(&mut self.conn).await;
        done.map_err(|error| match self.conn.has_written() {
            true => StoreError::OutcomeUnknown(error.to_string()).into(),
            false => error,
        })
    }

    /// BEGIN, the statements, COMMIT; ROLLBACK when they are refused. On
    /// SQLite, BEGIN IMMEDIATE: the transaction owns the write lock.
    pub async fn transaction<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        F: Body<T>,
    {
        self.within(Isolation::ReadCommitted, body).await
    }

    /// The same as if nobody else were there; a conflict when someone is. On
    /// SQLite, a plain BEGIN.
    pub async fn serializable<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        F: Body<T>,
    {
        self.within(Isolation::Serializable, body).await
    }

    /// To try again when someone else was in the way.
    pub fn retry(&self) -> Retry<'a> {
        Retry::new(self.counters)
    }

    async fn within<T, F>(&mut self, isolation: Isolation, body: F) -> Result<T, LedgerError>
    where
        F: Body<T>,
    {
        self.conn.begin(isolation).await?;
        let done = body(&mut self.conn).await;
        self.conn.end(done).await
    }
}

/// The statements of an update: an async closure over a connection.
pub trait Body<T>:
    for<'c> AsyncFnOnce(&'c mut Connection) -> Result<T, LedgerError>
    + for<'c> BodyOf<&'c mut Connection, Result<T, LedgerError>, Running: Send>
{
}

impl<T, F> Body<T> for F where
    F: for<'c> AsyncFnOnce(&'c mut Connection) -> Result<T, LedgerError>
        + for<'c> BodyOf<&'c mut Connection, Result<T, LedgerError>, Running: Send>
{
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
