//! How often an update waits for PostgreSQL: a lock is held meanwhile.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use bankrun::bank::store::{Isolation, PoolOptions, Store, StoreError, migrate};
use bankrun::bank::{BankOptions, Database, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::statement_log::statements;
use super::support::{admin, cluster, eventually, get, post, postgres, request, send, start};

const DEPOSIT: &str = r#"{"userId":1,"amount":10}"#;

/// Stands between bank and database, and passes no answer on before the next
/// so many questions have been asked: who waits for an answer earlier than
/// that waits for ever.
#[derive(Clone, Default)]
struct Toll(Arc<Mutex<Vec<usize>>>);

impl Toll {
    async fn start(&self, name: &str) -> Database {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let socket = cluster().await.folder().join(".s.PGSQL.5432");
        let toll = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the cluster");
                tokio::spawn(toll.clone().pass_on(client, server));
            }
        });
        let url = format!("postgres://postgres@127.0.0.1:{port}/{name}");
        Database::open(&url.parse().expect("a URL")).await.expect("a database")
    }

    /// The questions of each round trip from now on.
    fn expect(&self, questions: &[usize]) {
        *self.0.lock().expect("no panic") = questions.iter().rev().copied().collect();
    }

    fn is_paid(&self) -> bool {
        self.0.lock().expect("no panic").is_empty()
    }

    /// Counts questions; `true` when their answers may be passed on.
    fn ask(&self, questions: usize) -> bool {
        let mut open = self.0.lock().expect("no panic");
        let mut questions = questions;
        while let Some(first) = open.last_mut() {
            if questions < *first {
                *first -= questions;
                return false;
            }
            questions -= *first;
            open.pop();
            if questions == 0 {
                return true;
            }
        }
        true
    }

    async fn pass_on(self, mut client: TcpStream, mut server: UnixStream) {
        let (mut question, mut answer) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        let (mut unread, mut held, mut open) = (Vec::new(), Vec::new(), true);
        let mut greeted = false;
        loop {
            tokio::select! {
                length = client.read(&mut question) => {
                    let Ok(length @ 1..) = length else { return };
                    unread.extend(&question[..length]);
                    let asked = questions(&mut unread, &mut greeted);
                    if asked > 0 {
                        open = self.ask(asked);
                    }
                    server.write_all(&question[..length]).await.expect("the cluster");
                }
                length = server.read(&mut answer) => {
                    let Ok(length @ 1..) = length else { return };
                    held.extend(&answer[..length]);
                }
            }
            if open && client.write_all(&std::mem::take(&mut held)).await.is_err() {
                return;
            }
        }
    }
}

/// Takes whole messages of a client, and counts those that want an answer:
/// simple queries, and what ends with Sync.
fn questions(unread: &mut Vec<u8>, greeted: &mut bool) -> usize {
    let mut questions = 0;
    loop {
        // The first message has no letter.
        let head = usize::from(*greeted);
        let Some(length) = unread.get(head..head + 4) else { return questions };
        let length = u32::from_be_bytes(length.try_into().expect("four")) as usize + head;
        if unread.len() < length {
            return questions;
        }
        questions += usize::from(*greeted && matches!(unread[0], b'Q' | b'S'));
        *greeted = true;
        unread.drain(..length);
    }
}

