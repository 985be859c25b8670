use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::full_house::Places;
use super::http::{Access, AnswerLost, Facts, HttpError, Limits, Losses, Reply, Service};
use super::ledger::{Counters, Ledger, Mode};
use super::options::BankOptions;
use super::paced::{NoTimer, Pace, Paced, Requests};
use super::store::{self, Database, MigrateError, PoolOptions, Store, StoreError};

/// A running bank server. Dropping it stops it, without waiting for anyone.
#[derive(Debug)]
pub struct Bank {
    addr: SocketAddr,
    mode: Mode,
    database: String,
    counters: Arc<Counters>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Why a bank did not start.
#[derive(Debug, Error)]
pub enum BankError {
    /// Nothing was touched: the mode is not for this database.
    #[error("mode `{mode}` needs PostgreSQL: {lacking}")]
    NeedsPostgres { mode: Mode, lacking: &'static str },
    /// Others reach that address, and nothing was said of who may reset.
    #[error(
        "{0} can be reached by others, who could reset the accounts: give a token to let those in \
         who have it (BANKRUN_TOKEN, --token), or --allow-open to let in anyone"
    )]
    Unguarded(SocketAddr),
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bank {
    /// Brings the tables of `database` up to date, opens a pool of its own and
    /// starts to listen. Needs the multi-threaded runtime.
    pub async fn start(database: &Database, options: BankOptions) -> Result<Self, BankError> {
        let mode = options.mode;
        if let Some(lacking) = mode.lacking_in_sqlite()
            && !database.is_postgres()
        {
            return Err(BankError::NeedsPostgres { mode, lacking });
        }
        let is_local = options.listen.ip().to_canonical().is_loopback();
        if !is_local && matches!(options.access, Access::Local) {
            return Err(BankError::Unguarded(options.listen));
        }
        let refused = |source| BankError::Listen { addr: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let version = store::migrate(database).await?;
        let pool = PoolOptions {
            application_name: application_name(mode),
            size: options.connections(),
            acquire_timeout: options.acquire_timeout,
            longest_pause: options.race_window.max,
        };
        let store = Store::open(database, &pool).await?;
        let ledger = Ledger::new(store, mode, options.window());
        let counters = ledger.counters();
        let service = Service::new(
            ledger,
            options.access.clone(),
            Facts {
                mode,
                database: version.clone(),
                race_window: options.race_window,
                own: addr.ip(),
            },
            Limits {
                body_bytes: options.body_limit,
                body_time: options.body_timeout,
                request_time: options.request_timeout,
                memory: options.memory_limit,
            },
            Losses::new(options.lose_answers, options.lose_answers_seed),
        );
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, Arc::new(service), options, stopped));
        Ok(Self { addr, mode, database: version, counters, stop, serving })
    }

