use std::fmt;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, Row, Statement};

use super::counting::Reading;
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
    database: String,
    look: Statement,
    counters: Statement,
    hand_in: Option<Statement>,
    /// Transactions of its own so far.
    own: u64,
    before: Reading,
}

impl Observer {
    /// Connects, and reads the counters that all others are held against.
    pub async fn connect(config: &Config) -> Result<Self, ObserverError> {
        let connection::Opened { client, version, major } = connection::open(config).await?;
        let prepared = async {
            let database = client.query_one("SELECT current_database()::text", &[]).await?;
            let hand_in = match statements::hand_in(major) {
                Some(statement) => Some(client.prepare(statement).await?),
                None => None,
            };
            let look = client.prepare(&statements::look(major)).await?;
            let counters = client.prepare(statements::COUNTERS).await?;
            Ok((database.try_get(0)?, look, counters, hand_in))
        };
        let (database, look, counters, hand_in) = in_time(prepared).await?;
        let (own, before) = (0, Reading::default());
        let mut observer = Self { client, version, database, look, counters, hand_in, own, before };
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

    /// What the bank's table holds, where there is one.
    pub async fn balances(&mut self) -> Result<Option<Balances>, ObserverError> {
        in_time(balances::read(&self.client)).await
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
        let statement = self.look.clone();
        Ok(rows::read(&self.ask(&statement).await?)?)
    }

    async fn reading(&mut self) -> Result<Reading, ObserverError> {
        if let Some(hand_in) = self.hand_in.clone() {
            self.ask(&hand_in).await?;
        }
        let statement = self.counters.clone();
        let rows = self.ask(&statement).await?;
        match rows.first() {
            Some(row) => Reading::of(row, self.own),
            None => Err(ObserverError::Answer("it has no statistics of itself".to_owned())),
        }
    }

    async fn ask(&mut self, statement: &Statement) -> Result<Vec<Row>, ObserverError> {
        // Also where nobody waits for the answer any more.
        self.own += 1;
        in_time(async { Ok(self.client.query(statement, &[]).await?) }).await
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, ObserverError>>,
) -> Result<T, ObserverError> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.unwrap_or(Err(ObserverError::Silent(PATIENCE)))
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("database", &self.database).finish_non_exhaustive()
    }
}
