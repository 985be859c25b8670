//! The race itself, with a gate where the race window is: no luck involved.

use std::net::SocketAddr;

use bankrun::bank::{BankOptions, Mode};
use serde_json::json;

use super::support::{Kind, admin, database, eventually, gate, get, post, postgres, start};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

async fn naive_loses_one(kind: Kind) {
    let database = database(kind).await;
    let (gate, mut guard) = gate();
    let options = BankOptions { mode: Mode::Naive, gate: Some(gate), ..BankOptions::default() };
    let bank = start(&database, options).await;
    let addr = bank.addr();

    let first = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    let second = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    guard.arrival().await;
    guard.arrival().await;
    guard.let_through(2);

    for answer in [first.await.expect("an answer"), second.await.expect("an answer")] {
        assert_eq!((answer.status, answer.json()), (200, json!({"newBalance": 1010})));
    }
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1010}));
    bank.shutdown().await;
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

async fn robust_loses_none(kind: Kind) {
    let database = database(kind).await;
    let (gate, mut guard) = gate();
    let options = BankOptions { mode: Mode::Robust, gate: Some(gate), ..BankOptions::default() };
    let bank = start(&database, options).await;
    let addr = bank.addr();

    let first = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    let second = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    guard.arrival().await;
    // The second one has its connection, and whatever keeps it from reading is
    // stronger than the time ten whole requests take.
    eventually("both updates hold a connection", async || busy_connections(addr).await == 2).await;
    for _ in 0..10 {
        assert_eq!(get(addr, "/balance/2").await.status, 200);
    }
    assert!(guard.nobody_else_arrived(), "both read before either wrote");
    guard.let_through(1);
    guard.arrival().await;
    // The second one is in its window now, and the first is committed.
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1010}));
    guard.let_through(1);

    let mut balances = Vec::new();
    for answer in [first.await.expect("an answer"), second.await.expect("an answer")] {
        assert_eq!(answer.status, 200, "{answer:?}");
        balances.push(answer.json()["newBalance"].as_i64());
    }
    balances.sort();
    assert_eq!(balances, [Some(1010), Some(1020)]);
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1020}));
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn naive_loses_exactly_one_on_sqlite() {
    naive_loses_one(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn naive_loses_exactly_one_on_postgres() {
    naive_loses_one(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn robust_loses_none_on_sqlite() {
    robust_loses_none(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn robust_loses_none_on_postgres() {
    robust_loses_none(Kind::Postgres).await;
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
