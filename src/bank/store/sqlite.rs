use std::path::Path;
use std::sync::Arc;

use bb8::PooledConnection;
use diesel::connection::AnsiTransactionManager;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connection::Isolation;
use super::error::{Effect, StoreError, explain, is_busy};
use super::pool::{self, LastError, Pool, Pooled};
use super::statements::ReadPage;
use super::store::PoolOptions;
use crate::model::Amount;

/// Another process may hold the write lock; ours queue in [`Writers`].
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// Accounts that are read at once.
const PAGE: usize = 10_000;

/// The queue for SQLite's one write lock, first come, first served.
///
/// Left to `BEGIN IMMEDIATE` alone, contenders poll with growing delays and
/// starve each other for a second and more.
pub(super) type Writers = Arc<Mutex<()>>;

type Wrapper = SyncConnectionWrapper<SqliteConnection>;
type Manager = AsyncDieselConnectionManager<Wrapper>;

/// How carefully commits reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// A temporary file: nobody reads it after a crash.
    Throwaway,
    /// Never corrupt; a power cut may take back the last commits.
    Normal,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Self::Throwaway => "PRAGMA synchronous = OFF",
            Self::Normal => "PRAGMA synchronous = NORMAL",
        }
    }
}

pub(super) async fn open_pool(
    file: &Path,
    durability: Durability,
    options: &PoolOptions,
) -> Result<Pool<Manager>, StoreError> {
    let mut manager = ManagerConfig::default();
    manager.custom_setup = Box::new(move |url| Box::pin(connect(url, durability)));
    let manager = Manager::new_with_config(file.to_string_lossy(), manager);
    pool::open(manager, options, LastError::default()).await
}

