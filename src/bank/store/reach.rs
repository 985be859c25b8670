//! What an address of PostgreSQL leads to: the server itself, or a pooler, which
//! lends one server connection to many clients.

use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::session::CONNECT_TIMEOUT;
use crate::model::with_causes;

/// How often two connections are held against each other. Where nobody else is
/// there, once is enough; a busy pooler may lend the one's connection to a stranger
/// before the other asks for it.
const ROUNDS: usize = 5;

/// A setting that does nothing. A pooler either refuses it or loses it.
const CANARY: &str = "-c bankrun.direct=on";
const FIND_CANARY: &str = "SELECT current_setting('bankrun.direct', true)";

/// To whom a connection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To PostgreSQL itself: the settings it begins with end with it.
    Direct,
    /// To a pooler that gives each client a server connection for as long as it
    /// stays, and tidies it up for the next one.
    SessionPool,
}

/// Why banks cannot work there. Nothing was changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReachError {
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error(
        "this is a connection pooler that lends its server connections to many clients by turns \
         (PgBouncer with pool_mode=transaction, say): bankrun's settings and prepared statements \
         would get to others there, and its own be lost; give the address of PostgreSQL itself, \
         or of a pool with pool_mode=session"
    )]
    Shared,
}

/// Connects, to find out.
pub(super) async fn examine(config: &Config) -> Result<Reach, ReachError> {
    match connect(&with_options(config, CANARY)).await {
        Ok(client) if first_value(&client, FIND_CANARY).await? == "on" => return Ok(Reach::Direct),
        // It has taken the setting, and not handed it on.
        Ok(_) => {}
        Err(Refused::Parameter) => {}
        Err(Refused::Otherwise(error)) => return Err(error),
    }
    if is_shared(config).await? { Err(ReachError::Shared) } else { Ok(Reach::SessionPool) }
}

/// The same, which begins with these settings beside its own.
pub(super) fn with_options(config: &Config, options: &str) -> Config {
    let mut config = config.clone();
    let all = match config.get_options() {
        Some(own) => format!("{own} {options}"),
        None => options.to_owned(),
    };
    config.options(all);
    config
}

/// Whether a client that has no transaction open can lose its server connection to
/// another one that has.
async fn is_shared(config: &Config) -> Result<bool, ReachError> {
    let (one, other) = (connect(config).await?, connect(config).await?);
    for _ in 0..ROUNDS {
        let own = backend(&one).await?;
        let begun = in_time(other.batch_execute("BEGIN")).await?;
        if begun.is_err() {
            // Each statement goes where there is room: no transactions.
            return Ok(true);
        }
        if backend(&other).await? == own || backend(&one).await? != own {
            return Ok(true);
        }
        in_time(other.batch_execute("ROLLBACK")).await?.map_err(lost)?;
    }
    Ok(false)
}

/// The process that serves a connection.
async fn backend(client: &Client) -> Result<String, ReachError> {
    first_value(client, "SELECT pg_backend_pid()").await
}

/// The first value of the first row; nothing for NULL. Asked in one message, so that
/// nothing is prepared.
async fn first_value(client: &Client, query: &str) -> Result<String, ReachError> {
    let messages = in_time(client.simple_query(query)).await?.map_err(lost)?;
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(value.unwrap_or_default().to_owned())
}

enum Refused {
    /// What a pooler says to settings that it would have to keep for each client.
    Parameter,
    Otherwise(ReachError),
}

impl From<Refused> for ReachError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Parameter => {
                Self::Connect("it takes no parameters at the start of a connection".to_owned())
            }
            Refused::Otherwise(error) => error,
        }
    }
}

async fn connect(config: &Config) -> Result<Client, Refused> {
    let connected = in_time(config.connect(NoTls)).await.map_err(Refused::Otherwise)?;
    let (client, connection) = connected.map_err(|error| {
        let is_parameter = error.as_db_error().is_some_and(|said| {
            *said.code() == SqlState::PROTOCOL_VIOLATION && said.message().contains("parameter")
        });
        if is_parameter { Refused::Parameter } else { Refused::Otherwise(lost(error)) }
    })?;
    // Ends when the client is dropped; its error is also that of the next statement.
    tokio::spawn(connection);
    Ok(client)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn lost(error: tokio_postgres::Error) -> ReachError {
    ReachError::Connect(with_causes(&error))
}

async fn in_time<F: Future>(asked: F) -> Result<F::Output, ReachError> {
    let silent = |_| ReachError::Connect(format!("no answer within {CONNECT_TIMEOUT:?}"));
    tokio::time::timeout(CONNECT_TIMEOUT, asked).await.map_err(silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_beside_those_of_the_url() {
        let config: Config =
            "postgres://me@db/bank?options=-c%20work_mem%3D8MB".parse().expect("a URL");
        let both = with_options(&config, CANARY);
        assert_eq!(both.get_options(), Some("-c work_mem=8MB -c bankrun.direct=on"));
        assert_eq!(with_options(&Config::new(), "-c a=b").get_options(), Some("-c a=b"));
    }
}
