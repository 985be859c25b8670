use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::Bankrun;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A `bankrun` that shows its page, until it is dropped.
#[derive(Debug)]
pub struct Page {
    /// `None`: somebody else's.
    own: Option<(Child, BufReader<ChildStdout>)>,
    /// `127.0.0.1:8089`
    pub address: String,
    pub token: String,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// The events of a page, as they come.
#[derive(Debug)]
pub struct Stream {
    lines: BufReader<TcpStream>,
    began: Instant,
}

impl Page {
    /// `bankrun ui` on a free port.
    pub fn open(folder: &Path, more: &[&str]) -> Self {
        let folder = folder.to_str().expect("a path");
        let args = [&["ui", folder, "--listen", "127.0.0.1:0"], more].concat();
        Self::of(Bankrun::new(&args))
    }

    /// Any command that tells the page's address in its first line.
    pub fn of(command: Bankrun) -> Self {
        let mut child = command.command().spawn().expect("bankrun starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit("http://").next().expect("an address").to_owned();
        let mut page = Self::at(&address);
        page.own = Some((child, out));
        page
    }

    /// That of a program which runs already.
    pub fn at(address: &str) -> Self {
        let mut page = Self { own: None, address: address.to_owned(), token: String::new() };
        let html = page.get("/").body;
        let (_, rest) = html.split_once("name=\"bankrun-token\" content=\"").expect("a token");
        page.token = rest.split('"').next().expect("a token").to_owned();
        page
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("host", &self.address)], "")
    }

    /// As the page itself posts.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let origin = format!("http://{}", self.address);
        let headers = [
            ("host", self.address.as_str()),
            ("origin", &origin),
            ("sec-fetch-site", "same-origin"),
            ("x-bankrun-token", &self.token),
        ];
        self.ask("POST", path, &headers, &body.to_string())
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect();
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub fn events(&self) -> Stream {
        let mut stream = self.connect();
        let host = &self.address;
        write!(stream, "GET /api/events HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("sent");
        Stream { lines: BufReader::new(stream), began: Instant::now() }
    }

    /// Starts what is wished for; the group it makes.
    #[track_caller]
    pub fn start(&self, wish: &Value) -> u64 {
        let answer = self.post("/api/runs", wish);
        assert_eq!(answer.status, 202, "{}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        body["group"].as_u64().expect("a group")
    }

    pub fn stop(&self) -> Answer {
        self.post("/api/stop", &json!({}))
    }

    pub fn interrupt(&self) {
        let (child, _) = self.own.as_ref().expect("our own");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        kill(pid, Signal::SIGINT).expect("it is there");
    }

    /// What it printed, and how it ended.
    pub fn ended(mut self) -> (String, Option<i32>) {
        let (mut child, mut out) = self.own.take().expect("our own");
        let mut text = String::new();
        out.read_to_string(&mut text).expect("text");
        let status = child.wait().expect("a status");
        (text, status.code())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Stream {
    /// The next event of any kind. `None`: the stream is over.
    pub fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            assert!(self.began.elapsed() < PATIENCE, "no end within {PATIENCE:?}");
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line") == 0 {
                return None;
            }
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).expect("JSON")));
            }
        }
    }

    /// The next event of that kind.
    #[track_caller]
    pub fn until(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next().expect("it goes on");
            if name == wanted {
                return data;
            }
        }
    }

    /// The run of that label, when it has come so far.
    #[track_caller]
    pub fn run(&mut self, label: &str, state: &str) -> Value {
        loop {
            let run = self.until("run");
            if run["label"] == label && run["state"] == state {
                return run;
            }
        }
    }
}
