//! A small bank that answers every other request as it should, and the second
//! deposit as a test wants it to.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended};

/// Nothing here waits for longer than that, whatever goes wrong.
pub(super) const BOUND: Duration = Duration::from_secs(60);
/// How long a run waits for an answer that comes, on a machine however busy.
pub(super) const PATIENT: &str = "30s";
/// And for one that does not.
pub(super) const BRIEF: &str = "2s";

/// What is done instead of answering the second deposit. Afterwards the
/// connection is closed.
pub(super) type Wild = fn(&mut Talk);

/// A connection.
pub(super) struct Talk {
    pub(super) stream: TcpStream,
    /// `http://127.0.0.1:1234`
    pub(super) url: String,
    until: Instant,
}

/// Where the wild part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The request was read to its end.
    Asked,
    /// Its connection was accepted, and nothing read.
    Accepted,
}

pub(super) struct Server {
    pub(super) url: String,
    ended: Arc<AtomicBool>,
}

struct Bank {
    url: String,
    balance: AtomicI64,
    deposits: AtomicUsize,
    /// The next connection is met by what is wild.
    is_next_wild: AtomicBool,
    when: When,
    wild: Wild,
    /// The second deposit is carried out, whatever is answered.
    applies: bool,
    until: Instant,
}

impl Server {
    pub(super) fn start(when: When, wild: Wild, applies: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let ended = Arc::new(AtomicBool::new(false));
        let bank = Arc::new(Bank {
            url: url.clone(),
            balance: AtomicI64::new(0),
            deposits: AtomicUsize::new(0),
            is_next_wild: AtomicBool::new(false),
            when,
            wild,
            applies,
            until: Instant::now() + BOUND,
        });
        let stopped = ended.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), bank) = (stream, bank.clone()) else { break };
                std::thread::spawn(move || bank.meet(stream));
            }
        });
        Self { url, ended }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // It waits for somebody to come.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Bank {
    fn meet(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
        let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
        let _ = stream.set_nodelay(true);
        let (url, until) = (self.url.clone(), self.until);
        let mut talk = Talk { stream, url, until };
        if self.is_next_wild.swap(false, Ordering::SeqCst) {
            return (self.wild)(&mut talk);
        }
        while let Some((line, body)) = talk.request() {
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            let mut last = false;
            match line.as_str() {
                "POST /reset" => {
                    let balance = body["accounts"]["1"].as_i64().unwrap_or(1000);
                    self.balance.store(balance, Ordering::SeqCst);
                }
                "POST /deposit" => {
                    let number = self.deposits.fetch_add(1, Ordering::SeqCst) + 1;
                    let is_wild = number == 2 && self.when == When::Asked;
                    if !is_wild || self.applies {
                        self.balance.fetch_add(1, Ordering::SeqCst);
                    }
                    if is_wild {
                        return (self.wild)(&mut talk);
                    }
                    last = number == 1 && self.when == When::Accepted;
                    self.is_next_wild.store(last, Ordering::SeqCst);
                }
                "GET /balance/1" => {}
                // Where a redirect may lead that asks for what was done.
                "GET /done" => drop(self.balance.fetch_add(1, Ordering::SeqCst)),
                "POST /circle" => {
                    let head = "HTTP/1.1 307 Elsewhere\r\nlocation: /circle\r\n";
                    if !talk.say(&format!("{head}content-length: 0\r\n\r\n")) {
                        return;
                    }
                    continue;
                }
                _ => {
                    if !talk.send(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n") {
                        return;
                    }
                    continue;
                }
            }
            let balance = self.balance.load(Ordering::SeqCst);
            let body = json!({ "balance": balance, "newBalance": balance }).to_string();
            let close = if last { "connection: close\r\n" } else { "" };
            let head = format!("HTTP/1.1 200 OK\r\n{close}content-length: {}\r\n\r\n", body.len());
            if !talk.send(format!("{head}{body}").as_bytes()) || last {
                return;
            }
        }
    }
}

/// The body of an answer that says what a correct bank would say.
pub(super) const DONE: &str = r#"{"newBalance":11}"#;

impl Talk {
    /// Sends all of it. Returns whether somebody took it.
    pub(super) fn send(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() && Instant::now() < self.until {
            match self.stream.write(bytes) {
                Ok(0) => return false,
                Ok(written) => bytes = &bytes[written..],
                Err(error) if waits(&error) => {}
                Err(_) => return false,
            }
        }
        bytes.is_empty()
    }

    pub(super) fn say(&mut self, text: &str) -> bool {
        self.send(text.as_bytes())
    }

    /// An answer with these lines in its head, and that body, the last one of its
    /// connection: whether the next request comes before or after a close that was
    /// not announced is a matter of luck.
    pub(super) fn answer(&mut self, lines: &str, body: &str) -> bool {
        self.say(&format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{lines}\r\n{body}"))
    }

    /// Waits until the other side has gone.
    pub(super) fn wait(&mut self) {
        let mut room = [0; 4096];
        while Instant::now() < self.until {
            match self.stream.read(&mut room) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if waits(&error) => {}
                Err(_) => return,
            }
        }
    }

