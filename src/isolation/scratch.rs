use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::{Client, Config, NoTls};

use super::IsolationError;
use super::error::described;

/// What all connections call themselves.
const NAME: &str = "bankrun explore";

/// A database of its own on somebody's server: what a specification sets up,
/// changes and tears down touches nothing else. Removed by [`Scratch::remove`].
#[derive(Debug)]
pub struct Scratch {
    /// Of the database that the user named.
    home: Client,
    config: Config,
    name: String,
}

impl Scratch {
    /// Makes an empty database on the server of `config`.
    pub async fn create(config: &Config) -> Result<Self, IsolationError> {
        let home = connect(config).await?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("bankrun_scratch_{}_{}", std::process::id(), since.as_nanos());
        // template0 has nothing in it that somebody added to template1.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        let created = home.batch_execute(&create).await;
        created.map_err(|error| IsolationError::Scratch(described(&error)))?;
        let mut config = config.clone();
        config.dbname(&name);
        Ok(Self { home, config, name })
    }

    /// A new connection to the scratch database.
    pub(super) async fn connect(&self) -> Result<Client, IsolationError> {
        connect(&self.config).await
    }

    /// Drops the database. All connections to it must have been closed.
    pub async fn remove(self) -> Result<(), IsolationError> {
        let Self { home, name, .. } = self;
        // A connection that was just dropped may be there for another moment.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        home.query(end, &[&name]).await?;
        home.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await?;
        Ok(())
    }
}

async fn connect(config: &Config) -> Result<Client, IsolationError> {
    let mut config = config.clone();
    config.application_name(NAME);
    let (client, connection) =
        config.connect(NoTls).await.map_err(|error| IsolationError::Connect(described(&error)))?;
    // Ends when the client is dropped; its error is also that of the next statement.
    tokio::spawn(connection);
    Ok(client)
}
