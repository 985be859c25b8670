use std::time::Duration;

use tokio_postgres::Statement;

use super::operation::Operation;
use super::senders::Senders;
use crate::engine::Target;
use crate::explore::{Monitor, Reply, State, Subject, Trouble};
use crate::model::with_causes;

/// The state that each order begins with.
const RESET: &str = "DELETE FROM operations; DELETE FROM accounts WHERE id NOT IN (1, 2, 3); \
                     INSERT INTO accounts (id, balance, version) \
                     VALUES (1, 1000, 1), (2, 1000, 1), (3, 1000, 1) \
                     ON CONFLICT (id) DO UPDATE SET balance = 1000 WHERE accounts.balance <> 1000";

const READ: &str = "SELECT 'account ' || id, balance::text FROM accounts UNION ALL \
                    SELECT 'key ' || id, request || ' was answered ' || balance || \
                        coalesce(', ' || to_balance, '') FROM operations";

/// Brings back the pages that dead rows take, so that no plan changes.
const TIDY: [&str; 2] = ["VACUUM accounts", "VACUUM operations"];

/// A bank behind the proxy. Its accounts are set and read beside it, straight
/// from the database.
pub(super) struct BankSubject {
    senders: Senders,
    database: tokio_postgres::Client,
    read: Statement,
}

impl BankSubject {
    /// `server`: the database, not the proxy.
    pub(super) async fn new(
        target: Target,
        server: &tokio_postgres::Config,
        operations: &[Operation],
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let database = Monitor::another(server).await?;
        let trouble = |error: tokio_postgres::Error| Trouble::Database(with_causes(&error));
        for tidy in TIDY {
            database.batch_execute(tidy).await.map_err(trouble)?;
        }
        let read = database.prepare(READ).await.map_err(trouble)?;
        let requests = operations.iter().map(Operation::request).collect();
        Ok(Self { senders: Senders::new(target, requests, timeout), database, read })
    }
}

impl Subject for BankSubject {
    fn requests(&self) -> usize {
        self.senders.count()
    }

    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static {
        self.senders.send(request)
    }

    async fn reset(&mut self) -> Result<(), String> {
        self.database.batch_execute(RESET).await.map_err(|error| with_causes(&error))
    }

    async fn read(&mut self) -> Result<State, String> {
        let rows = self.database.query(&self.read, &[]).await;
        let rows = rows.map_err(|error| with_causes(&error))?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<State, tokio_postgres::Error>>()
            .map_err(|error| with_causes(&error))
    }

    fn abandon(&mut self) {
        self.senders.renew();
    }
}
