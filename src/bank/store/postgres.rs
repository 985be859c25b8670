use std::collections::HashSet;
use std::time::Duration;

use bb8::PooledConnection;
use diesel::QueryResult;
use diesel_async::methods::LoadQuery;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio_postgres::Config;

use super::connection::Isolation;
use super::error::{Effect, StoreError, explain};
use super::patience::OutOfPatience;
use super::pool::{self, LastError, Pool};
use super::reach::Reach;
use super::session::{Change, Running, Session, Sessions, at_once};
use super::store::PoolOptions;

/// How long each statement of a reset may take: there may be a million accounts.
const RESET: Duration = Duration::from_secs(60);

pub(super) async fn open_pool(
    config: &Config,
    reach: Reach,
    options: &PoolOptions,
) -> Result<Pool<Sessions>, StoreError> {
    let last_error = LastError::default();
    let sessions = Sessions::new(config, reach, options, last_error.clone());
    pool::open(sessions, options, last_error).await
}

/// A pooled connection to PostgreSQL, and what it has under way.
///
/// Each question costs the way to the server and back, and while a row is
/// locked everybody else waits for that as well. So what needs no answer of its
/// own travels with the next question: BEGIN with the first read, and the write
/// of a row that is held locked, which is there for certain, with COMMIT.
pub(super) struct PostgresConnection {
    session: PooledConnection<'static, Sessions>,
    transaction: Option<Transaction>,
    pub(super) has_written: bool,
}

#[derive(Default)]
struct Transaction {
    /// What begins it, if that has not been sent yet.
    unsent: Option<&'static str>,
    /// The accounts whose rows it holds locked.
    locked: HashSet<i64>,
    /// Changes that have not been sent yet, and how many rows each changes.
    later: Vec<(Box<dyn Change>, usize)>,
}

impl PostgresConnection {
    /// For somebody who has waited for it for `spent`.
    pub(super) fn new(mut session: PooledConnection<'static, Sessions>, spent: Duration) -> Self {
        session.patience.renew(spent);
        Self { session, transaction: None, has_written: false }
    }

