use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Config;

use super::private_postgres::PrivatePostgres;

/// The way between a bank and its PostgreSQL, or between clients and a bank,
/// which can be cut, stopped and slowed down: a port on the loopback interface,
/// whose connections are passed on. Dropping it cuts them all.
pub struct Proxy {
    port: u16,
    state: Arc<watch::Sender<State>>,
    passed: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

/// Where the way leads.
#[derive(Clone, Debug)]
enum End {
    Socket(PathBuf),
    Port(SocketAddr),
}

/// What happens to all that is on its way, and to all who come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Traffic {
    /// It is passed on.
    #[default]
    Flows,
    /// It is passed on after that long.
    Crawls(Duration),
    /// What is asked is passed on, the answers after that long.
    AnswersCrawl(Duration),
    /// It waits; so does who connects.
    Stalls,
    /// What the bank sends is passed on, the answers wait.
    StallsAnswers,
    /// The bank's side is closed, and the database does not hear of it.
    HalfCloses,
    /// Connections are closed as soon as they are made; those there are go on.
    Refuses,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    traffic: Traffic,
    /// Connections that began under another number are cut.
    cuts: u64,
}

impl Proxy {
    /// A way to the database.
    pub async fn to(server: &PrivatePostgres) -> io::Result<Self> {
        Self::open(End::Socket(server.socket())).await
    }

    /// A way to whatever listens there.
    pub async fn to_port(addr: SocketAddr) -> io::Result<Self> {
        Self::open(End::Port(addr)).await
    }

    async fn open(end: End) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (state, seen) = watch::channel(State::default());
        let passed = Arc::new(AtomicU64::new(0));
        let serving = tokio::spawn(serve(listener, end, seen, passed.clone()));
        Ok(Self { port, state: Arc::new(state), passed, serving })
    }

    /// The port it begins at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How to connect to its database `postgres` this way.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port).user("postgres").dbname("postgres");
        config
    }

    /// The URL of one of its databases this way.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// From now on.
    pub fn set(&self, traffic: Traffic) {
        self.state.send_modify(|state| state.traffic = traffic);
    }

    /// Cuts all connections there are, wherever their conversations stand.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// How many bytes have been passed on, both ways together.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy {{ port: {}, state: {:?} }}", self.port, *self.state.borrow())
    }
}

async fn serve(
    listener: TcpListener,
    end: End,
    state: watch::Receiver<State>,
    passed: Arc<AtomicU64>,
) {
    while let Ok((client, _)) = listener.accept().await {
        if state.borrow().traffic == Traffic::Refuses {
            continue;
        }
        let (end, state, passed) = (end.clone(), state.clone(), passed.clone());
        tokio::spawn(async move {
            let cuts = state.borrow().cuts;
            let mut cut = state.clone();
            tokio::select! {
                // An error ends the conversation, which is all that matters.
                _ = converse(client, &end, state, &passed) => {}
                _ = cut.wait_for(|state| state.cuts != cuts) => {}
            }
        });
    }
}

async fn converse(
    client: TcpStream,
    end: &End,
    state: watch::Receiver<State>,
    passed: &AtomicU64,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    match end {
        End::Socket(path) => {
            let server = UnixStream::connect(path).await?.into_split();
            relay(client, server, state, passed).await
        }
        End::Port(addr) => {
            let server = TcpStream::connect(addr).await?;
            server.set_nodelay(true)?;
            relay(client, server.into_split(), state, passed).await
        }
    }
}

async fn relay(
    client: TcpStream,
    (mut from_server, mut to_server): (impl AsyncReadExt + Unpin, impl AsyncWriteExt + Unpin),
    state: watch::Receiver<State>,
    passed: &AtomicU64,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let asks = |traffic| matches!(traffic, Traffic::Stalls | Traffic::HalfCloses);
    let answers =
        |traffic| matches!(traffic, Traffic::Stalls | Traffic::StallsAnswers | Traffic::HalfCloses);
    let asked_late = |traffic| match traffic {
        Traffic::Crawls(pause) => pause,
        _ => Duration::ZERO,
    };
    let answered_late = |traffic| match traffic {
        Traffic::Crawls(pause) | Traffic::AnswersCrawl(pause) => pause,
        _ => Duration::ZERO,
    };
    let mut closing = state.clone();
    let half_close =
        async { closing.wait_for(|state| state.traffic == Traffic::HalfCloses).await.is_ok() };
    tokio::select! {
        done = pass(&mut from_client, &mut to_server, state.clone(), asks, asked_late, passed) => {
            done
        }
        done = pass(
            &mut from_server, &mut to_client, state.clone(), answers, answered_late, passed,
        ) => done,
        true = half_close => {
            to_client.shutdown().await?;
            drop((from_client, to_client));
            // The database's side stays open for as long as that lasts.
            let mut state = state;
            let _ = state.wait_for(|state| state.traffic != Traffic::HalfCloses).await;
            Ok(())
        }
    }
}

/// Passes on what comes, for as long as both sides are there.
async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut state: watch::Receiver<State>,
    stands: impl Fn(Traffic) -> bool,
    late: impl Fn(Traffic) -> Duration,
    passed: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let late = late(state.borrow().traffic);
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        if state.wait_for(|state| !stands(state.traffic)).await.is_err() {
            return Ok(());
        }
        to.write_all(&buffer[..length]).await?;
        passed.fetch_add(length as u64, Ordering::Relaxed);
    }
}
