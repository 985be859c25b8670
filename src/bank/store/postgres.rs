use std::time::Duration;

use bb8::PooledConnection;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use tokio_postgres::{Config, NoTls};

use super::connection::Isolation;
use super::error::{Effect, StoreError, explain};
use super::pool::{self, Pool};
use super::store::PoolOptions;

/// How long a connection attempt may take, the greeting included, unless the URL
/// says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the modes show is what happens at this level, whatever the default of
/// the server or the role.
const PLAIN_BEGIN: &str = "SET default_transaction_isolation = 'read committed'";

pub(super) async fn open_pool(
    config: &Config,
    options: &PoolOptions,
) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut config = config.clone();
    config.application_name(options.application_name.as_str());
    let mut manager = ManagerConfig::default();
    manager.custom_setup = Box::new(move |_url| {
        let config = config.clone();
        Box::pin(async move {
            let mut connection = connect(&config).await?;
            let set = connection.batch_execute(PLAIN_BEGIN).await;
            set.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        })
    });
    pool::open(AsyncDieselConnectionManager::new_with_config("", manager), options).await
}

/// One connection. Its errors never show the password.
pub(super) async fn connect(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    // The driver's own limit does not cover a server that accepts and says nothing.
    let patience = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    let connected = tokio::time::timeout(patience, config.connect(NoTls)).await;
    let silent = |_| ConnectionError::BadConnection(format!("no answer within {patience:?}"));
    let (client, connection) = connected.map_err(silent)?.map_err(bad)?;
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

/// A pooled connection to PostgreSQL, and what it has under way.
pub(super) struct PostgresConnection {
    inner: PooledConnection<'static, AsyncDieselConnectionManager<AsyncPgConnection>>,
    in_transaction: bool,
    pub(super) has_written: bool,
}

impl PostgresConnection {
    pub(super) fn new(
        inner: PooledConnection<'static, AsyncDieselConnectionManager<AsyncPgConnection>>,
    ) -> Self {
        Self { inner, in_transaction: false, has_written: false }
    }

    pub(super) async fn begin(&mut self, isolation: Isolation) -> Result<(), StoreError> {
        let begin = match isolation {
            Isolation::ReadCommitted => "BEGIN",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        let begun = AnsiTransactionManager::begin_transaction_sql(&mut *self.inner, begin).await;
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

    /// The rows of a query that changes nothing.
    pub(super) async fn read<Q, T>(&mut self, query: Q) -> Result<Vec<T>, StoreError>
    where
        Q: LoadQuery<'static, AsyncPgConnection, T> + 'static,
        T: Send,
    {
        let rows = query.load(&mut *self.inner).await;
        self.explain(rows, Effect::None).await
    }

    /// How many rows a statement changed.
    pub(super) async fn write<Q>(&mut self, statement: Q) -> Result<usize, StoreError>
    where
        Q: ExecuteDsl<AsyncPgConnection> + 'static,
    {
        let changed = statement.execute(&mut *self.inner).await;
        let changed = self.explain(changed, self.effect()).await?;
        self.note(changed);
        Ok(changed)
    }

    /// The rows a statement changed, as it returns them. All are awaited: only
    /// after the last one is it certain that the statement has succeeded.
    pub(super) async fn write_returning<Q, T>(&mut self, statement: Q) -> Result<Vec<T>, StoreError>
    where
        Q: LoadQuery<'static, AsyncPgConnection, T> + 'static,
        T: Send,
    {
        let rows = statement.load(&mut *self.inner).await;
        let rows = self.explain(rows, self.effect()).await?;
        self.note(rows.len());
        Ok(rows)
    }

    /// Within a transaction: keeps out everyone else until it ends, and waits
    /// for the transactions that have read an account. One that waits in turn
    /// sees the new rows.
    pub(super) async fn lock_accounts(&mut self) -> Result<(), StoreError> {
        let lock = "LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE";
        let locked = self.inner.batch_execute(lock).await;
        self.explain(locked, Effect::None).await
    }

    fn effect(&self) -> Effect {
        if self.in_transaction { Effect::None } else { Effect::Final }
    }

    fn note(&mut self, changed: usize) {
        self.has_written |= changed > 0 && !self.in_transaction;
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
