//! Answers that are lost on purpose, after the commit.

use std::net::SocketAddr;

use bankrun::bank::{Bank, BankOptions, Share};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Kind, database, get, start};

async fn losing(kind: Kind, share: &str) -> (Bank, bankrun::bank::Database) {
    let database = database(kind).await;
    let lose_answers: Share = share.parse().expect("a share");
    let options = BankOptions { lose_answers, ..Default::default() };
    (start(&database, options).await, database)
}

/// The status line of the answer; `None` when the connection closes without.
async fn try_post(addr: SocketAddr, path: &str, key: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nidempotency-key: {key}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("closed in order");
    (!answer.is_empty()).then(|| answer.lines().next().unwrap_or_default().to_owned())
}

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_was_applied_and_nothing_else_is_lost() {
    for kind in Kind::ALL {
        let (bank, _database) = losing(kind, "100%").await;
        let addr = bank.addr();
        assert_eq!(try_post(addr, "/deposit", "a", DEPOSIT).await, None);
        assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1010}));
        assert_eq!(get(addr, "/operations/a").await.json(), json!({"newBalance": 1010}));

        let refused = try_post(addr, "/withdraw", "b", r#"{"userId":1,"amount":5000}"#).await;
        assert_eq!(refused.as_deref(), Some("HTTP/1.1 400 Bad Request"), "nothing was applied");
        let reset = try_post(addr, "/reset", "c", "").await;
        assert_eq!(reset.as_deref(), Some("HTTP/1.1 200 OK"));
        let metrics = get(addr, "/metrics").await.body;
        assert!(metrics.contains("\nbankrun_lost_answers_total 1\n"), "{metrics}");
        assert_eq!(get(addr, "/health").await.json()["lose_answers"], "100%");
        bank.shutdown().await;
    }
}

/// A client that repeats what was not answered, with a key, moves the money
/// once.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_a_key_is_safe() {
    let (bank, _database) = losing(Kind::Sqlite, "50%").await;
    let addr = bank.addr();
    let mut lost = 0;
    for operation in 0..20 {
        let key = format!("operation-{operation}");
        while try_post(addr, "/deposit", &key, DEPOSIT).await.is_none() {
            lost += 1;
        }
    }
    assert!(lost > 0);
    assert_eq!(get(addr, "/balance/1").await.json(), json!({"balance": 1200}));
    let metrics = get(addr, "/metrics").await.body;
    assert!(metrics.contains(&format!("\nbankrun_repeats_total {lost}\n")), "{lost}: {metrics}");
    bank.shutdown().await;
}

/// The same seed loses the same answers.
#[tokio::test(flavor = "multi_thread")]
async fn losses_repeat() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (bank, _database) = losing(Kind::Sqlite, "0.3").await;
        let mut answered = Vec::new();
        for number in 0..30 {
            let key = number.to_string();
            answered.push(try_post(bank.addr(), "/deposit", &key, DEPOSIT).await.is_some());
        }
        bank.shutdown().await;
        runs.push(answered);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&true) && runs[0].contains(&false), "{runs:?}");
}