    /// Says nothing more, and waits until the other side has heard it.
    pub(super) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.wait();
    }

    /// Line and body of the next request; `None`: nobody asks any more.
    fn request(&mut self) -> Option<(String, String)> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more(&mut bytes)?;
            // The beginning of TLS, which none of this is.
            if bytes.first() == Some(&0x16) {
                self.say("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
                return None;
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        while bytes.len() < end + length {
            self.more(&mut bytes)?;
        }
        Some((line, String::from_utf8_lossy(&bytes[end..end + length]).into_owned()))
    }

    fn more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut room = [0; 4096];
        while Instant::now() < self.until {
            match self.stream.read(&mut room) {
                Ok(0) => return None,
                Ok(read) => {
                    bytes.extend_from_slice(&room[..read]);
                    return Some(());
                }
                Err(error) if waits(&error) => {}
                Err(_) => return None,
            }
        }
        None
    }
}

fn waits(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Three deposits, one after another, by one virtual user.
pub(super) fn scenario(timeout: &str) -> String {
    format!(
        "accounts: {{1: 9}}\ntimeout: {timeout}\nscenarios: {{one: {{executor: per-vu-iterations, \
         iterations: 3, operations: [{{deposit: 1, account: 1}}]}}}}\n"
    )
}

/// Runs it against the server, with no more than a gigabyte to write to. The run
/// has to end by itself.
pub(super) fn run(server: &Server, files: &[(&str, &str)], args: &[&str]) -> (Ended, String) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    // What comes first is what the server is wild about.
    let more = ["--target", &server.url, "--history", "h.jsonl", "--no-preflight"];
    let bankrun = Bankrun::new(&[args, &more].concat()).folder(folder.path());
    let began = Instant::now();
    let ended = bankrun.within_memory(1 << 20).run();
    assert!(began.elapsed() < BOUND, "it took {:?}", began.elapsed());
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    let history = std::fs::read_to_string(folder.path().join("h.jsonl"));
    (ended, history.unwrap_or_default())
}

/// How each operation of the history ended, in the order of their endings.
pub(super) fn endings(history: &str) -> Vec<String> {
    let lines = history.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["f"] == "deposit" && line["type"] != "invoke")
        .map(|line| line["type"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// One way to misbehave, and what has to come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) timeout: &'static str,
    pub(super) when: When,
    pub(super) wild: Wild,
    /// The type of its line in the history.
    pub(super) outcome: &'static str,
    /// Part of what the report says about it; empty: nothing.
    pub(super) told: &'static str,
    /// What is wild leaves it to another answer to carry it out.
    is_elsewhere: bool,
    /// What becomes of the operation after it depends on who is faster.
    is_luck: bool,
}

impl Case {
    /// The request was read, and then this.
    pub(super) const fn new(
        name: &'static str,
        outcome: &'static str,
        told: &'static str,
        wild: Wild,
    ) -> Self {
        Self {
            name,
            timeout: PATIENT,
            when: When::Asked,
            wild,
            outcome,
            told,
            is_elsewhere: false,
            is_luck: false,
        }
    }

    /// The answer is not awaited for long.
    pub(super) const fn brief(self) -> Self {
        Self { timeout: BRIEF, ..self }
    }

    pub(super) const fn accepted(self) -> Self {
        Self { when: When::Accepted, ..self }
    }

    pub(super) const fn luck(self) -> Self {
        Self { is_luck: true, ..self }
    }

    pub(super) const fn elsewhere(self) -> Self {
        Self { is_elsewhere: true, ..self }
    }

    /// Whether or not an operation of unknown outcome was carried out, nobody is
    /// blamed.
    fn check(&self) {
        match self.outcome {
            "ok" => self.check_one(!self.is_elsewhere),
            "info" if self.when == When::Asked => {
                self.check_one(true);
                self.check_one(false);
            }
            _ => self.check_one(false),
        }
    }

    /// The operation has the right outcome, those before and after it are done,
    /// the report says what was wrong, and the run passes: an unknown outcome is
    /// explained by the balance in the end.
    fn check_one(&self, applies: bool) {
        let name = self.name;
        let server = Server::start(self.when, self.wild, applies);
        let text = scenario(self.timeout);
        let (ended, history) = run(&server, &[("s.yaml", &text)], &["s.yaml"]);
        let shown = format!("{name}, applied: {applies}\n{}\n{}", ended.stdout, ended.stderr);
        let endings = endings(&history);
        assert_eq!(endings[..2], ["ok", self.outcome], "{shown}");
        assert!(self.is_luck || endings[2..] == ["ok"], "{shown}");
        assert_eq!(ended.code, Some(0), "{shown}");
        let told = unbroken(&ended.stdout);
        assert!(told.contains(&unbroken(self.told)), "{shown}");
        let is_told = !self.told.is_empty();
        assert!(self.is_luck || told.contains("deposit:") == is_told, "{shown}");
    }
}

/// Checks all of them, some at a time: most wait for something.
pub(super) fn check(cases: &[Case]) {
    for some in cases.chunks(6) {
        std::thread::scope(|scope| {
            some.iter().for_each(|case| drop(scope.spawn(|| case.check())));
        });
    }
}

/// Without what a narrow line puts in between.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect()
}
