use std::fmt;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use super::connection::{Connection, Kind};
use super::database::{Database, Place};
use super::error::StoreError;
use super::pool::Pool;
use super::postgres::{self, PostgresConnection};
use super::session::Sessions;
use super::sqlite::{self, SqlitePooled, Writers};

/// How a store's pool behaves.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// The most connections open at once.
    pub size: NonZeroU32,
    /// How long a request waits before it is refused: for a connection, and then
    /// for PostgreSQL's answers.
    pub acquire_timeout: Duration,
    /// The longest time for which a transaction is idle on purpose.
    pub longest_pause: Duration,
}

/// How busy a pool is, for the metrics.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    pub connections: u32,
    pub idle: u32,
}

/// A pool of connections to one database.
pub struct Store {
    pools: Pools,
    acquire_timeout: Duration,
}

enum Pools {
    Postgres(Pool<Sessions>),
    Sqlite {
        pool: Pool<AsyncDieselConnectionManager<SyncConnectionWrapper<SqliteConnection>>>,
        writers: Writers,
    },
}

impl Store {
    /// Opens the pool; connections are made when they are first needed.
    pub async fn open(database: &Database, options: &PoolOptions) -> Result<Self, StoreError> {
        let pools = match database.place() {
            Place::Postgres(server) => {
                let reach = server.reach().await;
                let reach = reach.map_err(|error| StoreError::Unavailable(error.to_string()))?;
                Pools::Postgres(postgres::open_pool(&server.config, reach, options).await?)
            }
            Place::Sqlite { file, durability, writers } => {
                let pool = sqlite::open_pool(file, *durability, options).await?;
                Pools::Sqlite { pool, writers: writers.clone() }
            }
        };
        Ok(Self { pools, acquire_timeout: options.acquire_timeout })
    }

    /// Waits for a free connection; [`StoreError::Unavailable`] when none
    /// comes within the acquire timeout.
    pub async fn connection(&self) -> Result<Connection, StoreError> {
        let start = Instant::now();
        let kind = match &self.pools {
            Pools::Postgres(pool) => {
                let session = pool.get().await?;
                Kind::Postgres(Box::new(PostgresConnection::new(session, start.elapsed())))
            }
            Pools::Sqlite { pool, writers } => {
                Kind::Sqlite(SqlitePooled::new(pool.get().await?, writers.clone()))
            }
        };
        Ok(Connection::new(kind))
    }

    /// How long [`Self::connection`] waits.
    pub fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    pub fn pool_state(&self) -> PoolState {
        match &self.pools {
            Pools::Postgres(pool) => pool.state(),
            Pools::Sqlite { pool, .. } => pool.state(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PoolState { connections, idle } = self.pool_state();
        write!(f, "Store {{ connections: {connections}, idle: {idle} }}")
    }
}
