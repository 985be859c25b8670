//! `faults:` of a scenario, done to a private PostgreSQL.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::support::figure;
use crate::bank::folder_of;
use crate::support::Bankrun;

/// Of a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

const SCENARIO: &str = "
name: faults
seed: 5
timeout: 15s
accounts: { 1: 1000, 2: 1000000 }
scenarios:
  users:
    executor: constant-vus
    vus: 8
    duration: DURATION
    retry: { attempts: 1, idempotency_key: true }
    operations:
      - { deposit: 1..1000, account: 1, think: 2ms }
      - { withdraw: 1..100, account: 2, think: 2ms }
faults:
FAULTS
";

fn scenario(duration: &str, faults: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SCENARIO.replace("DURATION", duration).replace("FAULTS", faults);
    std::fs::write(folder.path().join("crash.yaml"), text).expect("written");
    folder
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).expect("a file")).expect("JSON")
}

#[test]
fn a_run_goes_through_all_of_them_and_nothing_acknowledged_is_missing() {
    let faults = "  - { at: 500ms, kill: database, for: 200ms, every: 1500ms, times: 2 }
  - { at: 4s, stop: database, for: 500ms }
  - { at: 5s, cut: connections }
  - { at: 5500ms, slow: connections, by: 30ms, for: 500ms }
  - { at: 5500ms, cut: connections, to: server }";
    let folder = scenario("10s", faults);
    let args = ["crash.yaml", "--summary-export", "summary.json", "--history", "run.jsonl"];
    let ended = Bankrun::new(&args).folder(folder.path()).run().code(0);
    assert!(ended.stdout.contains("for the faults of the scenario"), "{}", ended.stdout);
    assert!(ended.stdout.contains("database PostgreSQL"), "{}", ended.stdout);
    assert!(ended.stderr.contains(" s: kill database"), "{}", ended.stderr);

    let run = &json(&folder.path().join("summary.json"))["runs"][0];
    assert_eq!(run["verdict"]["conclusion"], "pass");
    let faults = run["faults"].as_array().expect("faults");
    assert_eq!(faults.len(), 6, "{faults:?}");
    for fault in faults {
        let (due, began) = (fault["due_s"].as_f64(), fault["began_s"].as_f64());
        assert!(began >= due, "{fault}");
        assert!(fault["ended_s"].as_f64() >= began, "{fault}");
        assert!(fault["trouble"].is_null() && fault["missed"] == false, "{fault}");
        assert!(fault["met"]["ok"].as_u64() > Some(0), "{fault}");
        assert!(fault["served_after_s"].as_f64().is_some(), "{fault}");
        figure(&format!("{fault}"));
    }
    // Nobody could be served while there was no database.
    let hit = |fault: &Value| {
        let count = |kind: &str| fault["met"][kind].as_u64().expect("a count");
        count("failed") + count("unknown")
    };
    assert!(faults.iter().map(hit).sum::<u64>() > 0, "{faults:?}");

    let checked = Bankrun::new(&["check", "run.jsonl"]).folder(folder.path()).run().code(0);
    assert!(checked.stdout.contains("stop database, for "), "{}", checked.stdout);
}

/// A run whose database stands still, for far longer than anybody waits.
fn frozen() -> (TempDir, Child, PathBuf) {
    let folder = scenario("2m", "  - { at: 200ms, stop: database, for: 1m }");
    let mut command = Bankrun::new(&["crash.yaml"]).folder(folder.path()).command();
    let mut child = command.spawn().expect("bankrun starts");
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("stop database") {
        line.clear();
        assert_ne!(errors.read_line(&mut line).expect("a line"), 0, "it ended");
    }
    let cluster = folder_of(child.id());
    // Nobody is to wait for room in the pipe.
    std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
    (folder, child, cluster)
}

fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < LIMIT, "it never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_interrupt_thaws_the_database_and_removes_it() {
    let (_folder, mut child, cluster) = frozen();
    let process = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    kill(process, Signal::SIGINT).expect("it is there");
    wait("the run ends", || child.try_wait().expect("a status").is_some());
    let output = child.wait_with_output().expect("its output");
    let report = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(130), "{report}");
    assert!(report.contains("2 balances as expected"), "{report}");
    assert!(!cluster.exists(), "{}", cluster.display());
}

#[test]
fn who_is_killed_leaves_no_frozen_database_behind() {
    let (_folder, mut child, cluster) = frozen();
    let file = std::fs::read_to_string(cluster.join("data/postmaster.pid")).expect("a pid file");
    let server = file.lines().next().expect("a line").to_owned();
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
    wait("server and folder are gone", || {
        !cluster.exists() && !Path::new("/proc").join(&server).exists()
    });
}
