//! A client that hangs up in the middle of a request.

use bankrun::bank::{BankOptions, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Kind, admin, database, gate, get, postgres, start};

const DEPOSIT: &[u8] = b"POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 24\r\n\r\n\
                         {\"userId\":1,\"amount\":10}";

/// Sends a deposit, waits until it is between read and write, and hangs up.
async fn hang_up_in_the_window(kind: Kind, mode: Mode) {
    let database = database(kind).await;
    let (gate, mut guard) = gate();
    let options = BankOptions { mode, gate: Some(gate), ..BankOptions::default() };
    let bank = start(&database, options).await;
    let mut client = TcpStream::connect(bank.addr()).await.expect("a connection");
    client.write_all(DEPOSIT).await.expect("sent");
    guard.arrival().await;
    drop(client);
    guard.let_through(1);
    bank.shutdown().await;

    let bank = start(&database, BankOptions::default()).await;
    let balance = get(bank.addr(), "/balance/1").await.body;
    assert_eq!(balance, r#"{"balance":1010}"#, "the update was carried out to its end");
    bank.shutdown().await;
}

/// The request and the end of its connection come together: the only thread of the
/// server is busy sending them.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn cancels_nothing_that_was_sent_as_a_whole() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    let mut client = TcpStream::connect(addr).await.expect("a connection");
    // Answered once, so that the server waits for what comes next.
    client.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    assert!(client.read(&mut [0; 4096]).await.expect("an answer") > 0);
    let mut client = client.into_std().expect("a socket");
    let gone = tokio::spawn(async move { std::io::Write::write_all(&mut client, DEPOSIT) });
    gone.await.expect("gone").expect("sent");
    super::support::eventually("the update is committed", async || {
        get(addr, "/balance/1").await.body == r#"{"balance":1010}"#
    })
    .await;
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_nothing_on_sqlite() {
    hang_up_in_the_window(Kind::Sqlite, Mode::Robust).await;
    hang_up_in_the_window(Kind::Sqlite, Mode::Naive).await;
    hang_up_in_the_window(Kind::Sqlite, Mode::Batched).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_nothing_on_postgres() {
    hang_up_in_the_window(Kind::Postgres, Mode::Robust).await;
    hang_up_in_the_window(Kind::Postgres, Mode::Naive).await;
    hang_up_in_the_window(Kind::Postgres, Mode::Batched).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_no_transaction_open() {
    let (database, name) = postgres().await;
    let (gate, mut guard) = gate();
    let bank = start(&database, BankOptions { gate: Some(gate), ..BankOptions::default() }).await;
    let mut client = TcpStream::connect(bank.addr()).await.expect("a connection");
    client.write_all(DEPOSIT).await.expect("sent");
    guard.arrival().await;
    drop(client);
    guard.let_through(1);
    super::support::eventually("the update is committed", async || {
        get(bank.addr(), "/balance/1").await.body == r#"{"balance":1010}"#
    })
    .await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
    let open: i64 = admin(&name).await.query_one(open, &[]).await.expect("a count").get(0);
    assert_eq!(open, 0);
    bank.shutdown().await;
}
