use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, SimpleQueryRow};

use super::asking::{ask, certain, is_true};
use super::counting::{Reading, Transactions};
use super::rows::Seen;
use super::{Balances, ObserverError, balances, connection, rows, sight, statements};
use crate::facts::{DatabaseCounters, DatabaseLook};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long connections that are being closed are waited for.
const LEAVING: Duration = Duration::from_secs(2);
const LEAVING_INTERVAL: Duration = Duration::from_millis(5);

/// A connection of one's own to a PostgreSQL database, to see what the others do.
pub struct Observer {
    client: Client,
    version: String,
    major: u32,
    database: String,
    look: Arc<str>,
    /// Transactions of its own so far.
    own: Transactions,
    before: Reading,
}

impl Observer {
    /// Connects, and reads the counters that all others are held against.
    pub async fn connect(config: &Config) -> Result<Self, ObserverError> {
        let connection::Opened { client, version, major } = connection::open(config).await?;
        let look = statements::look(major).into();
        let (own, before) = (Transactions::default(), Reading::default());
        let database = String::new();
        let mut observer = Self { client, version, major, database, look, own, before };
        observer.database = certain(&observer.ask_one(statements::DATABASE).await?, "name")?;
        observer.before = observer.reading().await?;
        Ok(observer)
    }

    /// The version of the server: `15.18`.
    pub fn version(&self) -> &str {
        self.version.split(' ').next().unwrap_or(&self.version)
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Looks at all connections to the database but those of observers; `time` is
    /// noted as that of the look.
    pub async fn look(&mut self, time: Duration) -> Result<DatabaseLook, ObserverError> {
        let (deadlocks, seen) = self.connections().await?;
        Ok(sight::look(time, deadlocks.saturating_sub(self.before.deadlocks), &seen))
    }

    /// What the database counted since the observer came. `leaving`: what those
    /// connections call themselves that are being closed. They are waited for, as a
    /// connection hands in its last counts when it ends, at the latest.
    pub async fn counted(
        &mut self,
        leaving: Option<&str>,
    ) -> Result<DatabaseCounters, ObserverError> {
        let complete = match leaving {
            Some(name) => self.have_left(name).await?,
            None => false,
        };
        let before = self.before;
        Ok(self.reading().await?.since(&before, complete))
    }

    /// What the bank's table holds, where there is one. `None`: there is no such
    /// table, it may not be read, or somebody has locked it.
    pub async fn balances(&mut self) -> Result<Option<Balances>, ObserverError> {
        let there = self.ask_one(statements::HAS_ACCOUNTS).await?;
        if !is_true(&there, "has_accounts")? {
            return Ok(None);
        }
        match self.try_to_ask(&balances::accounts()).await? {
            Ok(rows) => Balances::of(&rows).map(Some),
            // Locked, or gone since: it is there again some other time.
            Err(error) if error.as_db_error().is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn have_left(&mut self, name: &str) -> Result<bool, ObserverError> {
        let began = Instant::now();
        loop {
            let (_, seen) = self.connections().await?;
            if !seen.iter().any(|seen| seen.application == name) {
                return Ok(true);
            }
            if began.elapsed() > LEAVING {
                return Ok(false);
            }
            tokio::time::sleep(LEAVING_INTERVAL).await;
        }
    }

    async fn connections(&mut self) -> Result<(u64, Vec<Seen>), ObserverError> {
        let look = self.look.clone();
        rows::read(&self.try_to_ask(&look).await??)
    }

    async fn reading(&mut self) -> Result<Reading, ObserverError> {
        let row = self.ask_one(statements::COUNTERS).await?;
        Reading::of(&row, self.own)
    }

    /// The one row that a question has for an answer.
    async fn ask_one(&mut self, question: &str) -> Result<SimpleQueryRow, ObserverError> {
        let rows = self.try_to_ask(question).await??;
        rows.into_iter()
            .next()
            .ok_or_else(|| ObserverError::Answer(format!("it has no answer to `{question}`")))
    }

    /// Asks within the time there is; what PostgreSQL refuses is an answer, too.
    async fn try_to_ask(
        &mut self,
        question: &str,
    ) -> Result<Result<Vec<SimpleQueryRow>, tokio_postgres::Error>, ObserverError> {
        // Also where nobody waits for the answer any more.
        self.own.commits += 1;
        let answer = tokio::time::timeout(PATIENCE, ask(&self.client, self.major, question)).await;
        let answer = answer.map_err(|_| ObserverError::Silent(PATIENCE))?;
        if answer.is_err() {
            self.own.commits -= 1;
            self.own.rollbacks += 1;
        }
        Ok(answer)
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("database", &self.database).finish_non_exhaustive()
    }
}
