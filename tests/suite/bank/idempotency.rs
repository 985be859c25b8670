//! `Idempotency-Key` over HTTP: an update that is sent twice is done once.

use std::net::SocketAddr;

use bankrun::bank::{BankOptions, Mode};
use serde_json::json;

use super::support::{Answer, Kind, database, gate, get, post, request, send, start};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

async fn keyed(addr: SocketAddr, path: &str, key: &str, body: &str) -> Answer {
    let mut request = request("POST", path, Some("application/json"), body);
    request.headers_mut().insert("idempotency-key", key.parse().expect("a header"));
    send(addr, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_has_the_same_answer() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let database = database(kind).await;
            let bank = start(&database, BankOptions { mode, ..Default::default() }).await;
            let addr = bank.addr();
            for (path, key, body, answer) in [
                ("/deposit", "d", DEPOSIT, r#"{"newBalance":1010}"#),
                ("/withdraw", "w/1?", r#"{"userId":1,"amount":1010}"#, r#"{"newBalance":0}"#),
                (
                    "/transfer",
                    "50%",
                    r#"{"fromUserId":2,"toUserId":1,"amount":1000}"#,
                    r#"{"fromBalance":0,"toBalance":1000}"#,
                ),
            ] {
                for _ in 0..2 {
                    let found = keyed(addr, path, key, body).await;
                    assert_eq!((found.status, found.body.as_str()), (200, answer), "{mode}");
                }
            }
            // What is asked counts, not how it is written.
            let spaced = r#"{ "amount": 10, "userId": 1 }"#;
            assert_eq!(keyed(addr, "/deposit", "d", spaced).await.body, r#"{"newBalance":1010}"#);
            let accounts = get(addr, "/accounts").await.json();
            assert_eq!(accounts["accounts"], json!({"1": 1000, "2": 0, "3": 1000}));

            for (path, answer) in [
                ("/operations/d", r#"{"newBalance":1010}"#),
                ("/operations/w/1%3F", r#"{"newBalance":0}"#),
                ("/operations/w%2F1%3f", r#"{"newBalance":0}"#),
                ("/operations/50%25", r#"{"fromBalance":0,"toBalance":1000}"#),
            ] {
                let found = get(addr, path).await;
                assert_eq!((found.status, found.body.as_str()), (200, answer), "{path}");
            }
            let metrics = get(addr, "/metrics").await.body;
            assert!(metrics.contains("\nbankrun_repeats_total 4\n"), "{mode}: {metrics}");
            bank.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_update_under_the_same_key_is_422() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    keyed(addr, "/deposit", "k", DEPOSIT).await;
    for (path, body) in [
        ("/deposit", r#"{"userId":1,"amount":11}"#),
        ("/deposit", r#"{"userId":2,"amount":10}"#),
        ("/withdraw", DEPOSIT),
        ("/transfer", r#"{"fromUserId":2,"toUserId":1,"amount":10}"#),
    ] {
        let reused = keyed(addr, path, "k", body).await;
        assert_eq!((reused.status, reused.code().as_str()), (422, "key_reused"), "{reused:?}");
        assert!(reused.body.contains("another update: deposit 10 to account 1"), "{reused:?}");
    }
    let total = get(addr, "/accounts").await.json()["total"].clone();
    assert_eq!(total, 3010);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_uses_up_no_key() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    let withdrawal = r#"{"userId":1,"amount":1005}"#;
    assert_eq!(keyed(addr, "/withdraw", "k", withdrawal).await.status, 400);
    let absent = get(addr, "/operations/k").await;
    assert_eq!((absent.status, absent.code().as_str()), (404, "unknown_operation"));
    assert_eq!(keyed(addr, "/deposit", "k", DEPOSIT).await.body, r#"{"newBalance":1010}"#);
    assert_eq!(keyed(addr, "/withdraw", "l", withdrawal).await.body, r#"{"newBalance":5}"#);
    post(addr, "/reset", "").await;
    assert_eq!(get(addr, "/operations/k").await.status, 404, "a reset forgets");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_key_is_400_and_changes_nothing() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    let long = "k".repeat(201);
    for key in ["", "two words", "\u{fc}ber", long.as_str()] {
        let refused = keyed(addr, "/deposit", key, DEPOSIT).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_key"), "{key:?}");
        assert!(refused.body.contains("1 to 200 visible ASCII characters"), "{refused:?}");
    }
    let mut twice = request("POST", "/deposit", Some("application/json"), DEPOSIT);
    for key in ["a", "b"] {
        twice.headers_mut().append("idempotency-key", key.parse().expect("a header"));
    }
    assert_eq!(send(addr, twice).await.code(), "invalid_key");
    for path in ["/operations/two%20words", "/operations/%ff", &format!("/operations/{long}")] {
        let refused = get(addr, path).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_key"), "{path}");
    }
    assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1000}"#);
    assert_eq!(keyed(addr, "/deposit", &"k".repeat(200), DEPOSIT).await.status, 200);
    bank.shutdown().await;
}

/// Without a transaction around it, a key is one more thing to read before it
/// is written: two who send it at once are both applied.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_a_transaction_is_racy() {
    for kind in Kind::ALL {
        for (mode, balance) in [(Mode::Naive, 920), (Mode::CheckThenAct, 840)] {
            let database = database(kind).await;
            let (gate, mut guard) = gate();
            let bank =
                start(&database, BankOptions { mode, gate: Some(gate), ..Default::default() });
            let bank = bank.await;
            let addr = bank.addr();
            let withdrawal = r#"{"userId":1,"amount":80}"#;
            let send = || tokio::spawn(keyed(addr, "/withdraw", "k", withdrawal));
            let (one, two) = (send(), send());
            guard.arrival().await;
            guard.arrival().await;
            guard.let_through(2);
            for answer in [one, two] {
                assert_eq!(answer.await.expect("an answer").status, 200);
            }
            let found = get(addr, "/balance/1").await.json();
            assert_eq!(found, json!({"balance": balance}), "{mode} on {kind:?}");
            bank.shutdown().await;
        }
    }
}
