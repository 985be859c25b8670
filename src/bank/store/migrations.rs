use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::sql_types::{Bool, Text};
use diesel::{RunQueryDsl, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use thiserror::Error;
use tokio_postgres::Config;

use super::database::{Database, Place};
use super::reach::ReachError;
use super::session;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The migration that makes the `accounts` table.
const FIRST: &str = "create_accounts";

/// Several servers may start at once; this number makes them queue.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7236837412000914)";

/// How long a SQLite file may stay locked by someone else.
const SQLITE_PATIENCE: Duration = Duration::from_secs(10);

/// Why a database could not be prepared. It is then as it was before.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error(transparent)]
    Reach(#[from] ReachError),
    #[error(
        "the database already holds a table `accounts` that bankrun did not create; give bankrun \
         a database of its own, or move that table out of the way"
    )]
    ForeignAccounts,
    #[error("the migrations failed: {0}")]
    Failed(String),
}

/// Brings the tables up to date, all or nothing, and returns the name and
/// version of the database: `PostgreSQL 15.18`, `SQLite 3.50.2`.
pub async fn migrate(database: &Database) -> Result<String, MigrateError> {
    match database.place() {
        Place::Postgres(server) => {
            // Before anything is prepared there.
            server.reach().await?;
            migrate_postgres(&server.config).await
        }
        Place::Sqlite { file, .. } => {
            let file = file.clone();
            run_blocking(move || migrate_sqlite(&file)).await
        }
    }
}

async fn migrate_postgres(config: &Config) -> Result<String, MigrateError> {
    let mut config = config.clone();
    config.application_name("bankrun migrations");
    let connection = session::connect(&config).await;
    let connection = connection.map_err(|error| MigrateError::Connect(error.to_string()))?;
    run_blocking(move || {
        let mut connection: AsyncConnectionWrapper<AsyncPgConnection> = connection.into();
        connection.transaction(|connection| {
            connection.batch_execute(LOCK)?;
            let found = diesel::select(sql::<Bool>("to_regclass('accounts') IS NOT NULL"));
            let found = found.get_result(connection)?;
            apply(connection, found)?;
            let version = diesel::select(sql::<Text>("current_setting('server_version')"));
            let version: String = version.get_result(connection)?;
            let number = version.split_whitespace().next().unwrap_or(&version);
            Ok(format!("PostgreSQL {number}"))
        })
    })
    .await
}

fn migrate_sqlite(file: &Path) -> Result<String, MigrateError> {
    let connect = |error: &dyn std::fmt::Display| {
        MigrateError::Connect(format!("{}: {error}", file.display()))
    };
    let mut connection =
        SqliteConnection::establish(&file.to_string_lossy()).map_err(|error| connect(&error))?;
    connection.batch_execute("PRAGMA busy_timeout = 5000").map_err(|error| connect(&error))?;
    switch_to_wal(&mut connection).map_err(|error| connect(&error))?;
    connection.immediate_transaction(|connection| {
        let found = diesel::select(sql::<Bool>(
            "EXISTS (SELECT 1 FROM sqlite_master WHERE lower(name) = 'accounts')",
        ));
        let found = found.get_result(connection)?;
        apply(connection, found)?;
        let version = diesel::select(sql::<Text>("sqlite_version()"));
        let version: String = version.get_result(connection)?;
        Ok(format!("SQLite {version}"))
    })
}

/// The journal mode is a property of the file, set once. SQLite does not wait
/// its busy timeout for this lock, so the waiting is here.
fn switch_to_wal(connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
    let start = Instant::now();
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error)
                if error.to_string() == "database is locked"
                    && start.elapsed() < SQLITE_PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// Within a transaction that nobody else can be in at the same time.
fn apply<C>(connection: &mut C, accounts_found: bool) -> Result<(), MigrateError>
where
    C: Connection + MigrationHarness<C::Backend>,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let pending = connection.pending_migrations(MIGRATIONS);
    let pending = pending.map_err(|error| MigrateError::Failed(error.to_string()))?;
    if accounts_found && pending.iter().any(|m| m.name().to_string().ends_with(FIRST)) {
        return Err(MigrateError::ForeignAccounts);
    }
    let done = connection.run_migrations(&pending);
    done.map(|_versions| ()).map_err(|error| MigrateError::Failed(error.to_string()))
}

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MigrateError> + Send + 'static,
) -> Result<T, MigrateError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| MigrateError::Failed(error.to_string()))?
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