    /// Begins a transaction; the server hears of it with the first statement.
    pub(super) fn begin(&mut self, isolation: Isolation) {
        let begin = match isolation {
            Isolation::ReadCommitted => "BEGIN",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        self.transaction = Some(Transaction { unsent: Some(begin), ..Transaction::default() });
    }

    /// COMMIT, together with the changes that were left for later.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let Some(Transaction { unsent, later, .. }) = self.transaction.take() else {
            return Ok(());
        };
        if unsent.is_some() {
            return Ok(());
        }
        if self.session.is_closed() {
            let closed = "the connection was closed before COMMIT could be sent";
            return Err(StoreError::Unavailable(closed.to_owned()));
        }
        let (changes, rows): (Vec<_>, Vec<_>) = later.into_iter().unzip();
        let Session { inner: connection, patience, .. } = &mut *self.session;
        let connection = &*connection;
        let mut running: Vec<Running<'_, QueryResult<usize>>> =
            changes.into_iter().map(|change| change.run(connection)).collect();
        running.push(execute(connection, "COMMIT"));
        let done = patience.wait(Effect::Final, at_once(running)).await;
        let mut done = done.map_err(|silence| silent(silence, Effect::Final))?;
        let committed = done.pop().unwrap_or(Ok(0));
        // COMMIT after a change that was refused is a ROLLBACK, and looks like
        // a success: what became of the changes comes first.
        let written = self.all_written(done, rows, Effect::Final).await;
        let committed = self.explain(Ok(committed), Effect::Final).await;
        // Refused, it ends the transaction as well.
        self.session.in_transaction =
            matches!(committed, Err(StoreError::OutcomeUnknown(_) | StoreError::Unavailable(_)));
        written?;
        committed.map(|_| ())
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        let Some(Transaction { unsent: None, .. }) = self.transaction.take() else {
            return Ok(());
        };
        if self.session.patience.waits() {
            // It is closed instead, which ends the transaction, too.
            return Ok(());
        }
        let Session { inner, patience, .. } = &mut *self.session;
        let ended = patience.wait(Effect::None, execute(inner, "ROLLBACK")).await;
        self.session.in_transaction = !matches!(ended, Ok(Ok(_)));
        self.explain(ended, Effect::None).await.map(|_| ())
    }

    /// The rows of a query that changes nothing.
    pub(super) async fn read<Q, T>(&mut self, query: Q) -> Result<Vec<T>, StoreError>
    where
        Q: for<'c> LoadQuery<'static, &'c AsyncPgConnection, T> + Send + 'static,
        T: Send + 'static,
    {
        self.ask(|connection| load(query, connection)).await
    }

    /// Waits for a lock that the transaction holds until it ends.
    pub(super) async fn lock<Q: Change + 'static>(&mut self, lock: Q) -> Result<(), StoreError> {
        self.ask(|connection| Box::new(lock).run(connection)).await.map(|_rows| ())
    }

    /// How many rows a statement changed.
    pub(super) async fn write<Q: Change + 'static>(
        &mut self,
        statement: Q,
    ) -> Result<usize, StoreError> {
        self.send_what_waits().await?;
        let effect = self.effect();
        let Session { inner, patience, .. } = &mut *self.session;
        let changed = patience.wait(effect, Box::new(statement).run(inner)).await;
        let changed = self.explain(changed, effect).await?;
        self.session.note_prepared::<Q>();
        self.note(changed);
        Ok(changed)
    }

    /// Changes rows that are certainly there, because the transaction holds
    /// them locked or has made them. What becomes of it is told by whatever is
    /// sent next, COMMIT included.
    pub(super) async fn write_later<Q: Change + 'static>(
        &mut self,
        statement: Q,
        rows: usize,
    ) -> Result<(), StoreError> {
        match &mut self.transaction {
            Some(transaction) if self.session.has_prepared::<Q>() => {
                transaction.later.push((Box::new(statement), rows));
                Ok(())
            }
            // The first time it has to be prepared, and COMMIT would overtake
            // it meanwhile.
            _ => {
                let changed = self.write(statement).await;
                check(changed, rows, Effect::None)
            }
        }
    }

    /// The rows a statement changed, as it returns them. All are awaited: only
    /// after the last one is it certain that the statement has succeeded.
    pub(super) async fn write_returning<Q, T>(&mut self, statement: Q) -> Result<Vec<T>, StoreError>
    where
        Q: for<'c> LoadQuery<'static, &'c AsyncPgConnection, T> + Send + 'static,
        T: Send + 'static,
    {
        self.send_what_waits().await?;
        let effect = self.effect();
        let Session { inner, patience, .. } = &mut *self.session;
        let rows = patience.wait(effect, load(statement, inner)).await;
        let rows = self.explain(rows, effect).await?;
        self.note(rows.len());
        Ok(rows)
    }

    /// Within a transaction: keeps out everyone else until it ends, and waits
    /// for the transactions that have read an account. One that waits in turn
    /// sees the new rows. What follows may take [`RESET`].
    pub(super) async fn lock_accounts(&mut self) -> Result<(), StoreError> {
        self.send_what_waits().await?;
        let lock = format!(
            "LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE; SET LOCAL statement_timeout = {}",
            RESET.as_millis()
        );
        let Session { inner, patience, .. } = &mut *self.session;
        let locked = patience.wait(Effect::None, execute(inner, &lock)).await;
        self.explain(locked, Effect::None).await?;
        self.session.patience.extend(RESET);
        Ok(())
    }

    /// The transaction has these rows locked now.
    pub(super) fn hold(&mut self, accounts: impl IntoIterator<Item = i64>) {
        if let Some(transaction) = &mut self.transaction {
            transaction.locked.extend(accounts);
        }
    }

    /// Whether the transaction holds all of these rows locked.
    pub(super) fn holds<'a>(&self, mut accounts: impl Iterator<Item = &'a i64>) -> bool {
        let transaction = self.transaction.as_ref();
        transaction.is_some_and(|it| accounts.all(|account| it.locked.contains(account)))
    }

    /// Asks something that changes nothing, and begins the transaction with it
    /// if that is due: should BEGIN fail, no harm is done without it.
    async fn ask<T, F>(&mut self, question: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c AsyncPgConnection) -> Running<'c, QueryResult<T>>,
    {
        self.send_later().await?;
        let begin = self.take_begin();
        let Session { inner, patience, .. } = &mut *self.session;
        let connection = &*inner;
        let answer = match begin {
            None => patience.wait(Effect::None, question(connection)).await,
            Some(begin) => {
                let (begin, question) = (execute(connection, begin), question(connection));
                let both = async { tokio::join!(biased; begin, question) };
                let both = patience.wait(Effect::None, tokio::task::unconstrained(both)).await;
                both.map(|(begun, answer)| begun.and(answer))
            }
        };
        self.explain(answer, Effect::None).await
    }

    /// Before a change: BEGIN has to have succeeded, or the change would be
    /// final by itself.
    async fn send_what_waits(&mut self) -> Result<(), StoreError> {
        if let Some(begin) = self.take_begin() {
            let Session { inner, patience, .. } = &mut *self.session;
            let begun = patience.wait(Effect::None, execute(inner, begin)).await;
            self.explain(begun, Effect::None).await?;
        }
        self.send_later().await
    }

    async fn send_later(&mut self) -> Result<(), StoreError> {
        let later = self.transaction.as_mut().map(|transaction| &mut transaction.later);
        let later = later.map(std::mem::take).unwrap_or_default();
        if later.is_empty() {
            return Ok(());
        }
        let (changes, rows): (Vec<_>, Vec<_>) = later.into_iter().unzip();
        let Session { inner, patience, .. } = &mut *self.session;
        let connection = &*inner;
        let done = at_once(changes.into_iter().map(|change| change.run(connection)).collect());
        let done = patience.wait(Effect::None, done).await;
        let done = done.map_err(|silence| silent(silence, Effect::None))?;
        self.all_written(done, rows, Effect::None).await
    }

    fn take_begin(&mut self) -> Option<&'static str> {
        let begin = self.transaction.as_mut()?.unsent.take()?;
        self.session.in_transaction = true;
        Some(begin)
    }

    async fn all_written(
        &mut self,
        done: Vec<QueryResult<usize>>,
        rows: Vec<usize>,
        effect: Effect,
    ) -> Result<(), StoreError> {
        for (changed, rows) in done.into_iter().zip(rows) {
            check(self.explain(Ok(changed), effect).await, rows, effect)?;
        }
        Ok(())
    }

    fn effect(&self) -> Effect {
        if self.transaction.is_some() { Effect::None } else { Effect::Final }
    }

    fn note(&mut self, changed: usize) {
        self.has_written |= changed > 0 && self.transaction.is_none();
    }

    async fn explain<T>(
        &mut self,
        result: Result<QueryResult<T>, OutOfPatience>,
        effect: Effect,
    ) -> Result<T, StoreError> {
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(explain(&mut self.session.inner, error, effect).await),
            Err(silence) => Err(silent(silence, effect)),
        }
    }
}

