use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bankrun::bank::{Bank, BankOptions, Database, DatabaseSpec};
use bankrun::model::Pause;
use serde_json::Value;
use tokio::sync::oneshot;

/// Nobody has to wait so long, however busy the machine is.
const HANGS: Duration = Duration::from_secs(60);

/// How long the bank waits for what does not come. A client that is cut off
/// sooner than it should be is refused, and that is always right.
const PATIENCE: Duration = Duration::from_millis(20);

/// A bank on an embedded database, which ends with the thread that asks it.
pub(super) struct Served {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The bank of this thread.
pub(super) fn with_bank(ask: impl FnOnce(&Served)) {
    thread_local!(static BANK: Served = Served::start());
    BANK.with(ask);
}

/// An answer of the bank.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Served {
    fn start() -> Self {
        let (started, addr) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = { runtime }.worker_threads(1).enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let database = Database::open(&DatabaseSpec::Sqlite).await.expect("a file");
                let options = BankOptions {
                    race_window: Pause::fixed(Duration::ZERO),
                    header_timeout: PATIENCE,
                    body_timeout: PATIENCE,
                    idle_timeout: PATIENCE,
                    ..BankOptions::default()
                };
                let bank = Bank::start(&database, options).await.expect("the bank starts");
                started.send(bank.addr()).expect("somebody waits");
                stopped.await.ok();
                bank.shutdown().await;
            });
        });
        let addr = addr.recv().expect("the bank starts");
        let served = Self { addr, stop: Some(stop), thread: Some(thread) };
        served.reset();
        served
    }

    /// All that is answered to these bytes until the bank closes the connection,
    /// which it does at the latest after a request that says so.
    pub(super) fn ask(&self, request: &[u8]) -> Vec<Answered> {
        let mut stream = TcpStream::connect(self.addr).expect("the bank listens");
        stream.set_read_timeout(Some(HANGS)).expect("a timeout");
        stream.set_write_timeout(Some(HANGS)).expect("a timeout");
        let writing = stream.try_clone().expect("a socket");
        let mut answered = Vec::new();
        std::thread::scope(|scope| {
            // It may close before it has read everything.
            scope.spawn(move || { writing }.write_all(request).ok());
            let mut part = [0; 8 * 1024];
            loop {
                match stream.read(&mut part) {
                    Ok(0) => break,
                    Ok(length) => answered.extend_from_slice(&part[..length]),
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                    Err(error) => panic!("no answer and no end: {error}"),
                }
            }
        });
        answers(&answered)
    }

    /// The balances by account.
    pub(super) fn accounts(&self) -> Value {
        self.surely("GET /accounts").json()["accounts"].clone()
    }

    /// Three accounts with 1000 each.
    pub(super) fn reset(&self) {
        self.surely("POST /reset");
    }

    /// Asks until it is answered: a busy machine may be slower than the bank has
    /// patience.
    fn surely(&self, what: &str) -> Answered {
        let request = format!(
            "{what} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        let start = Instant::now();
        loop {
            match self.ask(request.as_bytes()).pop() {
                Some(answer) if answer.status == 200 => return answer,
                other => assert!(start.elapsed() < HANGS, "{what}: {other:?}"),
            }
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// One after the other, each whole unless the connection broke off.
fn answers(mut bytes: &[u8]) -> Vec<Answered> {
    let mut answers = Vec::new();
    while let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = std::str::from_utf8(&bytes[..end]).expect("text");
        bytes = &bytes[end + 4..];
        let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
        let status = status.and_then(|status| status.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("no status: {head}"));
        if status == 100 {
            continue;
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        // After HEAD there is none.
        let is_next = bytes.starts_with(b"HTTP/1.");
        let body = &bytes[..if is_next { 0 } else { length.min(bytes.len()) }];
        bytes = &bytes[body.len()..];
        let body = String::from_utf8(body.to_vec()).expect("text");
        answers.push(Answered { status, body });
    }
    answers
}

/// What a request may be answered: everything but that the bank broke.
#[track_caller]
pub(super) fn check(answer: &Answered) {
    let Answered { status, body } = answer;
    assert!((200..500).contains(status), "{answer:?}");
    // Where the head is no HTTP there is nothing to say in JSON; after HEAD
    // there is no body.
    if *status >= 400 && !body.is_empty() {
        let said = answer.json();
        assert!(said["error"].is_string() && said["code"].is_string(), "{answer:?}");
    }
}
