//! Services that do not make it easy: what comes out is right, or it is said that not
//! all was seen, and why.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bankrun::explore::{
    Conclusion, Coverage, Exploration, Monitor, OnWire, Options, Proxy, Reply, Scheduler, State,
    Subject, Trouble, Why, explore,
};
use tokio::sync::Mutex;
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

use crate::bank::fresh_url;

type Connection = Arc<Mutex<Client>>;
type Doing = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What a request does with the connections of the service.
type Handler = Arc<dyn Fn(usize, Vec<Connection>) -> Doing + Send + Sync>;

const READ: &str = "SELECT balance FROM accounts WHERE id = 1";
const RESET: &str = "UPDATE accounts SET balance = 1000";

/// Two requests that each add to the same account.
struct Service {
    connections: Vec<Connection>,
    handler: Handler,
    database: Client,
}

async fn client(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn balance(client: &Client) -> Result<i64, Error> {
    let messages = client.simple_query(READ).await?;
    let text = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(text.expect("an account").parse().expect("a number"))
}

async fn write(client: &Client, balance: i64) -> Result<(), Error> {
    let sql = format!("UPDATE accounts SET balance = {balance} WHERE id = 1");
    client.batch_execute(&sql).await
}

/// Reads, computes, writes: it loses money.
async fn add_naively(client: &Client, request: usize) -> Result<(), Error> {
    let read = balance(client).await?;
    write(client, read + amount(request)).await
}

async fn add(client: &Client, request: usize) -> Result<(), Error> {
    let sql = format!("UPDATE accounts SET balance = balance + {} WHERE id = 1", amount(request));
    client.batch_execute(&sql).await
}

fn amount(request: usize) -> i64 {
    [10, 20][request]
}

impl Subject for Service {
    fn requests(&self) -> usize {
        2
    }

    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static {
        let done = (self.handler)(request, self.connections.clone());
        async move {
            match done.await {
                Ok(()) => Reply::Answered { status: 200, body: String::new() },
                Err(error) => Reply::Answered { status: 500, body: error.to_string() },
            }
        }
    }

    async fn reset(&mut self) -> Result<(), String> {
        self.database.batch_execute(RESET).await.map_err(|error| error.to_string())
    }

    async fn read(&mut self) -> Result<State, String> {
        let balance = balance(&self.database).await.map_err(|error| error.to_string())?;
        Ok(State::from([("account 1".to_owned(), balance.to_string())]))
    }

    fn abandon(&mut self) {}
}

/// Explores a service with so many connections. `beside`: what it does all the while
/// on one of its own.
async fn explored(
    connections: usize,
    beside: Option<&'static str>,
    handler: impl Fn(usize, Vec<Connection>) -> Doing + Send + Sync + 'static,
) -> Result<Exploration, Trouble> {
    let server: Config = fresh_url().await.parse().expect("a URL");
    let own = client(&server).await;
    own.batch_execute(
        "CREATE TABLE accounts (id int PRIMARY KEY, balance int); \
         CREATE TABLE beats (n int); INSERT INTO accounts VALUES (1, 1000)",
    )
    .await
    .expect("tables");
    drop(own);
    let monitor = Monitor::connect(&server).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let settings = monitor.deadlock_setting();
    let (proxy, events) =
        Proxy::start_at(address, &server, settings.as_slice()).await.expect("a proxy");
    let mut scheduler = Scheduler::new(events, monitor, Duration::from_secs(5));
    let way = proxy.config(&server);
    let opening = async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Arc::new(Mutex::new(client(&way).await)));
        }
        if let Some(sql) = beside {
            let beating = client(&way).await;
            tokio::spawn(async move {
                while beating.batch_execute(sql).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(7)).await;
                }
            });
        }
        open
    };
    let connections = scheduler.meanwhile(opening).await;
    if beside.is_some() {
        scheduler.learn_background(Duration::from_millis(200)).await;
    }
    let database = Monitor::another(&server).await?;
    let mut subject = Service { connections, handler: Arc::new(handler), database };
    let requests = ["A", "B"].map(str::to_owned).to_vec();
    let mut executor = OnWire::prepare(&mut scheduler, &mut subject).await?;
    let options = Options { time: Duration::from_secs(15), ..Options::default() };
    explore(&mut executor, requests, &options, |_| {}, std::future::pending()).await
}