fn silent(OutOfPatience(waited): OutOfPatience, effect: Effect) -> StoreError {
    let reason = format!("it was given up after {}", humantime::format_duration(waited));
    match effect {
        Effect::None => StoreError::Silent(reason),
        Effect::Final => StoreError::OutcomeUnknown(reason),
    }
}

fn load<'c, Q, T>(query: Q, connection: &'c AsyncPgConnection) -> Running<'c, QueryResult<Vec<T>>>
where
    Q: LoadQuery<'static, &'c AsyncPgConnection, T> + Send + 'static,
    T: Send + 'c,
{
    let mut connection = connection;
    Box::pin(async move { query.load(&mut connection).await })
}

fn execute<'c>(
    connection: &'c AsyncPgConnection,
    statement: &'c str,
) -> Running<'c, QueryResult<usize>> {
    let mut connection = connection;
    // Large, and moved with each future it is a part of if it is not boxed.
    Box::pin(async move { connection.batch_execute(statement).await.map(|()| 0) })
}

/// A locked row that cannot be written has been lost to something outside of
/// this program, a trigger perhaps.
fn check(
    changed: Result<usize, StoreError>,
    rows: usize,
    effect: Effect,
) -> Result<(), StoreError> {
    let changed = changed?;
    let few = format!("{changed} of {rows} rows could be written, though they were locked");
    match effect {
        _ if changed == rows => Ok(()),
        Effect::None => Err(StoreError::Refused(few)),
        Effect::Final => Err(StoreError::OutcomeUnknown(few)),
    }
}
