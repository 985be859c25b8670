//! The race itself, with a gate where the race window is: no luck involved.
//!
//! Two updates of one account, in every mode and on every store that has it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bankrun::bank::{Bank, BankOptions, Database, Gate, Mode};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::json;
use tokio::task::JoinHandle;

use super::support::{
    Answer, Guard, Kind, admin, database, eventually, gate, get, post, postgres, start,
};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

/// A bank with a gate, on a database of its own.
struct Race {
    bank: Bank,
    guard: Guard,
    _database: Database,
}

impl Race {
    async fn new(kind: Kind, mode: Mode) -> Self {
        let database = database(kind).await;
        let (gate, guard) = gate();
        let options = BankOptions { mode, gate: Some(gate), ..BankOptions::default() };
        Self { bank: start(&database, options).await, guard, _database: database }
    }

    fn update(&self, path: &'static str, body: &'static str) -> JoinHandle<Answer> {
        let addr = self.bank.addr();
        tokio::spawn(async move { post(addr, path, body).await })
    }

    async fn balance(&self) -> i64 {
        let answer = get(self.bank.addr(), "/balance/1").await;
        answer.json()["balance"].as_i64().expect("a balance")
    }
}

/// What both deposits were answered, in order of the balances.
async fn new_balances(updates: [JoinHandle<Answer>; 2]) -> [i64; 2] {
    let mut balances = [0; 2];
    for (update, balance) in updates.into_iter().zip(&mut balances) {
        let answer = update.await.expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        *balance = answer.json()["newBalance"].as_i64().expect("a balance");
    }
    balances.sort();
    balances
}

/// Both have read before either writes.
async fn loses_exactly_one(kind: Kind, mode: Mode) {
    assert!(!mode.is_correct());
    let mut race = Race::new(kind, mode).await;
    let updates = [race.update("/deposit", DEPOSIT), race.update("/deposit", DEPOSIT)];
    race.guard.arrival().await;
    race.guard.arrival().await;
    race.guard.let_through(2);
    assert_eq!(new_balances(updates).await, [1010, 1010]);
    assert_eq!(race.balance().await, 1010);
    race.bank.shutdown().await;
}

/// Both are in the window at once, and it does no harm.
async fn adds_both(kind: Kind, mode: Mode) {
    let mut race = Race::new(kind, mode).await;
    let updates = [race.update("/deposit", DEPOSIT), race.update("/deposit", DEPOSIT)];
    race.guard.arrival().await;
    race.guard.arrival().await;
    race.guard.let_through(2);
    assert_eq!(new_balances(updates).await, [1010, 1020]);
    assert_eq!(race.balance().await, 1020);
    assert_eq!(race.bank.retries(), 0);
    race.bank.shutdown().await;
}

/// Both have read before either writes; whoever writes second has to read
/// again.
async fn tries_again(kind: Kind, mode: Mode) {
    let mut race = Race::new(kind, mode).await;
    let updates = [race.update("/deposit", DEPOSIT), race.update("/deposit", DEPOSIT)];
    race.guard.arrival().await;
    race.guard.arrival().await;
    race.guard.let_through(2);
    race.guard.arrival().await;
    assert_eq!(race.balance().await, 1010);
    race.guard.let_through(1);
    assert_eq!(new_balances(updates).await, [1010, 1020]);
    assert_eq!(race.balance().await, 1020);
    assert_eq!(race.bank.retries(), 1);
    let metrics = get(race.bank.addr(), "/metrics").await.body;
    assert!(metrics.contains("\nbankrun_retries_total 1\n"), "{metrics}");
    race.bank.shutdown().await;
}

/// Connections of the pool that are in use.
async fn busy_connections(addr: SocketAddr) -> i64 {
    let metrics = get(addr, "/metrics").await.body;
    let gauge = |name: &str| -> i64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok()).expect("a gauge")
    };
    gauge("bankrun_pool_connections ") - gauge("bankrun_pool_idle_connections ")
}

/// The second one reads after the first has written.
async fn waits(kind: Kind, mode: Mode) {
    let mut race = Race::new(kind, mode).await;
    let addr = race.bank.addr();
    let updates = [race.update("/deposit", DEPOSIT), race.update("/deposit", DEPOSIT)];
    race.guard.arrival().await;
    // The second one has its connection, and whatever keeps it from reading is
    // stronger than the time ten whole requests take.
    eventually("both updates hold a connection", async || busy_connections(addr).await == 2).await;
    for _ in 0..10 {
        assert_eq!(get(addr, "/balance/2").await.status, 200);
    }
    assert!(race.guard.nobody_else_arrived(), "both read before either wrote");
    race.guard.let_through(1);
    race.guard.arrival().await;
    // The second one is in its window now, and the first is committed.
    assert_eq!(race.balance().await, 1010);
    race.guard.let_through(1);
    assert_eq!(new_balances(updates).await, [1010, 1020]);
    assert_eq!(race.balance().await, 1020);
    race.bank.shutdown().await;
}