    /// What its connections call themselves to PostgreSQL.
    pub fn application_name(&self) -> String {
        application_name(self.mode)
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The name and version of the database: `PostgreSQL 15.18`.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// How often an update began again because another one was in its way.
    pub fn retries(&self) -> u64 {
        self.counters.retries()
    }

    /// Stops accepting, closes idle connections, lets requests in flight
    /// finish (for at most the drain timeout) and closes the pool.
    pub async fn shutdown(self) {
        // Both fail only when the task has ended already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

fn application_name(mode: Mode) -> String {
    format!("bankrun {mode}")
}

/// How far a server has come, as everything it runs is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Requests in flight finish; no new ones are read.
    Draining,
    /// The drain timeout is over: whatever still runs is dropped.
    Abandoning,
}

async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    options: BankOptions,
    mut stopped: oneshot::Receiver<()>,
) {
    let (work, mut all_done) = mpsc::channel(1);
    let (phase, told) = watch::channel(Phase::Serving);
    let pace = Pace {
        idle: options.idle_timeout,
        head: options.header_timeout,
        answer: options.body_timeout,
    };
    let connections = Connections { service, work, told, http: protocol(&options), pace };
    let places = Places::new(options.max_connections);

    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            Ok((stream, _peer)) => match places.take() {
                Some(place) => connections.spawn(stream, place),
                None => {
                    connections.service.count_turned_away();
                    tokio::select! {
                        () = places.turn_away(stream) => {}
                        _ = &mut stopped => break,
                    }
                }
            },
            Err(error) => {
                // Out of file descriptors, most likely: closing ones may help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    drop(listener);
    drop(connections);
    phase.send_replace(Phase::Draining);
    if tokio::time::timeout(options.drain_timeout, all_done.recv()).await.is_err() {
        tracing::warn!(after = ?options.drain_timeout, "requests still in flight are abandoned");
        phase.send_replace(Phase::Abandoning);
        all_done.recv().await;
    }
}

/// HTTP/1.1 within limits.
fn protocol(options: &BankOptions) -> http1::Builder {
    /// hyper wants room for at least this.
    const SMALLEST_BUFFER: usize = 8192;
    let mut http = http1::Builder::new();
    http.timer(NoTimer)
        .header_read_timeout(options.idle_timeout)
        .max_header_size(options.header_limit)
        .max_buf_size(options.header_limit.max(SMALLEST_BUFFER));
    if options.max_headers != BankOptions::USUAL_HEADERS {
        http.max_headers(options.max_headers);
    }
    http
}

/// What connections share.
struct Connections {
    service: Arc<Service>,
    /// Held by everything that is still at work.
    work: mpsc::Sender<Infallible>,
    told: watch::Receiver<Phase>,
    http: http1::Builder,
    pace: Pace,
}

impl Connections {
    fn spawn(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // Without it, small answers wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let at_work = self.work.clone();
        let told = self.told.clone();
        let requests = Arc::new(Requests::default());
        let stream = Paced::new(stream, self.pace, requests.clone());
        let (service, work, phase) = (self.service.clone(), self.work.clone(), self.told.clone());
        let open = self.service.open_connections();
        let answer = service_fn(move |request| {
            requests.begin();
            let answer = match service.respond_at_once(&request) {
                Some(answer) => {
                    note_unread(&request, &answer, &requests);
                    Answer::There(answer)
                }
                None => {
                    let (work, phase) = (work.clone(), phase.clone());
                    Answer::Awaited(run(service.clone(), request, requests.clone(), work, phase))
                }
            };
            let requests = requests.clone();
            async move {
                // An error closes the connection, which is what a lost answer is.
                let answer = match answer {
                    Answer::There(answer) => answer,
                    Answer::Awaited(answer) => answer.await,
                };
                requests.end();
                answer
            }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(async move {
            open.inc();
            let _place = place;
            let _at_work = at_work;
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = reached(told.clone(), Phase::Draining) => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection => ended,
                        () = reached(told, Phase::Abandoning) => Ok(()),
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            open.dec();
        });
    }
}

/// An answer that is there, or comes.
enum Answer<F> {
    There(Result<Reply, AnswerLost>),
    Awaited(F),
}

/// Answers one request in a task of its own: a client that hangs up cancels
/// nothing in mid-transaction, and a panic is an answer like any other.
///
/// The task is there as soon as the head is, whether or not anybody asks for its
/// answer: hyper drops the answer unasked where it finds the end of the
/// connection right behind the request.
fn run(
    service: Arc<Service>,
    mut request: Request<Incoming>,
    requests: Arc<Requests>,
    work: mpsc::Sender<Infallible>,
    told: watch::Receiver<Phase>,
) -> impl Future<Output = Result<Reply, AnswerLost>> {
    let task = tokio::spawn(async move {
        let reply = tokio::select! {
            reply = service.respond(&mut request) => reply,
            () = reached(told, Phase::Abandoning) => Ok(HttpError::Aborted.into_reply()),
        };
        note_unread(&request, &reply, &requests);
        // The last one out closes the pool.
        drop((service, work));
        reply
    });
    async { task.await.unwrap_or_else(|_panicked| Ok(HttpError::Panicked.into_reply())) }
}

/// A refusal may be there before the body is. Of one that does not say how long it
/// is nobody knows whether it was read to its end.
fn note_unread(
    request: &Request<Incoming>,
    reply: &Result<Reply, AnswerLost>,
    requests: &Requests,
) {
    let refused = reply.as_ref().is_ok_and(|reply| !reply.status().is_success());
    if refused && !request.body().is_end_stream() {
        requests.leave_unread();
    }
}

/// Returns when the server has come that far, or is gone.
async fn reached(mut told: watch::Receiver<Phase>, phase: Phase) {
    let _ = told.wait_for(|now| *now >= phase).await;
}
