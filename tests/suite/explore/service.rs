//! A service of somebody's own: here a bank in a process by itself, which knows
//! nothing of who stands between it and its database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::support::{database, explorations};
use crate::support::{Bankrun, Ended, ended_within};

const STATE: &str = "reset: { sql: \"DELETE FROM operations; UPDATE accounts SET balance = 1000\" }
read: { sql: \"SELECT id, balance FROM accounts\" }
";

const DEPOSITS: &str = "requests:
  - POST /deposit {\"userId\":1,\"amount\":10}
  - { method: POST, path: /deposit, json: { userId: 1, amount: 20 } }
";

/// A folder with a file that asks for a service in this mode.
struct Folder {
    folder: TempDir,
    port: u16,
}

impl Folder {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        Self { folder: tempfile::tempdir().expect("a folder"), port }
    }

    fn serving(&self, mode: &str) -> String {
        let bankrun = env!("CARGO_BIN_EXE_bankrun");
        format!(
            "target: http://127.0.0.1:{port}\n\
             command: exec {bankrun} serve --mode {mode} --race-window 0 --listen 127.0.0.1:{port} \
             --database \"$DATABASE_URL\"\n",
            port = self.port
        )
    }

    fn file(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("service.yaml");
        fs::write(&file, text).expect("a file");
        file
    }

    fn explored(&self, text: &str, args: &[&str]) -> (Ended, Value) {
        let (file, url) = (self.file(text), database());
        let file = file.to_str().expect("UTF-8");
        let all = [&["explore", file, "--database", &url, "--json", "-"], args].concat();
        let ended = Bankrun::new(&all).run();
        let json = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.stdout, ended.stderr));
        (ended, json)
    }
}

#[test]
fn a_service_that_loses_updates_is_found_out_and_one_that_locks_passes() {
    for (mode, code, failing) in [("naive", 1, 4), ("robust", 0, 0)] {
        let folder = Folder::new();
        let text = folder.serving(mode) + DEPOSITS + STATE;
        let (ended, json) = folder.explored(&text, &[]);
        let ended = ended.code(code);
        let it = &explorations(&json)[0];
        assert_eq!((&it["orders"], &it["failing"]), (&6.into(), &failing.into()), "{it:#}");
        assert_eq!(it["complete"], true, "{}", ended.stderr);
        if mode == "naive" {
            let again = it["again"].as_str().expect("a command");
            assert!(again.contains("service.yaml"), "{again}");
            assert_eq!(it["failure"]["entries"], serde_json::json!(["id 1"]));
            let (ended, _) = folder.explored(&text, &["--replay", "A,B,B,A"]);
            assert!(ended.code(1).stderr.contains("id 1 holds 10"));
        }
        // The service has been ended.
        TcpListener::bind(("127.0.0.1", folder.port)).expect("the port is free again");
    }
}

/// It is started once more for each change.
#[test]
fn a_service_is_explored_with_changes_that_it_knows_nothing_of() {
    let folder = Folder::new();
    let text = folder.serving("transaction") + DEPOSITS + STATE;
    let (ended, json) = folder.explored(&text, &["--what-if", "isolation=serializable,for-update"]);
    ended.code(1);
    let it = &explorations(&json)[0];
    assert_eq!((&it["orders"], &it["failing"]), (&14.into(), &12.into()), "{it:#}");
    let tried = |index: usize| &it["what_if"][index];
    assert_eq!(tried(0)["what_if"], "isolation=serializable");
    assert_eq!(tried(0)["errors"]["by"][0]["sqlstate"], "40001", "{it:#}");
    assert_eq!((&tried(1)["what_if"], &tried(1)["orders"]), (&"for-update".into(), &6.into()));
    for index in [0, 1] {
        assert_eq!(tried(index)["prevents"], true, "{it:#}");
    }
    TcpListener::bind(("127.0.0.1", folder.port)).expect("the port is free again");
}

#[test]
fn a_service_may_be_started_from_the_command_line() {
    let folder = Folder::new();
    let listen = format!("127.0.0.1:{}", folder.port);
    let text = format!("target: http://{listen}\n{DEPOSITS}{STATE}");
    let bankrun = env!("CARGO_BIN_EXE_bankrun");
    // It finds its database by DATABASE_URL alone.
    let args = ["--first", "--", bankrun, "serve", "--mode", "naive", "--listen", &listen];
    let (ended, json) = folder.explored(&text, &args);
    ended.code(1);
    assert_eq!(explorations(&json)[0]["failing"], 1);
}

