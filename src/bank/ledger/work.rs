use super::counters::Counters;
use super::error::LedgerError;
use super::once::{Answer, Once};
use super::retry::Retry;
use crate::bank::store::{Connection, Isolation, StoreError};

/// One update under way, and the ways in which its statements can belong
/// together.
///
/// An update with a key is applied once, however often it is sent: where there
/// is a transaction, the key is taken at its beginning, and kept or given back
/// together with the money. An update without one costs nothing more for it.
#[derive(Debug)]
pub struct Work<'a> {
    conn: Connection,
    once: Option<Once>,
    counters: &'a Counters,
}

impl<'a> Work<'a> {
    pub(super) fn new(conn: Connection, once: Option<Once>, counters: &'a Counters) -> Self {
        Self { conn, once, counters }
    }

    /// Each statement by itself, and final by itself: what fails after one has
    /// written leaves half an update behind.
    ///
    /// A key is looked up before and noted after, and nothing holds the three
    /// together: two who send it at once are both applied.
    pub async fn statements<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        if let Some(answer) = self.answered().await? {
            return Ok(answer);
        }
        let done = self.write_and_note(body).await;
        done.map_err(|error| match self.conn.has_written() {
            true => StoreError::OutcomeUnknown(error.to_string()).into(),
            false => error,
        })
    }

    /// One statement, which is a transaction of its own. With a key it is one
    /// of several.
    pub async fn statement<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        match self.once {
            None => body(&mut self.conn).await,
            Some(_) => self.transaction(body).await,
        }
    }

    /// BEGIN, the statements, COMMIT; ROLLBACK when they are refused. On
    /// SQLite, BEGIN IMMEDIATE: the transaction owns the write lock.
    pub async fn transaction<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        self.within(Isolation::ReadCommitted, body).await
    }

    /// The same as if nobody else were there; a conflict when someone is. On
    /// SQLite, a plain BEGIN.
    pub async fn serializable<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        self.within(Isolation::Serializable, body).await
    }

    /// Statements that only read, each by itself, before the update proper.
    pub async fn reads<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        F: Body<T>,
    {
        body(&mut self.conn).await
    }

    /// What the key was answered, if there is a key and it was. Asked after a
    /// balance was read, it knows of every update that made this balance.
    pub async fn answered<T: Answer>(&mut self) -> Result<Option<T>, LedgerError> {
        let Some(once) = &self.once else { return Ok(None) };
        let answer = once.find(&mut self.conn).await?;
        if answer.is_some() {
            self.counters.count_repeat();
        }
        Ok(answer)
    }

    /// To try again when someone else was in the way.
    pub fn retry(&self) -> Retry<'a> {
        Retry::new(self.counters)
    }

    async fn write_and_note<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        let answer = body(&mut self.conn).await?;
        if let Some(gap) = self.conn.since_read() {
            self.counters.count_gap(gap);
        }
        if let Some(once) = &self.once {
            once.note(&mut self.conn, answer).await?;
        }
        Ok(answer)
    }

    async fn within<T, F>(&mut self, isolation: Isolation, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        self.conn.begin(isolation).await?;
        let done = self.claim_and_write(body).await;
        self.conn.end(done).await
    }

    async fn claim_and_write<T, F>(&mut self, body: F) -> Result<T, LedgerError>
    where
        T: Answer,
        F: Body<T>,
    {
        let Some(once) = &self.once else { return body(&mut self.conn).await };
        if let Some(answer) = once.claim(&mut self.conn).await? {
            self.counters.count_repeat();
            return Ok(answer);
        }
        let answer = body(&mut self.conn).await?;
        once.answer_claimed(&mut self.conn, answer).await?;
        Ok(answer)
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