/// An update on a connection that has done the same before.
async fn waits_for(mode: Mode, path: &'static str, body: &'static str, key: bool, trips: &[usize]) {
    let (_direct, name) = postgres().await;
    let toll = Toll::default();
    let database = toll.start(&name).await;
    let pool_size = Some(NonZeroU32::MIN);
    let bank = start(&database, BankOptions { mode, pool_size, ..Default::default() }).await;
    let ask = async |number: usize| {
        let mut request = request("POST", path, Some("application/json"), body);
        if key {
            let key = number.to_string().parse().expect("a header");
            request.headers_mut().insert("idempotency-key", key);
        }
        let answer = tokio::time::timeout(Duration::from_secs(10), send(bank.addr(), request));
        let answer = answer.await.unwrap_or_else(|_| {
            panic!("{mode} {path} waits for an answer before it has asked all of {trips:?}")
        });
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    ask(0).await;
    toll.expect(trips);
    ask(1).await;
    assert!(toll.is_paid(), "{mode} {path}: fewer questions than {trips:?}");
    bank.shutdown().await;
}

const TRANSFER: &str = r#"{"fromUserId":2,"toUserId":1,"amount":5}"#;

#[tokio::test(flavor = "multi_thread")]
async fn robust_waits_twice() {
    // BEGIN and SELECT ... FOR UPDATE; UPDATE and COMMIT.
    waits_for(Mode::Robust, "/deposit", DEPOSIT, false, &[2, 2]).await;
    waits_for(Mode::Robust, "/transfer", TRANSFER, false, &[2, 3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batched_waits_twice() {
    waits_for(Mode::Batched, "/deposit", DEPOSIT, false, &[2, 2]).await;
    waits_for(Mode::Batched, "/transfer", TRANSFER, false, &[2, 2]).await;
}

/// A key is a change: it is taken when BEGIN has succeeded, not together with
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_costs_two_more() {
    waits_for(Mode::Robust, "/deposit", DEPOSIT, true, &[1, 1, 1, 3]).await;
    waits_for(Mode::Batched, "/deposit", DEPOSIT, true, &[1, 1, 1, 3]).await;
}

/// What is not held locked may be gone, and its write is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_lock_is_waited_for() {
    waits_for(Mode::Transaction, "/deposit", DEPOSIT, false, &[2, 1, 1]).await;
    waits_for(Mode::Serializable, "/deposit", DEPOSIT, false, &[2, 1, 1]).await;
    waits_for(Mode::Advisory, "/deposit", DEPOSIT, false, &[2, 1, 1, 1]).await;
    waits_for(Mode::Naive, "/deposit", DEPOSIT, false, &[1, 1]).await;
}

/// The runtime makes a task wait that has been busy for long, in the middle of
/// whatever it does. COMMIT does not overtake what was to be committed then.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_task_commits_what_it_wrote() {
    let (database, name) = postgres().await;
    migrate(&database).await.expect("migrations");
    let options = PoolOptions {
        application_name: "busy".to_owned(),
        size: NonZeroU32::MIN,
        acquire_timeout: Duration::from_secs(20),
        longest_pause: std::time::Duration::ZERO,
    };
    let store = Store::open(&database, &options).await.expect("a pool");
    let work = tokio::spawn(async move {
        for balance in [1, 2, 3] {
            let mut connection = store.connection().await.expect("a connection");
            connection.begin(Isolation::ReadCommitted).await.expect("begun");
            connection.read_for_update(1).await.expect("a balance");
            connection.write(1, balance).await.expect("to be written");
            use_up_all_patience().await;
            connection.end(Ok::<_, StoreError>(())).await.expect("committed");
        }
    });
    work.await.expect("no panic");
    let lock = "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE";
    let write = "UPDATE accounts SET balance = $1 WHERE id = $2";
    let mut expected = Vec::new();
    for balance in [1, 2, 3] {
        let written = format!("$1 = '{balance}', $2 = '1'");
        expected.extend(["BEGIN", lock, "$1 = '1'", write, &written, "COMMIT"].map(str::to_owned));
    }
    eventually("the log is complete", async || {
        statements(&name, "busy").await.len() >= expected.len()
    })
    .await;
    assert_eq!(statements(&name, "busy").await, expected);
}

/// Until tokio would have this task wait.
async fn use_up_all_patience() {
    let lock = tokio::sync::Mutex::new(());
    let mut locks = 0;
    while poll_fn(|context| Poll::Ready(pin!(lock.lock()).poll(context).is_ready())).await {
        locks += 1;
        assert!(locks < 10_000, "the runtime is more patient than it was");
    }
}

/// The answer to COMMIT is that of a ROLLBACK then, and looks like a success.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_refused_together_with_its_commit_is_refused() {
    let (database, name) = postgres().await;
    let pool_size = Some(NonZeroU32::MIN);
    let bank = start(&database, BankOptions { pool_size, ..Default::default() }).await;
    let addr = bank.addr();
    assert_eq!(post(addr, "/deposit", DEPOSIT).await.body, r#"{"newBalance":1010}"#);
    let rule = "ALTER TABLE accounts ADD CHECK (balance < 1015)";
    admin(&name).await.batch_execute(rule).await.expect("a rule");
    let refused = post(addr, "/deposit", DEPOSIT).await;
    assert_eq!((refused.status, refused.code().as_str()), (500, "internal"), "{refused:?}");
    assert!(refused.body.contains("violates check constraint"), "{refused:?}");
    assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1010}"#);
    let small = r#"{"userId":1,"amount":4}"#;
    assert_eq!(post(addr, "/deposit", small).await.body, r#"{"newBalance":1014}"#);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_asks_the_database_now_and_then() {
    let (database, name) = postgres().await;
    let bank = start(&database, BankOptions::default()).await;
    for _ in 0..50 {
        assert_eq!(get(bank.addr(), "/health").await.status, 200);
    }
    bank.shutdown().await;
    let asked = statements(&name, "bankrun robust").await;
    let asked = asked.iter().filter(|statement| *statement == "SELECT 1").count();
    assert!((1..50).contains(&asked), "{asked} times");
}
