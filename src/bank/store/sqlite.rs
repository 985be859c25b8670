use std::path::Path;
use std::sync::Arc;

use bb8::PooledConnection;
use diesel::connection::AnsiTransactionManager;
use diesel::result::OptionalExtension;
use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::error::{Effect, StoreError, explain};
use super::pool::{self, Pool};
use super::statements::{DeleteAll, InsertJson, Ping, Read, ReadAll, Write};
use super::store::PoolOptions;
use crate::model::Amount;

/// Another process may hold the write lock; ours queue in [`Writers`].
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

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
) -> Result<Pool<Wrapper>, StoreError> {
    let mut manager = ManagerConfig::default();
    manager.custom_setup = Box::new(move |url| Box::pin(connect(url, durability)));
    let manager = Manager::new_with_config(file.to_string_lossy(), manager);
    pool::open(manager, options).await
}

async fn connect(file: &str, durability: Durability) -> ConnectionResult<Wrapper> {
    let mut connection = Wrapper::establish(file).await?;
    let pragmas = format!("{BUSY_TIMEOUT}; {};", durability.pragma());
    connection.batch_execute(&pragmas).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// The steps of an update on SQLite.
pub(super) struct SqliteConnectionSteps {
    inner: PooledConnection<'static, Manager>,
    writers: Writers,
    /// Held from BEGIN to COMMIT or ROLLBACK. Declared after `inner`, so that
    /// an abandoned transaction is gone before the next writer's turn.
    turn: Option<OwnedMutexGuard<()>>,
}

impl SqliteConnectionSteps {
    pub(super) fn new(inner: PooledConnection<'static, Manager>, writers: Writers) -> Self {
        Self { inner, writers, turn: None }
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let turn = self.writers.clone().lock_owned().await;
        let begun = self
            .inner
            .spawn_blocking(|c| AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"))
            .await;
        self.explain(begun, Effect::None).await?;
        self.turn = Some(turn);
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let committed =
            <Wrapper as AsyncConnection>::TransactionManager::commit_transaction(&mut *self.inner)
                .await;
        self.turn = None;
        self.explain(committed, Effect::Final).await
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        let ended = <Wrapper as AsyncConnection>::TransactionManager::rollback_transaction(
            &mut *self.inner,
        )
        .await;
        self.turn = None;
        self.explain(ended, Effect::None).await
    }

    pub(super) async fn read(&mut self, account: i64) -> Result<Amount, StoreError> {
        let row = Read { account }.get_result::<Amount>(&mut *self.inner).await.optional();
        self.explain(row, Effect::None).await?.ok_or(StoreError::UnknownAccount(account))
    }

    pub(super) async fn write(&mut self, account: i64, balance: Amount) -> Result<(), StoreError> {
        let (effect, _turn) = match self.turn {
            Some(_) => (Effect::None, None),
            None => (Effect::Final, Some(self.writers.clone().lock_owned().await)),
        };
        let changed = Write { account, balance }.execute(&mut *self.inner).await;
        match self.explain(changed, effect).await? {
            0 => Err(StoreError::UnknownAccount(account)),
            _ => Ok(()),
        }
    }

    pub(super) async fn read_all(&mut self) -> Result<Vec<(i64, Amount)>, StoreError> {
        let rows = ReadAll.load(&mut *self.inner).await;
        self.explain(rows, Effect::None).await
    }

    /// Within a transaction, which has locked out all other writers.
    pub(super) async fn replace_all(
        &mut self,
        accounts: &[(i64, Amount)],
    ) -> Result<(), StoreError> {
        let deleted = DeleteAll.execute(&mut *self.inner).await;
        self.explain(deleted, Effect::None).await?;
        let accounts = as_json_object(accounts);
        let inserted = InsertJson { accounts }.execute(&mut *self.inner).await;
        self.explain(inserted, Effect::None).await?;
        Ok(())
    }

    pub(super) async fn ping(&mut self) -> Result<(), StoreError> {
        let answer = Ping.get_result::<i32>(&mut *self.inner).await;
        self.explain(answer, Effect::None).await?;
        Ok(())
    }

    async fn explain<T>(
        &mut self,
        result: diesel::QueryResult<T>,
        effect: Effect,
    ) -> Result<T, StoreError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => Err(explain(&mut *self.inner, error, effect).await),
        }
    }
}

fn as_json_object(accounts: &[(i64, Amount)]) -> String {
    let members: Vec<String> =
        accounts.iter().map(|(id, balance)| format!("\"{id}\":{balance}")).collect();
    format!("{{{}}}", members.join(","))
}
