//! One connection of a session: its state as the server has it, and its answers.

use std::sync::Arc;
use std::time::Instant;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::described;
use super::lab::{GLANCE, LIMIT};
use super::outcome::StatementResult;
use super::{IsolationError, IsolationLevel, Scratch};

const TRANSACTION: &str = "SELECT state FROM pg_stat_activity WHERE pid = $1";

pub(super) struct Connection {
    pub(super) client: Arc<Client>,
    pub(super) pid: i32,
    pub(super) transaction: Transaction,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    None,
    Open,
    Failed,
}

pub(super) type Answer = Result<Vec<SimpleQueryMessage>, tokio_postgres::Error>;

impl Connection {
    /// With `level` as its default.
    pub(super) async fn open(
        scratch: &Scratch,
        level: Option<IsolationLevel>,
    ) -> Result<Self, IsolationError> {
        let client = scratch.connect().await?;
        if let Some(level) = level {
            let set = format!("SET default_transaction_isolation = '{}'", level.sql());
            client.batch_execute(&set.to_lowercase()).await?;
        }
        let pid = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
        Ok(Self { client: Arc::new(client), pid, transaction: Transaction::None })
    }

    /// Asks the server, over `control`, in which state the session `name` is, which has been
    /// answered. An error comes before the statement has ended, so the session may be active
    /// for a moment longer.
    pub(super) async fn look_at_transaction(
        &mut self,
        control: &Client,
        name: &str,
    ) -> Result<Transaction, IsolationError> {
        let began = Instant::now();
        self.transaction = loop {
            let row = control.query_one(TRANSACTION, &[&self.pid]).await?;
            let state: Option<String> = row.get(0);
            match state.as_deref() {
                Some("idle in transaction") => break Transaction::Open,
                Some("idle in transaction (aborted)") => break Transaction::Failed,
                Some("active") if began.elapsed() < LIMIT => tokio::time::sleep(GLANCE).await,
                Some("active") => {
                    let step = format!("what session {name} sent");
                    return Err(IsolationError::TooSlow { step, limit: LIMIT, by: String::new() });
                }
                _ => break Transaction::None,
            }
        };
        Ok(self.transaction)
    }
}

pub(super) async fn execute(
    client: &Client,
    sql: &str,
    part: impl Fn() -> String,
) -> Result<(), IsolationError> {
    // Not as a batch in one: CREATE INDEX CONCURRENTLY and VACUUM stand alone in a block.
    let executed = client.simple_query(sql).await;
    executed
        .map(drop)
        .map_err(|error| IsolationError::Setup { part: part(), error: described(&error) })
}

pub(super) fn joined(
    answer: Result<Answer, tokio::task::JoinError>,
) -> Result<Answer, IsolationError> {
    answer.map_err(|error| IsolationError::Query(error.to_string()))
}

/// Those of a statement that is not over yet.
struct Rows {
    columns: Vec<String>,
    values: Vec<Vec<Option<String>>>,
}

pub(super) fn results(messages: Vec<SimpleQueryMessage>) -> Vec<StatementResult> {
    let mut results = Vec::new();
    let mut rows: Option<Rows> = None;
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(names) => {
                let names = names.iter().map(|column| column.name().to_owned());
                rows = Some(Rows { columns: names.collect(), values: Vec::new() });
            }
            SimpleQueryMessage::Row(row) => {
                let value = |index| row.get(index).map(str::to_owned);
                if let Some(rows) = &mut rows {
                    rows.values.push((0..row.len()).map(value).collect());
                }
            }
            SimpleQueryMessage::CommandComplete(affected) => {
                results.push(match rows.take() {
                    Some(Rows { columns, values: rows }) => StatementResult::Rows { columns, rows },
                    None => StatementResult::Done { affected },
                });
            }
            // The driver may learn of other messages; none of them carries a result.
            _ => {}
        }
    }
    results
}
