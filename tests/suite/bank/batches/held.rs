use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bankrun::bank::ledger::{Change, Key, Ledger, LedgerError, Transfer, Window};
use bankrun::bank::store::{PoolOptions, Store, migrate};
use bankrun::bank::{Database, Mode};
use tokio::task::JoinHandle;

use crate::bank::support::{Guard, Kind, database, eventually, gate};

pub(super) type Answered = JoinHandle<Result<i64, LedgerError>>;

/// A ledger whose first batch is held in its window, so that whatever is asked
/// next waits for the second one.
pub(super) struct Held {
    pub(super) ledger: Arc<Ledger>,
    pub(super) guard: Guard,
    pub(super) first: Answered,
    _database: Database,
}

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn ledger(
    database: &Database,
    window: Window,
    acquire_timeout: Duration,
) -> Ledger {
    migrate(database).await.expect("migrations");
    let options = PoolOptions {
        application_name: "test batched".to_owned(),
        size: NonZeroU32::MIN,
        acquire_timeout,
        longest_pause: std::time::Duration::ZERO,
    };
    let store = Store::open(database, &options).await.expect("a pool");
    Ledger::new(store, Mode::Batched, window)
}

impl Held {
    pub(super) async fn new(kind: Kind, accounts: &[(i64, i64)]) -> Self {
        Self::on(database(kind).await, accounts, PATIENCE).await
    }

    pub(super) async fn on(
        database: Database,
        accounts: &[(i64, i64)],
        acquire_timeout: Duration,
    ) -> Self {
        let (gate, mut guard) = gate();
        let ledger = Arc::new(ledger(&database, Window::Gate(gate), acquire_timeout).await);
        ledger.reset(accounts).await.expect("a reset");
        let first = ask(&ledger, 1, Change::Deposit(0), None);
        guard.arrival().await;
        Self { ledger, guard, first, _database: database }
    }

    /// Asks for an update, and returns when it waits for its batch.
    pub(super) async fn queue(&self, account: i64, change: Change, key: Option<&str>) -> Answered {
        let before = self.ledger.waiting();
        let asked = ask(&self.ledger, account, change, key);
        self.until_waiting(before + 1).await;
        asked
    }

    pub(super) async fn queue_transfer(&self, from: i64, to: i64, amount: i64) -> Answered {
        let before = self.ledger.waiting();
        let ledger = self.ledger.clone();
        let transfer = Transfer::new(from, to, amount).expect("two accounts");
        let asked =
            tokio::spawn(async move { ledger.transfer(transfer, None).await.map(|both| both[0]) });
        self.until_waiting(before + 1).await;
        asked
    }

    pub(super) async fn until_waiting(&self, length: usize) {
        let waiting = async || self.ledger.waiting() == length;
        eventually("it waits for the next batch", waiting).await;
    }

    /// Lets both batches through.
    pub(super) async fn go(&mut self) {
        self.guard.let_through(2);
        (&mut self.first).await.expect("no panic").expect("done");
    }

    pub(super) async fn accounts(&self) -> Vec<(i64, i64)> {
        self.ledger.accounts().await.expect("accounts")
    }
}

pub(super) fn ask(
    ledger: &Arc<Ledger>,
    account: i64,
    change: Change,
    key: Option<&str>,
) -> Answered {
    let ledger = ledger.clone();
    let key: Option<Key> = key.map(|key| key.parse().expect("a key"));
    tokio::spawn(async move { ledger.update(account, change, key).await })
}

pub(super) async fn answers(
    asked: impl IntoIterator<Item = Answered>,
) -> Vec<Result<i64, LedgerError>> {
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.expect("no panic"));
    }
    answers
}

pub(super) fn is_broke(answer: &Result<i64, LedgerError>) -> bool {
    matches!(answer, Err(LedgerError::InsufficientFunds))
}