#[test]
fn what_would_make_a_result_worthless_is_said_first() {
    let folder = Folder::new();
    let naive = folder.serving("naive");
    let refused = DEPOSITS.replace("\"userId\":1", "\"userId\":99");
    let unrestored = STATE.replace("UPDATE accounts SET balance = 1000", "SELECT 1");
    let silent = "requests: [GET /openapi.json, GET /openapi.json]\n";
    let nowhere =
        format!("target: http://127.0.0.1:{}\ncommand: echo no luck; exit 7\n", folder.port);
    for (text, says) in [
        (format!("{naive}{refused}{STATE}"), "request A"),
        (format!("{naive}{refused}{STATE}"), "is answered 404"),
        (format!("{naive}{silent}{STATE}"), "sends no statement through the proxy"),
        (format!("{nowhere}{DEPOSITS}{STATE}"), "it ended before it listened: exit status: 7"),
        (format!("{nowhere}{DEPOSITS}{STATE}"), "| no luck"),
        (format!("{naive}{DEPOSITS}{unrestored}"), "a reset does not bring back the same state"),
        (
            format!("{naive}{DEPOSITS}{}", STATE.replace("balance FROM", "ballance FROM")),
            "`read`: ",
        ),
    ] {
        let (ended, _) = folder.explored(&text, &[]);
        let ended = ended.code(4);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
}

#[test]
fn a_wrong_file_is_refused_where_it_is_wrong() {
    let folder = Folder::new();
    for (text, says) in [
        ("requests: [GET /a, GET /b]\n".to_owned(), "lacks `target`"),
        (format!("{DEPOSITS}reset: {{ sql: SELECT a, b }}\n"), "put the SQL in quotes"),
        (format!("{DEPOSITS}{STATE}"), "lacks `target`"),
        (format!("target: here\n{DEPOSITS}{STATE}"), "`target`: `here` has no scheme"),
        (format!("target: http://a\nrequests: [GET /a]\n{STATE}"), "has 1"),
        (format!("{DEPOSITS}{STATE}raed: 1\n"), "unknown field `raed`"),
    ] {
        let file = folder.file(&text);
        let ended = Bankrun::new(&["explore", file.to_str().expect("UTF-8")]).run().code(2);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
        assert!(ended.stderr.contains("service.yaml"), "{}", ended.stderr);
    }
    let file = folder.file("sessions: []\n");
    let file = file.to_str().expect("UTF-8");
    let ended = Bankrun::new(&["explore", file, "--replay", "A,B"]).run().code(2);
    assert!(ended.stderr.contains("--replay is for files with `requests:`"), "{}", ended.stderr);
}

/// Whatever the last order has left.
#[test]
fn tables_are_as_they_were_before_also_after_a_second_ctrl_c() {
    for signals in [1, 2] {
        let folder = Folder::new();
        let third = "  - POST /deposit {\"userId\":1,\"amount\":30}\n";
        let file = folder.file(&(folder.serving("optimistic") + DEPOSITS + third));
        let url = database();
        let args = ["explore", file.to_str().expect("UTF-8"), "--database", &url];
        let mut command = Bankrun::new(&args).command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut lines = stderr.lines().map(|line| line.expect("text"));
        let learnt = lines.find(|line| line.contains("the requests write"));
        assert!(learnt.is_some_and(|line| line.contains("accounts")));
        // The orders begin a moment after the serial ones.
        thread::sleep(Duration::from_millis(2500));
        let pid = Pid::from_raw(child.id().cast_signed());
        for _ in 0..signals {
            kill(pid, Signal::SIGINT).expect("it runs");
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(ended_within(&mut child, Duration::from_secs(20)), Some(130), "{signals}");
        let said: Vec<String> = lines.collect();
        assert!(!said.iter().any(|line| line.contains("left")), "{said:?}");
        assert_eq!(rows(&url), ["(1,1000)", "(2,1000)", "(3,1000)"], "{signals}");
    }
}

fn rows(url: &str) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        let query = "SELECT (id, balance)::text FROM accounts ORDER BY id";
        let rows = client.query(query, &[]).await.expect("accounts");
        rows.iter().map(|row| row.get(0)).collect()
    })
}
