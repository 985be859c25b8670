//! What every mode keeps on every store, when nobody interferes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bankrun::bank::ledger::{Change, Key, Ledger, LedgerError, Transfer, Window};
use bankrun::bank::store::{PoolOptions, Store, StoreError, StoredAnswer, migrate};
use bankrun::bank::{Database, Mode};
use bankrun::model::Pause;
use tokio::task::JoinSet;

use super::support::{Kind, database};

macro_rules! contract {
    ($($name:ident: $mode:expr, $kind:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn moves_money() {
                super::moves_money(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses_and_changes_nothing() {
                super::refuses_and_changes_nothing(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn transfers() {
                super::transfers(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses_transfers_and_changes_nothing() {
                super::refuses_transfers(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn transfers_race() {
                super::transfers_race(Subject::new($mode, $kind, 8).await, $mode).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn keeps_keys() {
                super::keeps_keys(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn keys_race() {
                super::keys_race(Subject::new($mode, $kind, 8).await, $mode).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn resets() {
                super::resets(Subject::new($mode, $kind, 1).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn updates_race() {
                super::updates_race(Subject::new($mode, $kind, 8).await, $mode).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn resets_race() {
                super::resets_race(Subject::new($mode, $kind, 8).await).await;
            }
        }
    )*};
}

contract! {
    robust_on_sqlite: Mode::Robust, Kind::Sqlite;
    robust_on_postgres: Mode::Robust, Kind::Postgres;
    atomic_on_sqlite: Mode::Atomic, Kind::Sqlite;
    atomic_on_postgres: Mode::Atomic, Kind::Postgres;
    optimistic_on_sqlite: Mode::Optimistic, Kind::Sqlite;
    optimistic_on_postgres: Mode::Optimistic, Kind::Postgres;
    serializable_on_sqlite: Mode::Serializable, Kind::Sqlite;
    serializable_on_postgres: Mode::Serializable, Kind::Postgres;
    advisory_on_postgres: Mode::Advisory, Kind::Postgres;
    batched_on_sqlite: Mode::Batched, Kind::Sqlite;
    batched_on_postgres: Mode::Batched, Kind::Postgres;
    naive_on_sqlite: Mode::Naive, Kind::Sqlite;
    naive_on_postgres: Mode::Naive, Kind::Postgres;
    transaction_on_postgres: Mode::Transaction, Kind::Postgres;
    check_then_act_on_sqlite: Mode::CheckThenAct, Kind::Sqlite;
    check_then_act_on_postgres: Mode::CheckThenAct, Kind::Postgres;
}

struct Subject {
    ledger: Arc<Ledger>,
    _database: Database,
}

impl Subject {
    /// A pool of one shows whether a connection goes back clean.
    async fn new(mode: Mode, kind: Kind, connections: u32) -> Self {
        let database = database(kind).await;
        migrate(&database).await.expect("migrations");
        let options = PoolOptions {
            application_name: format!("test {mode}"),
            size: NonZeroU32::new(connections).expect("not zero"),
            acquire_timeout: Duration::from_secs(20),
            longest_pause: std::time::Duration::ZERO,
        };
        let store = Store::open(&database, &options).await.expect("a pool");
        let window = Window::from(Pause::fixed(Duration::from_micros(200)));
        Self { ledger: Arc::new(Ledger::new(store, mode, window)), _database: database }
    }
}

async fn moves_money(Subject { ledger, _database }: Subject) {
    assert_eq!(ledger.accounts().await.expect("accounts"), [(1, 1000), (2, 1000), (3, 1000)]);
    assert_eq!(ledger.update(1, Change::Deposit(10), None).await.expect("done"), 1010);
    assert_eq!(ledger.update(1, Change::Withdraw(1010), None).await.expect("done"), 0);
    assert_eq!(
        ledger.update(2, Change::Deposit(i64::MAX - 1000), None).await.expect("done"),
        i64::MAX
    );
    assert_eq!(ledger.balance(1).await.expect("a balance"), 0);
    assert_eq!(ledger.accounts().await.expect("accounts"), [(1, 0), (2, i64::MAX), (3, 1000)]);
}

async fn refuses_and_changes_nothing(Subject { ledger, _database }: Subject) {
    let broke = ledger.update(1, Change::Withdraw(1001), None).await;
    assert!(matches!(broke, Err(LedgerError::InsufficientFunds)), "{broke:?}");
    let full = ledger.update(1, Change::Deposit(i64::MAX), None).await;
    assert!(matches!(full, Err(LedgerError::Overflow)), "{full:?}");
    let nobody = ledger.update(9, Change::Deposit(1), None).await;
    assert!(matches!(nobody, Err(LedgerError::Store(StoreError::UnknownAccount(9)))), "{nobody:?}");
    let nobody = ledger.balance(9).await;
    assert!(matches!(nobody, Err(StoreError::UnknownAccount(9))), "{nobody:?}");
    assert_eq!(ledger.accounts().await.expect("accounts"), [(1, 1000), (2, 1000), (3, 1000)]);
    assert_eq!(ledger.update(1, Change::Deposit(1), None).await.expect("the next one works"), 1001);
}

fn transfer(from: i64, to: i64, amount: i64) -> Transfer {
    Transfer::new(from, to, amount).expect("two accounts")
}

async fn transfers(Subject { ledger, _database }: Subject) {
    assert_eq!(ledger.transfer(transfer(1, 2, 5), None).await.expect("done"), [995, 1005]);
    assert_eq!(ledger.transfer(transfer(3, 1, 1000), None).await.expect("done"), [0, 1995]);
    assert_eq!(ledger.accounts().await.expect("accounts"), [(1, 1995), (2, 1005), (3, 0)]);
}

async fn refuses_transfers(Subject { ledger, _database }: Subject) {
    ledger.reset(&[(1, 10), (2, i64::MAX), (3, 10)]).await.expect("a reset");
    for (from, to) in [(1, 3), (3, 1)] {
        let broke = ledger.transfer(transfer(from, to, 11), None).await;
        assert!(matches!(broke, Err(LedgerError::InsufficientFunds)), "{broke:?}");
    }
    for from in [1, 3] {
        let full = ledger.transfer(transfer(from, 2, 1), None).await;
        assert!(matches!(full, Err(LedgerError::Overflow)), "{full:?}");
    }
    // An account that does not exist comes before what the others could bear.
    for (from, to, missing) in [(1, 9, 9), (9, 1, 9), (0, 1, 0), (1, 0, 0), (9, 8, 9), (8, 9, 8)] {
        let nobody = ledger.transfer(transfer(from, to, 11), None).await;
        let expected = matches!(nobody, Err(LedgerError::Store(StoreError::UnknownAccount(id))) if id == missing);
        assert!(expected, "{from} to {to}: {nobody:?}");
    }
    let accounts = ledger.accounts().await.expect("accounts");
    assert_eq!(accounts, [(1, 10), (2, i64::MAX), (3, 10)]);
    assert_eq!(
        ledger.transfer(transfer(1, 3, 10), None).await.expect("the next one works"),
        [0, 20]
    );
}

/// In a circle and against it, so that everybody meets everybody.
async fn transfers_race(Subject { ledger, _database }: Subject, mode: Mode) {
    let mut work = JoinSet::new();
    for round in 0..60 {
        let ledger = ledger.clone();
        let (from, to) = [(1, 2), (2, 1), (2, 3), (3, 2), (3, 1), (1, 3)][round % 6];
        work.spawn(async move { ledger.transfer(transfer(from, to, 10), None).await });
    }
    let watch = ledger.clone();
    let watching = tokio::spawn(async move {
        let mut totals = Vec::new();
        for _ in 0..20 {
            let accounts = watch.accounts().await.expect("accounts");
            totals.push(accounts.iter().map(|(_, balance)| balance).sum::<i64>());
        }
        totals
    });
    let done = work.join_all().await;
    let mut totals = watching.await.expect("totals");
    let accounts = ledger.accounts().await.expect("accounts");
    totals.push(accounts.iter().map(|(_, balance)| balance).sum());
    if mode.is_correct() {
        for moved in done {
            moved.expect("nobody is in anybody's way for long");
        }
        assert_eq!(accounts, [(1, 1000), (2, 1000), (3, 1000)]);
        assert!(totals.iter().all(|total| *total == 3000), "{totals:?}");
    } else {
        for failed in done.into_iter().filter_map(Result::err) {
            // Two of them waited for each other, and one was sent away.
            let deadlock = matches!(failed, LedgerError::Store(StoreError::Conflict(_)));
            assert!(deadlock && mode == Mode::Transaction, "{failed}");
        }
    }
}

fn key(text: &str) -> Option<Key> {
    Some(text.parse().expect("a key"))
}

async fn keeps_keys(Subject { ledger, _database }: Subject) {
    for _ in 0..3 {
        let deposit = ledger.update(1, Change::Deposit(10), key("a")).await;
        assert_eq!(deposit.expect("done once"), 1010);
        let moved = ledger.transfer(transfer(2, 1, 1000), key("b")).await;
        assert_eq!(moved.expect("done once, though account 2 is empty then"), [0, 2010]);
    }
    assert_eq!(ledger.accounts().await.expect("accounts"), [(1, 2010), (2, 0), (3, 1000)]);

    let other_amount = ledger.update(1, Change::Deposit(11), key("a")).await;
    let other_kind = ledger.update(1, Change::Withdraw(10), key("a")).await;
    let other_account = ledger.update(2, Change::Withdraw(10), key("a")).await;
    let backwards = ledger.transfer(transfer(1, 2, 1000), key("b")).await.map(|both| both[0]);
    let update = ledger.update(1, Change::Deposit(10), key("b")).await;
    for reused in [other_amount, other_kind, other_account, backwards, update] {
        assert!(matches!(reused, Err(LedgerError::KeyReused(_))), "{reused:?}");
    }

    let refused = ledger.update(2, Change::Withdraw(5), key("c")).await;
    assert!(matches!(refused, Err(LedgerError::InsufficientFunds)), "{refused:?}");
    let refused = ledger.transfer(transfer(2, 9, 5), key("d")).await;
    assert!(refused.is_err(), "{refused:?}");
    ledger.update(2, Change::Deposit(5), None).await.expect("done");
    let again = ledger.update(2, Change::Withdraw(5), key("c")).await;
    assert_eq!(again.expect("what was refused used up no key"), 0);

    let answer = async |name| ledger.answer(&key(name).expect("a key")).await.expect("an answer");
    assert_eq!(answer("a").await, Some(StoredAnswer { balance: 1010, to_balance: None }));
    assert_eq!(answer("b").await, Some(StoredAnswer { balance: 0, to_balance: Some(2010) }));
    assert_eq!(answer("c").await, Some(StoredAnswer { balance: 0, to_balance: None }));
    assert_eq!(answer("d").await, None);
    assert_eq!(ledger.counters().repeats(), 4);

    ledger.reset(&[(1, 1000)]).await.expect("a reset");
    assert_eq!(answer("a").await, None, "a reset forgets");
    assert_eq!(ledger.update(1, Change::Deposit(11), key("a")).await.expect("done"), 1011);
}

/// Eight senders of one key, whose update could be done only once in any case:
/// none of them may hear that the money is gone.
async fn keys_race(Subject { ledger, _database }: Subject, mode: Mode) {
    for round in 0..5 {
        ledger.reset(&[(1, 100), (2, 0)]).await.expect("a reset");
        let mut senders = JoinSet::new();
        for _ in 0..8 {
            let ledger = ledger.clone();
            senders.spawn(async move {
                if round % 2 == 0 {
                    ledger.update(1, Change::Withdraw(80), key("k")).await
                } else {
                    ledger.transfer(transfer(1, 2, 80), key("k")).await.map(|both| both[0])
                }
            });
        }
        let answers = senders.join_all().await;
        if mode.is_correct() {
            let once = answers.iter().all(|answer| matches!(answer, Ok(20)));
            assert!(once, "{mode}: {answers:?}");
            assert_eq!(ledger.balance(1).await.expect("a balance"), 20);
        }
    }
}

async fn resets(Subject { ledger, _database }: Subject) {
    ledger.reset(&[(10, 5), (2, 0), (9, i64::MAX)]).await.expect("a reset");
    assert_eq!(ledger.accounts().await.expect("accounts"), [(2, 0), (9, i64::MAX), (10, 5)]);
    let twice = ledger.reset(&[(1, 1), (1, 2)]).await;
    assert!(matches!(twice, Err(StoreError::Refused(_))), "{twice:?}");
    let accounts = ledger.accounts().await.expect("accounts");
    assert_eq!(accounts, [(2, 0), (9, i64::MAX), (10, 5)], "a failed reset changes nothing");
    let many: Vec<(i64, i64)> = (1..=10_000).map(|id| (id, id * 2)).collect();
    ledger.reset(&many).await.expect("a large reset");
    assert_eq!(ledger.accounts().await.expect("accounts"), many);
    ledger.reset(&[]).await.expect("an empty reset");
    assert_eq!(ledger.accounts().await.expect("accounts"), []);
}

async fn updates_race(Subject { ledger, _database }: Subject, mode: Mode) {
    let mut updates = JoinSet::new();
    for _ in 0..40 {
        let ledger = ledger.clone();
        updates.spawn(async move { ledger.update(1, Change::Deposit(10), None).await });
    }
    for updated in updates.join_all().await {
        updated.expect("every deposit is acknowledged");
    }
    let balance = ledger.balance(1).await.expect("a balance");
    match mode {
        Mode::Naive | Mode::Transaction => {
            assert!(balance < 1400, "40 racing deposits on 8 connections lost nothing");
        }
        // Wrong only where something is refused.
        Mode::CheckThenAct => assert_eq!(balance, 1400),
        _ => assert_eq!(balance, 1400),
    }
}

async fn resets_race(Subject { ledger, _database }: Subject) {
    let mut work = JoinSet::new();
    for round in 0..30 {
        let ledger = ledger.clone();
        work.spawn(async move {
            if round % 3 == 0 {
                ledger.reset(&[(1, 1000), (2, 1000)]).await.map_err(LedgerError::from)
            } else {
                ledger.update(1 + round % 2, Change::Deposit(1), None).await.map(|_| ())
            }
        });
    }
    for done in work.join_all().await {
        done.expect("resets and updates wait for each other, and all succeed");
    }
    ledger.reset(&[(7, 7)]).await.expect("a reset");
    assert_eq!(ledger.accounts().await.expect("accounts"), [(7, 7)]);
}
