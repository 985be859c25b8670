use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use bankrun::facts::DatabaseLook;
use bankrun::observer::Observer;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

pub(super) const LOCK: &str = "SELECT balance FROM accounts WHERE id = 1 FOR UPDATE";

/// A connection of some service to the database.
pub(super) async fn client(url: &str) -> Client {
    let mut config: Config = url.parse().expect("a URL");
    let (client, connection) =
        config.application_name("some service").connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

pub(super) async fn observer(url: &str) -> Observer {
    Observer::connect(&url.parse().expect("a URL")).await.expect("an observer")
}

pub(super) async fn pid(client: &Client) -> i32 {
    client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row").get(0)
}

/// Two accounts, as the bank has them.
pub(super) async fn make_accounts(url: &str) {
    let sql = "CREATE TABLE accounts (id int8 PRIMARY KEY, balance int8); \
               INSERT INTO accounts VALUES (1, 1000), (2, 500)";
    client(url).await.batch_execute(sql).await.expect("a table");
}

/// One that holds the row of account 1, and one that waits for it.
pub(super) struct Pair {
    pub(super) holder: Client,
    pub(super) holder_pid: i32,
    pub(super) waiter_pid: i32,
    waiting: JoinHandle<()>,
}

impl Pair {
    /// The second may not have come to wait yet.
    pub(super) async fn start(url: &str) -> Self {
        make_accounts(url).await;
        let (holder, waiter) = (client(url).await, client(url).await);
        let (holder_pid, waiter_pid) = (pid(&holder).await, pid(&waiter).await);
        holder.batch_execute(&format!("BEGIN; {LOCK}")).await.expect("the lock");
        let waiting = tokio::spawn(async move {
            waiter.batch_execute(LOCK).await.expect("the lock, in the end");
        });
        Self { holder, holder_pid, waiter_pid, waiting }
    }

    pub(super) async fn release(self) {
        self.holder.batch_execute("COMMIT").await.expect("a commit");
        self.waiting.await.expect("the other one gets the lock");
    }
}

/// The first look that is as wanted, within ten seconds.
pub(super) async fn look_until(
    observer: &mut Observer,
    wanted: impl Fn(&DatabaseLook) -> bool,
) -> DatabaseLook {
    let began = Instant::now();
    loop {
        let look = observer.look(began.elapsed()).await.expect("a look");
        if wanted(&look) {
            return look;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "it never came to that: {look:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A server that asks for the password in clear, and refuses it.
pub(super) fn refusing_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\x03");
            let _ = stream.read(&mut buffer);
            let fields = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"me\"\0\0";
            let length = u32::try_from(fields.len() + 4).expect("short").to_be_bytes();
            let _ = stream.write_all(&[b"E", &length[..], fields].concat());
        }
    });
    addr
}
