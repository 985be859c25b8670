//! Stopping: everything in flight is answered, nothing is left behind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bankrun::bank::{BankOptions, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Kind, admin, database, eventually, gate, get, post, postgres, start};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

async fn refuses_connections(addr: SocketAddr) -> bool {
    TcpStream::connect(addr).await.is_err()
}

async fn answers_what_is_in_flight(kind: Kind, mode: Mode) {
    let database = database(kind).await;
    let (gate, mut guard) = gate();
    let bank = start(&database, BankOptions { mode, gate: Some(gate), ..Default::default() }).await;
    let addr = bank.addr();
    let requests: Vec<_> = (0..10)
        .map(|_| tokio::spawn(async move { post(addr, "/deposit", DEPOSIT).await }))
        .collect();
    // All ten are inside the server, most of them waiting for something.
    eventually("all requests are in flight", async || {
        get(addr, "/metrics").await.body.contains("bankrun_http_requests_in_flight 11")
    })
    .await;
    guard.arrival().await;

    let stopping = tokio::spawn(bank.shutdown());
    eventually("nobody is accepted any more", async || refuses_connections(addr).await).await;
    guard.let_through(10);
    for request in requests {
        assert_eq!(request.await.expect("an answer").status, 200);
    }
    stopping.await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_what_is_in_flight_on_sqlite() {
    answers_what_is_in_flight(Kind::Sqlite, Mode::Robust).await;
    answers_what_is_in_flight(Kind::Sqlite, Mode::Naive).await;
    answers_what_is_in_flight(Kind::Sqlite, Mode::Batched).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_what_is_in_flight_on_postgres() {
    answers_what_is_in_flight(Kind::Postgres, Mode::Robust).await;
    answers_what_is_in_flight(Kind::Postgres, Mode::Naive).await;
    answers_what_is_in_flight(Kind::Postgres, Mode::Batched).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_idle_connections_at_once() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let mut unused = TcpStream::connect(bank.addr()).await.expect("a connection");
    let mut used = TcpStream::connect(bank.addr()).await.expect("a connection");
    used.write_all(b"GET /health HTTP/1.1\r\nhost: bank\r\n\r\n").await.expect("sent");
    let answer = used.read(&mut [0; 4096]).await.expect("an answer");
    assert!(answer > 0);

    let start = Instant::now();
    bank.shutdown().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for connection in [&mut unused, &mut used] {
        assert_eq!(connection.read(&mut [0; 64]).await.expect("closed"), 0);
    }
}

/// A request that never ends is abandoned, and its transaction rolled back.
#[tokio::test(flavor = "multi_thread")]
async fn abandons_what_outlasts_the_drain_timeout() {
    for mode in [Mode::Robust, Mode::Batched] {
        abandons(mode).await;
    }
}

async fn abandons(mode: Mode) {
    let (database, name) = postgres().await;
    let (gate, mut guard) = gate();
    let drain_timeout = Duration::from_millis(100);
    let options = BankOptions { mode, gate: Some(gate), drain_timeout, ..Default::default() };
    let bank = start(&database, options).await;
    let mut client = TcpStream::connect(bank.addr()).await.expect("a connection");
    let head = format!(
        "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        DEPOSIT.len()
    );
    client.write_all(format!("{head}{DEPOSIT}").as_bytes()).await.expect("sent");
    guard.arrival().await;

    bank.shutdown().await;
    let admin = admin(&name).await;
    let left = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name LIKE 'bankrun%'";
    eventually("no connection of the bank is left", async || {
        admin.query_one(left, &[]).await.expect("a count").get::<_, i64>(0) == 0
    })
    .await;
    let balance = admin.query_one("SELECT balance FROM accounts WHERE id = 1", &[]).await;
    assert_eq!(balance.expect("a row").get::<_, i64>(0), 1000);
}
