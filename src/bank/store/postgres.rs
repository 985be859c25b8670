use std::time::Duration;

use bb8::PooledConnection;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::OptionalExtension;
use diesel::sql_types::BigInt;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use tokio_postgres::{Config, NoTls};

use super::error::{Effect, StoreError, explain};
use super::pool::{self, Pool};
use super::statements::{DeleteAll, InsertArrays, Ping, Read, ReadAll, ReadForUpdate, Write};
use super::store::PoolOptions;
use crate::model::Amount;

/// How long a connection attempt may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn open_pool(
    config: &Config,
    options: &PoolOptions,
) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut config = config.clone();
    config.application_name(options.application_name.as_str());
    let mut manager = ManagerConfig::default();
    manager.custom_setup = Box::new(move |_url| {
        let config = config.clone();
        Box::pin(async move { connect(&config).await })
    });
    pool::open(AsyncDieselConnectionManager::new_with_config("", manager), options).await
}

/// One connection. Its errors never show the password.
pub(super) async fn connect(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let mut config = config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    let (client, connection) = config.connect(NoTls).await.map_err(bad)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// The error and its causes, each said once.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

/// The steps of an update on PostgreSQL.
pub(super) struct PostgresConnection {
    inner: PooledConnection<'static, AsyncDieselConnectionManager<AsyncPgConnection>>,
    in_transaction: bool,
}

impl PostgresConnection {
    pub(super) fn new(
        inner: PooledConnection<'static, AsyncDieselConnectionManager<AsyncPgConnection>>,
    ) -> Self {
        Self { inner, in_transaction: false }
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let begun = AnsiTransactionManager::begin_transaction(&mut *self.inner).await;
        self.explain(begun, Effect::None).await?;
        self.in_transaction = true;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let committed = AnsiTransactionManager::commit_transaction(&mut *self.inner).await;
        self.in_transaction = false;
        self.explain(committed, Effect::Final).await
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        let ended = AnsiTransactionManager::rollback_transaction(&mut *self.inner).await;
        self.in_transaction = false;
        self.explain(ended, Effect::None).await
    }

    pub(super) async fn read(&mut self, account: i64) -> Result<Amount, StoreError> {
        self.read_with(Read { account }, account).await
    }

    pub(super) async fn read_for_update(&mut self, account: i64) -> Result<Amount, StoreError> {
        self.read_with(ReadForUpdate { account }, account).await
    }

    pub(super) async fn write(&mut self, account: i64, balance: Amount) -> Result<(), StoreError> {
        let effect = if self.in_transaction { Effect::None } else { Effect::Final };
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

    /// Within a transaction. The lock keeps out writers and other resets from
    /// the first statement on: an update that waits for it sees the new rows.
    pub(super) async fn replace_all(
        &mut self,
        accounts: &[(i64, Amount)],
    ) -> Result<(), StoreError> {
        let locked = self.inner.batch_execute("LOCK TABLE accounts IN EXCLUSIVE MODE").await;
        self.explain(locked, Effect::None).await?;
        let deleted = DeleteAll.execute(&mut *self.inner).await;
        self.explain(deleted, Effect::None).await?;
        let (ids, balances) = accounts.iter().copied().unzip();
        let inserted = InsertArrays { ids, balances }.execute(&mut *self.inner).await;
        self.explain(inserted, Effect::None).await?;
        Ok(())
    }

    pub(super) async fn ping(&mut self) -> Result<(), StoreError> {
        let answer = Ping.get_result::<i32>(&mut *self.inner).await;
        self.explain(answer, Effect::None).await?;
        Ok(())
    }

    async fn read_with<Q>(&mut self, query: Q, account: i64) -> Result<Amount, StoreError>
    where
        Q: Query<SqlType = BigInt> + QueryFragment<Pg> + QueryId + Send + 'static,
    {
        let row = query.get_result::<Amount>(&mut *self.inner).await.optional();
        self.explain(row, Effect::None).await?.ok_or(StoreError::UnknownAccount(account))
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
