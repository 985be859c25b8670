//! When the database, the pool or the code fails: what the client may believe.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{BankOptions, Database, DatabaseSpec, Gate, Mode};

use super::support::{Kind, Proxy, admin, database, eventually, gate, get, post, postgres, start};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

/// The modes in which nothing is final before COMMIT.
const ONE_TRANSACTION: [Mode; 5] =
    [Mode::Robust, Mode::Serializable, Mode::Advisory, Mode::Transaction, Mode::Batched];

/// The connection dies between read and write: nothing was applied.
async fn connection_lost_in_the_window(mode: Mode) {
    let (database, name) = postgres().await;
    let (gate, mut guard) = gate();
    let bank = start(&database, BankOptions { mode, gate: Some(gate), ..Default::default() }).await;
    let addr = bank.addr();
    let update = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    guard.arrival().await;
    let admin = admin(&name).await;
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name LIKE 'bankrun%'";
    admin.query(kill, &[]).await.expect("terminated");
    guard.let_through(2);
    let answer = update.await.expect("an answer");
    let code = answer.code();
    if ONE_TRANSACTION.contains(&mode) {
        assert_eq!((answer.status, code.as_str()), (503, "unavailable"), "{mode}: {answer:?}");
    } else {
        // Whether an autocommitted UPDATE was still sent is not always known.
        let codes = ["unavailable", "outcome_unknown"];
        assert!(codes.contains(&code.as_str()), "{mode}: {answer:?}");
    }
    assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1000}"#, "the pool recovers");
    assert_eq!(post(addr, "/deposit", DEPOSIT).await.status, 200);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_lost_in_the_window_of_every_mode() {
    for mode in Mode::ALL {
        connection_lost_in_the_window(mode).await;
    }
}

/// What was closed while it lay idle is not handed out again.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_database_costs_no_error_for_each_pooled_connection() {
    let (database, name) = postgres().await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    let many = (0..8).map(|_| tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await }));
    for answer in many.collect::<Vec<_>>() {
        assert_eq!(answer.await.expect("an answer").status, 200);
    }
    let admin = admin(&name).await;
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name LIKE 'bankrun%'";
    let killed = admin.query(kill, &[]).await.expect("terminated").len();
    assert!(killed > 1, "only {killed} connections were open");
    let mut errors = 0;
    for _ in 0..2 * killed {
        errors += usize::from(post(addr, "/deposit", DEPOSIT).await.status != 200);
    }
    // The first one may be quicker than the news of it.
    assert!(errors <= 1, "{errors} errors for {killed} closed connections");
    bank.shutdown().await;
}

/// COMMIT arrives, its answer does not: nobody may call that a failure.
#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_commit_is_unknown() {
    let (_direct, name) = postgres().await;
    let proxy = Proxy::start(b"COMMIT").await;
    let database = proxy.database(&name).await;
    let bank = start(&database, BankOptions::default()).await;
    assert_eq!(post(bank.addr(), "/deposit", DEPOSIT).await.body, r#"{"newBalance":1010}"#);
    proxy.arm(true);
    let answer = post(bank.addr(), "/deposit", DEPOSIT).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "outcome_unknown"), "{answer:?}");
    proxy.arm(false);
    let balance = get(bank.addr(), "/balance/1").await.body;
    assert_eq!(balance, r#"{"balance":1020}"#, "this time it was applied");
    let metrics = get(bank.addr(), "/metrics").await.body;
    assert!(metrics.contains(r#"{operation="deposit",outcome="unknown"} 1"#), "{metrics}");
    bank.shutdown().await;
}

/// The same with an UPDATE that nobody has to commit.
#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_naive_write_is_unknown() {
    let (_direct, name) = postgres().await;
    let proxy = Proxy::start(b"UPDATE accounts").await;
    let database = proxy.database(&name).await;
    let bank = start(&database, BankOptions { mode: Mode::Naive, ..Default::default() }).await;
    proxy.arm(true);
    let answer = post(bank.addr(), "/deposit", DEPOSIT).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "outcome_unknown"), "{answer:?}");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_pool_is_503_with_a_hint_when_to_retry() {
    let database = database(Kind::Sqlite).await;
    let (gate, mut guard) = gate();
    let options = BankOptions {
        gate: Some(gate),
        pool_size: Some(NonZeroU32::MIN),
        acquire_timeout: Duration::from_millis(50),
        ..Default::default()
    };
    let bank = start(&database, options).await;
    let addr = bank.addr();
    let first = tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await });
    guard.arrival().await;
    let refused = post(addr, "/deposit", DEPOSIT).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"), "{refused:?}");
    assert_eq!(refused.headers.get("retry-after").map(|v| v.as_bytes()), Some(&b"1"[..]));
    assert!(refused.body.contains("busy for 50ms"), "{refused:?}");
    guard.let_through(1);
    assert_eq!(first.await.expect("an answer").body, r#"{"newBalance":1010}"#);
    assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1010}"#);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_503_when_the_database_is_away() {
    let cluster = PrivatePostgres::start(&[]).await.expect("a server");
    let spec: DatabaseSpec = cluster.url("postgres").parse().expect("a URL");
    let database = Database::open(&spec).await.expect("a database");
    let options = BankOptions { acquire_timeout: Duration::from_millis(300), ..Default::default() };
    let bank = start(&database, options).await;
    assert_eq!(get(bank.addr(), "/health").await.status, 200);
    cluster.stop().await;
    // An answer of the database counts for half a second.
    eventually("health notices", async || get(bank.addr(), "/health").await.status == 503).await;
    for path in ["/health", "/balance/1", "/accounts"] {
        // The first request may still get the connection that has just died.
        let answer = get(bank.addr(), path).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{answer:?}");
        assert!(answer.headers.contains_key("retry-after"));
    }
    let health = get(bank.addr(), "/health").await.json();
    assert_eq!((&health["service"], &health["mode"]), (&"bankrun".into(), &"robust".into()));
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_answered_and_harms_nobody_else() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let database = database(kind).await;
            let armed = Arc::new(AtomicBool::new(true));
            let gate = Gate::new(move || {
                let armed = armed.clone();
                async move {
                    assert!(!armed.swap(false, Ordering::SeqCst), "on purpose");
                }
            });
            let pool_size = Some(NonZeroU32::MIN);
            let options = BankOptions { mode, gate: Some(gate), pool_size, ..Default::default() };
            let bank = start(&database, options).await;
            let answer = post(bank.addr(), "/deposit", DEPOSIT).await;
            assert_eq!((answer.status, answer.code().as_str()), (500, "internal"), "{answer:?}");
            let next = post(bank.addr(), "/deposit", DEPOSIT).await;
            assert_eq!(next.body, r#"{"newBalance":1010}"#, "{kind:?} {mode}");
            let metrics = get(bank.addr(), "/metrics").await.body;
            assert!(metrics.contains("bankrun_http_requests_in_flight 1\n"), "{metrics}");
            bank.shutdown().await;
        }
    }
}