fn why(exploration: &Exploration) -> &Why {
    match &exploration.coverage {
        Coverage::Incomplete { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_without_a_request_is_nobodys() {
    const BEAT: &str = "INSERT INTO beats VALUES (1)";
    let naive = explored(2, Some(BEAT), |request, connections| {
        Box::pin(async move { add_naively(&*connections[request].lock().await, request).await })
    });
    let naive = naive.await.expect("an exploration");
    assert_eq!((naive.orders, naive.failing.state), (6, 4), "{:?}", naive.coverage);
    assert!(naive.is_complete(), "{:?}", naive.coverage);
    let right = explored(2, Some(BEAT), |request, connections| {
        Box::pin(async move { add(&*connections[request].lock().await, request).await })
    });
    let right = right.await.expect("an exploration");
    assert_eq!((right.orders, right.conclusion()), (2, Conclusion::Pass));
}

/// With up to seven extra questions, so that no two runs are the same for long.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_repeat_is_no_pass() {
    let random = explored(2, None, |request, connections| {
        Box::pin(async move {
            let client = connections[request].lock().await;
            for _ in 0..fastrand::u8(0..8) {
                balance(&client).await?;
            }
            add(&client, request).await
        })
    });
    match random.await {
        Ok(exploration) => {
            assert_eq!(exploration.failing.total(), 0, "{exploration:?}");
            assert_eq!(exploration.conclusion(), Conclusion::Inconclusive);
            assert!(matches!(why(&exploration), Why::Diverged(_) | Why::Ambiguous(_)));
        }
        Err(trouble) => assert!(matches!(trouble, Trouble::Unsteady(..)), "{trouble}"),
    }
}

/// A pool of one connection serves one request at a time.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_serializes_is_said_to_be() {
    let one = explored(1, None, |request, connections| {
        Box::pin(async move { add_naively(&*connections[0].lock().await, request).await })
    });
    let one = one.await.expect("an exploration");
    assert_eq!((one.failing.total(), one.conclusion()), (0, Conclusion::Inconclusive));
    assert!(matches!(why(&one), Why::WaitsInside(_)), "{:?}", one.coverage);
}

/// A lock that is asked for again and again, where others hold it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_polled_loses_nothing() {
    let polling = explored(2, None, |request, connections| {
        Box::pin(async move {
            let client = connections[request].lock().await;
            loop {
                let rows = client.simple_query("SELECT pg_try_advisory_lock(7)").await?;
                let is_ours = rows.iter().any(|message| match message {
                    SimpleQueryMessage::Row(row) => row.get(0) == Some("t"),
                    _ => false,
                });
                if is_ours {
                    break;
                }
            }
            add_naively(&client, request).await?;
            client.batch_execute("SELECT pg_advisory_unlock(7)").await
        })
    });
    // There are as many orders as anybody has patience.
    match polling.await {
        Ok(exploration) => {
            assert_eq!(exploration.failing.total(), 0, "{:?}", exploration.failing);
            assert!(!exploration.is_complete(), "{:?}", exploration.coverage);
            assert!(exploration.orders > 1, "{exploration:?}");
        }
        Err(trouble) => panic!("{trouble}"),
    }
}

/// Both halves of a request at the same time, on a connection each.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_use_two_connections_at_once() {
    let two = explored(4, None, |request, connections| {
        Box::pin(async move {
            let (one, other) = (&connections[2 * request], &connections[2 * request + 1]);
            let (one, other) = (one.lock().await, other.lock().await);
            let (added, seen) = tokio::join!(add(&one, request), balance(&other));
            added.and(seen.map(drop))
        })
    });
    match two.await {
        Ok(exploration) => {
            assert_eq!(exploration.failing.total(), 0, "{exploration:?}");
        }
        Err(trouble) => assert!(matches!(trouble, Trouble::Unsteady(..)), "{trouble}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_after_the_answer_is_seen() {
    let late = explored(2, None, |request, connections| {
        Box::pin(async move {
            let read = balance(&*connections[request].lock().await).await?;
            tokio::spawn(async move {
                let client = connections[request].lock().await;
                write(&client, read + amount(request)).await
            });
            Ok(())
        })
    });
    match late.await {
        Ok(exploration) => {
            assert!(exploration.failing.state > 0, "{exploration:?}");
        }
        Err(trouble) => assert!(matches!(trouble, Trouble::Unsteady(..)), "{trouble}"),
    }
}