macro_rules! races {
    ($($name:ident: $race:ident(Kind::$kind:ident, Mode::$mode:ident);)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $race(Kind::$kind, Mode::$mode).await;
        }
    )*};
}

races! {
    robust_waits_on_sqlite: waits(Kind::Sqlite, Mode::Robust);
    robust_waits_on_postgres: waits(Kind::Postgres, Mode::Robust);
    advisory_waits_on_postgres: waits(Kind::Postgres, Mode::Advisory);
    atomic_adds_both_on_sqlite: adds_both(Kind::Sqlite, Mode::Atomic);
    atomic_adds_both_on_postgres: adds_both(Kind::Postgres, Mode::Atomic);
    optimistic_tries_again_on_sqlite: tries_again(Kind::Sqlite, Mode::Optimistic);
    optimistic_tries_again_on_postgres: tries_again(Kind::Postgres, Mode::Optimistic);
    serializable_tries_again_on_sqlite: tries_again(Kind::Sqlite, Mode::Serializable);
    serializable_tries_again_on_postgres: tries_again(Kind::Postgres, Mode::Serializable);
    naive_loses_exactly_one_on_sqlite: loses_exactly_one(Kind::Sqlite, Mode::Naive);
    naive_loses_exactly_one_on_postgres: loses_exactly_one(Kind::Postgres, Mode::Naive);
    transaction_loses_exactly_one_on_postgres: loses_exactly_one(Kind::Postgres, Mode::Transaction);
    check_then_act_adds_both_on_sqlite: adds_both(Kind::Sqlite, Mode::CheckThenAct);
    check_then_act_adds_both_on_postgres: adds_both(Kind::Postgres, Mode::CheckThenAct);
}

/// Two withdrawals of 80 from 100: what is left, and how they were answered.
async fn withdraw_80_twice_from_100(kind: Kind, mode: Mode) -> (i64, [u16; 2]) {
    let mut race = Race::new(kind, mode).await;
    post(race.bank.addr(), "/reset", r#"{"accounts":{"1":100}}"#).await;
    let withdrawal = r#"{"userId":1,"amount":80}"#;
    let updates = [race.update("/withdraw", withdrawal), race.update("/withdraw", withdrawal)];
    race.guard.arrival().await;
    if !matches!(mode, Mode::Robust | Mode::Advisory | Mode::Batched) {
        race.guard.arrival().await;
    }
    // As often as it takes.
    race.guard.let_through(10);
    let mut statuses = [0; 2];
    for (update, status) in updates.into_iter().zip(&mut statuses) {
        *status = update.await.expect("an answer").status;
    }
    statuses.sort();
    let balance = race.balance().await;
    race.bank.shutdown().await;
    (balance, statuses)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_check_then_act_overdraws() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let expected = match mode {
                Mode::CheckThenAct => (-60, [200, 200]),
                Mode::Naive | Mode::Transaction => (20, [200, 200]),
                _ => (20, [200, 400]),
            };
            let found = withdraw_80_twice_from_100(kind, mode).await;
            assert_eq!(found, expected, "{mode} on {kind:?}");
        }
    }
}

/// A transfer and a deposit that meet on one account: `true` when no money
/// appeared or vanished.
async fn a_transfer_meets_a_deposit(kind: Kind, mode: Mode) -> bool {
    let mut race = Race::new(kind, mode).await;
    let transfer = race.update("/transfer", r#"{"fromUserId":2,"toUserId":1,"amount":5}"#);
    let deposit = race.update("/deposit", DEPOSIT);
    race.guard.arrival().await;
    if !matches!(mode, Mode::Robust | Mode::Advisory | Mode::Batched) {
        race.guard.arrival().await;
    }
    race.guard.let_through(10);
    for update in [transfer, deposit] {
        let answer = update.await.expect("an answer");
        assert_eq!(answer.status, 200, "{mode} on {kind:?}: {answer:?}");
    }
    let total = get(race.bank.addr(), "/accounts").await.json()["total"].as_i64();
    race.bank.shutdown().await;
    total == Some(3010)
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_lose_money_where_deposits_do() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let conserved = a_transfer_meets_a_deposit(kind, mode).await;
            let adds = mode.is_correct() || mode == Mode::CheckThenAct;
            assert_eq!(conserved, adds, "{mode} on {kind:?}");
        }
    }
}

/// The answer of a request that is done at once. One that waits for another is
/// given half a second to show that it does.
async fn unless_it_waits(request: &mut JoinHandle<Answer>) -> Option<Answer> {
    let patience = std::time::Duration::from_millis(500);
    tokio::time::timeout(patience, request).await.ok().map(|answer| answer.expect("an answer"))
}

async fn answered(early: Option<Answer>, request: JoinHandle<Answer>) -> Answer {
    match early {
        Some(answer) => answer,
        None => request.await.expect("an answer"),
    }
}

