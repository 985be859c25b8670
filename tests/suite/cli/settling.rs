//! Late is not lost: balances that follow the answers are waited for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended, Reply, Service};

/// Adds what it was asked for later, and answers with `status` at once. A naive
/// one reads, waits, and writes.
fn queue(status: u16, delay: Duration, naive: bool) -> Service {
    let balance = Arc::new(Mutex::new(1000));
    Service::start(move |method, _, body| {
        if method == "GET" {
            return Reply::Json(200, json!({ "b": *balance.lock().expect("it") }).to_string());
        }
        let n = serde_json::from_slice::<Value>(body).expect("JSON")["n"].as_i64().expect("n");
        let balance = balance.clone();
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            if naive {
                let read = *balance.lock().expect("it");
                std::thread::sleep(Duration::from_millis(5));
                *balance.lock().expect("it") = read + n;
            } else {
                *balance.lock().expect("it") += n;
            }
        });
        Reply::Json(status, "{}".into())
    })
}

const SCENARIO: &str = "
accounts: [a]
reset: none
read: { request: \"/a/{{ account }}\", balance: $.b }
operations:
  add: { request: { method: POST, path: /add, json: { n: \"{{ n }}\" } }, effect: { account: a, delta: \"{{ n }}\" } }
scenarios:
  s: { executor: shared-iterations, vus: 5, iterations: 50, operations: [{ add: { n: 1..9 } }] }
";

fn run(service: &Service, text: &str, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.yaml");
    std::fs::write(&path, text).expect("written");
    let path = path.to_str().expect("a path");
    Bankrun::new(&[&[path, "--target", &service.url], more].concat()).run()
}

#[test]
fn balances_that_come_later_pass_with_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.jsonl");
    let history = history.to_str().expect("a path");
    let service = queue(202, Duration::from_millis(300), false);
    let ended = run(&service, SCENARIO, &["--history", history, "--summary-export", "-"]).code(0);
    let summary: Value = serde_json::from_str(&ended.stdout).expect("a summary");
    let settling = &summary["runs"][0]["settling"];
    assert_eq!(settling["agreed"], true);
    assert!(settling["waited_s"].as_f64().expect("seconds") > 0.0);
    assert!(ended.stderr.contains("agreed with the answers only"), "{}", ended.stderr);
    let told = |more: &[&str]| Bankrun::new(&[&["check", history], more].concat()).run();
    assert!(told(&[]).code(0).stdout.contains("agreed with the answers only"));
    told(&["--strict"]).code(3);
    told(&["--require", "linearizable"]).code(1);
}

#[test]
fn what_is_lost_stays_lost_however_long_it_is_waited_for() {
    let service = queue(200, Duration::from_millis(20), true);
    let ended = run(&service, SCENARIO, &[]).code(1);
    assert!(ended.stdout.contains("settle: 30s"), "{}", ended.stdout);
}

#[test]
fn a_scenario_says_how_long_it_takes() {
    let late = Duration::from_millis(2500);
    let service = queue(200, late, false);
    run(&service, SCENARIO, &[]).code(1);
    // What was asked for before is done meanwhile.
    std::thread::sleep(late);
    run(&service, &format!("settle: 20s\n{SCENARIO}"), &[]).code(0);
}

#[test]
fn a_bankrun_server_is_never_waited_for() {
    let args = ["--mode", "naive", "--seed", "1", "--summary-export", "-"];
    let began = Instant::now();
    let ended = Bankrun::new(&args).run().code(1);
    let summary: Value = serde_json::from_str(&ended.stdout).expect("a summary");
    assert_eq!(summary["runs"][0]["settling"], Value::Null, "{:?}", began.elapsed());
}