async fn connect(file: &str, durability: Durability) -> ConnectionResult<Wrapper> {
    let mut connection = Wrapper::establish(file).await?;
    let pragmas = format!("{BUSY_TIMEOUT}; {};", durability.pragma());
    connection.batch_execute(&pragmas).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

impl Pooled for Wrapper {
    fn is_spent(&mut self) -> bool {
        self.is_broken()
    }
}

/// A pooled connection to SQLite, and what it has under way.
pub(super) struct SqlitePooled {
    inner: PooledConnection<'static, Manager>,
    writers: Writers,
    transaction: Option<Isolation>,
    /// Held from the first write of a transaction, or its BEGIN IMMEDIATE, to
    /// COMMIT or ROLLBACK. Declared after `inner`, so that an abandoned
    /// transaction is gone before the next writer's turn.
    turn: Option<OwnedMutexGuard<()>>,
    pub(super) has_written: bool,
}

impl SqlitePooled {
    pub(super) fn new(inner: PooledConnection<'static, Manager>, writers: Writers) -> Self {
        Self { inner, writers, transaction: None, turn: None, has_written: false }
    }

    pub(super) async fn begin(&mut self, isolation: Isolation) -> Result<(), StoreError> {
        let (begin, turn) = match isolation {
            Isolation::ReadCommitted => ("BEGIN IMMEDIATE", Some(self.turn().await)),
            Isolation::Serializable => ("BEGIN", None),
        };
        let begun = self
            .inner
            .spawn_blocking(|c| AnsiTransactionManager::begin_transaction_sql(c, begin))
            .await;
        self.explain(begun, Effect::None).await?;
        self.transaction = Some(isolation);
        self.turn = turn;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let committed =
            <Wrapper as AsyncConnection>::TransactionManager::commit_transaction(&mut *self.inner)
                .await;
        self.transaction = None;
        self.turn = None;
        self.explain(committed, Effect::Final).await
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        let ended = <Wrapper as AsyncConnection>::TransactionManager::rollback_transaction(
            &mut *self.inner,
        )
        .await;
        self.transaction = None;
        self.turn = None;
        self.explain(ended, Effect::None).await
    }

    /// The rows of a query that changes nothing.
    pub(super) async fn read<Q, T>(&mut self, query: Q) -> Result<Vec<T>, StoreError>
    where
        Q: LoadQuery<'static, Wrapper, T> + 'static,
        T: Send,
    {
        let rows = query.load(&mut *self.inner).await;
        self.explain(rows, Effect::None).await
    }

    /// All accounts by id, as one snapshot. In pages: a row takes ten times the memory
    /// on its way.
    pub(super) async fn read_accounts(&mut self) -> Result<Vec<(i64, Amount)>, StoreError> {
        // A statement by itself is a snapshot, too.
        let mut rows = self.read_page(i64::MIN).await?;
        if rows.len() < PAGE {
            return Ok(rows);
        }
        self.begin(Isolation::Serializable).await?;
        let read = self.read_pages(&mut rows).await;
        let ended = self.rollback().await;
        read?;
        ended.map(|()| rows)
    }

    async fn read_pages(&mut self, rows: &mut Vec<(i64, Amount)>) -> Result<(), StoreError> {
        rows.clear();
        loop {
            let after = rows.last().map_or(i64::MIN, |(id, _)| *id);
            let page = self.read_page(after).await?;
            rows.extend_from_slice(&page);
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    async fn read_page(&mut self, after: i64) -> Result<Vec<(i64, Amount)>, StoreError> {
        self.read(ReadPage { after, limit: i64::try_from(PAGE).unwrap_or(i64::MAX) }).await
    }

    /// How many rows a statement changed.
    pub(super) async fn write<Q>(&mut self, statement: Q) -> Result<usize, StoreError>
    where
        Q: ExecuteDsl<Wrapper> + 'static,
    {
        let _turn = self.turn_to_write().await;
        let changed = statement.execute(&mut *self.inner).await;
        let changed = self.explain(changed, self.effect()).await?;
        self.note(changed);
        Ok(changed)
    }

    /// The rows a statement changed, as it returns them.
    pub(super) async fn write_returning<Q, T>(&mut self, statement: Q) -> Result<Vec<T>, StoreError>
    where
        Q: LoadQuery<'static, Wrapper, T> + 'static,
        T: Send,
    {
        let _turn = self.turn_to_write().await;
        let rows = statement.load(&mut *self.inner).await;
        let rows = self.explain(rows, self.effect()).await?;
        self.note(rows.len());
        Ok(rows)
    }

    async fn turn(&self) -> OwnedMutexGuard<()> {
        self.writers.clone().lock_owned().await
    }

    /// A statement by itself has its turn until it ends, a transaction keeps
    /// it.
    async fn turn_to_write(&mut self) -> Option<OwnedMutexGuard<()>> {
        match self.transaction {
            None => Some(self.turn().await),
            Some(_) => {
                if self.turn.is_none() {
                    self.turn = Some(self.turn().await);
                }
                None
            }
        }
    }

    fn effect(&self) -> Effect {
        if self.transaction.is_some() { Effect::None } else { Effect::Final }
    }

    fn note(&mut self, changed: usize) {
        self.has_written |= changed > 0 && self.transaction.is_none();
    }

    /// A transaction that began by reading cannot write once anybody else has
    /// (`SQLITE_BUSY_SNAPSHOT`). SQLite says so at once, and in the words it
    /// has for a lock that did not come free.
    async fn explain<T>(
        &mut self,
        result: diesel::QueryResult<T>,
        effect: Effect,
    ) -> Result<T, StoreError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) if is_busy(&error) && self.transaction == Some(Isolation::Serializable) => {
                Err(StoreError::Conflict(error.to_string()))
            }
            Err(error) => Err(explain(&mut *self.inner, error, effect).await),
        }
    }
}

pub(super) fn as_json_object<'a>(accounts: impl Iterator<Item = (&'a i64, &'a Amount)>) -> String {
    let members: Vec<String> =
        accounts.map(|(id, balance)| format!("\"{id}\":{balance}")).collect();
    format!("{{{}}}", members.join(","))
}

pub(super) fn as_json_array<T: serde::Serialize>(values: &[T]) -> String {
    // Numbers and texts always have a JSON form.
    serde_json::to_string(values).unwrap_or_default()
}