/// The receiver's account goes while a transfer is in its window.
async fn a_receiver_goes(kind: Kind, mode: Mode) -> (Answer, i64) {
    let mut race = Race::new(kind, mode).await;
    let addr = race.bank.addr();
    let transfer = race.update("/transfer", r#"{"fromUserId":1,"toUserId":2,"amount":5}"#);
    race.guard.arrival().await;
    let reset = r#"{"accounts":{"1":1000}}"#;
    let mut reset = tokio::spawn(async move { post(addr, "/reset", reset).await });
    let early = unless_it_waits(&mut reset).await;
    race.guard.let_through(10);
    let answer = transfer.await.expect("an answer");
    assert_eq!(answered(early, reset).await.status, 200);
    let balance = race.balance().await;
    race.bank.shutdown().await;
    (answer, balance)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_correct_mode_tears_a_transfer() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let (answer, balance) = a_receiver_goes(kind, mode).await;
            match answer.status {
                // Before the reset, or after it.
                200 | 404 => assert_eq!(balance, 1000, "{mode} on {kind:?}: {answer:?}"),
                // Half of it is done, which is nothing to be sure of.
                _ => {
                    assert!(!mode.is_correct(), "{mode} on {kind:?}: {answer:?}");
                    assert_eq!((answer.status, answer.code().as_str()), (500, "outcome_unknown"));
                    assert_eq!(balance, 995, "{mode} on {kind:?}");
                }
            }
            assert_eq!(answer.status == 500, matches!(mode, Mode::Naive | Mode::CheckThenAct));
        }
    }
}

/// An update in its window when the accounts are reset: the reset comes before
/// it or after it, and neither is half undone.
async fn a_reset_in_the_window(kind: Kind, mode: Mode) {
    let mut race = Race::new(kind, mode).await;
    let addr = race.bank.addr();
    let update = race.update("/deposit", DEPOSIT);
    race.guard.arrival().await;
    let reset = r#"{"accounts":{"1":500}}"#;
    let mut reset = tokio::spawn(async move { post(addr, "/reset", reset).await });
    let early = unless_it_waits(&mut reset).await;
    race.guard.let_through(10);
    let (update, reset) = (update.await.expect("an answer"), answered(early, reset).await);
    assert_eq!((update.status, reset.status), (200, 200), "{mode} on {kind:?}: {update:?}");
    let acknowledged = update.json()["newBalance"].as_i64().expect("a balance");
    let expected = match acknowledged {
        1010 => 500,
        510 => 510,
        other => panic!("{mode} on {kind:?}: {other}"),
    };
    assert_eq!(race.balance().await, expected, "{mode} on {kind:?}");
    race.bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_correct_mode_undoes_a_reset() {
    for kind in Kind::ALL {
        for mode in kind.modes().filter(|mode| mode.is_correct()) {
            a_reset_in_the_window(kind, mode).await;
        }
    }
}

/// The second update is seen waiting for the row's lock, while another
/// account's update passes it by.
#[tokio::test(flavor = "multi_thread")]
async fn robust_waits_for_the_row_only() {
    let (database, name) = postgres().await;
    let (gate, mut guard) = gate();
    let options = BankOptions { mode: Mode::Robust, gate: Some(gate), ..BankOptions::default() };
    let bank = start(&database, options).await;
    let addr = bank.addr();
    let admin = admin(&name).await;

    let first = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    guard.arrival().await;
    let second = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'bankrun robust' AND wait_event_type = 'Lock'";
    eventually("the second update waits for a lock", async || {
        admin.query_one(waiting, &[]).await.expect("a count").get::<_, i64>(0) == 1
    })
    .await;
    assert!(guard.nobody_else_arrived());
    let elsewhere = r#"{"userId":2,"amount":10}"#;
    let other = tokio::spawn(async move { post(addr, "/deposit", elsewhere).await });
    guard.arrival().await;

    guard.let_through(3);
    for update in [first, second, other] {
        assert_eq!(update.await.expect("an answer").status, 200);
    }
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1020}));
    bank.shutdown().await;
}

/// Somebody is always faster: the update gives up, and nothing was applied.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_never_comes_first_is_503() {
    let database = database(Kind::Sqlite).await;
    let file = database.folder().expect("made for it").join("bank.sqlite");
    let other = diesel::SqliteConnection::establish(&file.to_string_lossy()).expect("a file");
    let other = Arc::new(Mutex::new(other));
    let faster = Gate::new(move || {
        let other = other.clone();
        async move {
            let change = "PRAGMA busy_timeout = 5000; \
                          UPDATE accounts SET version = version + 1 WHERE id = 1";
            other.lock().expect("no panic").batch_execute(change).expect("written");
        }
    });
    let options = BankOptions { mode: Mode::Optimistic, gate: Some(faster), ..Default::default() };
    let bank = start(&database, options).await;
    let addr = bank.addr();
    let answer = post(addr, "/deposit", DEPOSIT).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{answer:?}");
    assert!(answer.body.contains("in the way 100 times in a row"), "{answer:?}");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(bank.retries(), 99);
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1000}));
    let metrics = get(addr, "/metrics").await.body;
    assert!(metrics.contains(r#"{operation="deposit",outcome="failed"} 1"#), "{metrics}");
    bank.shutdown().await;
}
