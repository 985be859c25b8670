//! `bankrun watch`, from outside.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::support::{LOCK, Pair, look_until, observer, refusing_server};
use crate::bank::fresh_url;
use crate::support::{Bankrun, Ended};

async fn run(command: Bankrun) -> Ended {
    tokio::task::spawn_blocking(move || command.run()).await.expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_for_each_look_where_there_is_no_terminal() {
    let url = fresh_url().await;
    let pair = Pair::start(&url).await;
    look_until(&mut observer(&url).await, |look| look.waiting == 1).await;
    let args = ["watch", &url, "--count", "2", "--interval", "20ms"];
    let run = run(Bankrun::new(&args)).await.code(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stdout);
    let waits = format!(
        "; {} waits for {} (idle in transaction): {LOCK}",
        pair.waiter_pid, pair.holder_pid
    );
    for line in lines {
        assert!(line.contains("2 connections, 1 active, 1 idle in transaction"), "{line}");
        assert!(line.contains("1 waits for a lock"), "{line}");
        assert!(line.contains("; accounts 1=1000 2=500;"), "{line}");
        assert!(line.ends_with(&waits), "{line}");
    }
    pair.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_that_of_the_environment_where_none_is_named() {
    let url = fresh_url().await;
    let args = ["watch", "--count", "1"];
    let run = run(Bankrun::new(&args).env("DATABASE_URL", &url)).await.code(0);
    assert!(run.stdout.contains("0 connections, 0 active"), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_and_a_reader_that_leaves_end_it_quietly() {
    let url = fresh_url().await;
    for leaves in [true, false] {
        let mut command = Bankrun::new(&["watch", &url, "--interval", "20ms"]).command();
        let mut child = command.spawn().expect("bankrun starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut String::new()).expect("a line");
        if leaves {
            drop(out);
        } else {
            let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
            kill(pid, Signal::SIGINT).expect("it is there");
        }
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "still there");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut said = String::new();
        let mut err = BufReader::new(child.stderr.take().expect("piped"));
        err.read_line(&mut said).expect("text");
        assert_eq!((status.code(), &*said), (Some(0), ""));
    }
}

#[test]
fn what_cannot_be_watched_is_said_without_the_password() {
    let refused = format!("postgres://me:secret@{}/bank", refusing_server());
    for (args, code, says) in [
        (&[][..], 2, "Name it: bankrun watch postgres://"),
        (&["mysql://me:secret@db"], 2, "is no PostgreSQL"),
        (&["sqlite:bank.db"], 2, "SQLite has nothing to look into"),
        (&["postgres"], 2, "looks into it by itself"),
        (&["postgres://me:secret@db", "--interval", "1ms"], 2, "at least 10ms"),
        (&["postgres://me:secret@db", "--count", "0"], 2, "--count"),
        (&["postgres://me:secret@127.0.0.1:1/bank"], 4, "postgres://me@127.0.0.1:1/bank: cannot"),
        (&[&refused], 4, "password authentication failed for user \"me\""),
    ] {
        let run = Bankrun::new(&[&["watch"], args].concat()).run().code(code);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("secret"), "{}", run.stderr);
    }
}
