use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::browser::Page;
use crate::support::Bankrun;

#[test]
fn a_run_of_the_terminal_is_watched_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("s.yaml");
    let text = "accounts: {1: 0}\nscenarios: {a: {executor: constant-vus, vus: 5, duration: 2s, \
                operations: [{deposit: 1, account: 1}]}}";
    fs::write(&scenario, text).expect("a file");
    let args =
        [scenario.to_str().expect("a path"), "--mode", "robust", "--web=127.0.0.1:0", "--quiet"];
    let mut child = Bankrun::new(&args).command();
    let mut child = child.stdout(Stdio::piped()).spawn().expect("bankrun starts");
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("a line");
    let address = line.trim().rsplit("http://").next().expect("an address");
    let page = Page::at(address);
    let mut events = page.events();
    assert_eq!(events.until("state")["can_start"], false);
    let points = events.until("points");
    assert!(points["now"]["requests"].as_u64() > Some(0), "{points}");
    assert_eq!(page.post("/api/runs", &json!({})).status, 403);
    assert_eq!(page.stop().status, 403);
    let run = events.run("robust", "done");
    assert_eq!(run["summary"]["verdict"]["conclusion"], "pass");
    events.until("bye");
    let mut report = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut report).expect("text");
    assert!(report.starts_with("PASS"), "{report}");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

#[test]
fn a_page_that_cannot_be_shown_changes_nothing_else() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let web = format!("--web={}", taken.local_addr().expect("an address"));
    let run = Bankrun::new(&["--mode", "robust", &web]).run().code(0);
    assert!(run.stderr.contains("cannot show the page on"), "{}", run.stderr);
    assert!(run.stdout.contains("PASS"), "{}", run.stdout);
}

#[test]
fn the_ui_says_what_is_wrong_with_its_own_arguments() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("an address").to_string();
    let busy = Bankrun::new(&["ui", "--listen", &listen]).run().code(4);
    assert!(busy.stderr.contains("choose another address"), "{}", busy.stderr);
    let nowhere = Bankrun::new(&["ui", "no/such/folder"]).run().code(2);
    assert!(nowhere.stderr.contains("no/such/folder"), "{}", nowhere.stderr);
}

/// The runs of an HTML report that a command wrote.
fn reported(args: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.html");
    Bankrun::new(&[args, &["--quiet", "--html", file.to_str().expect("a path")]].concat()).run();
    let html = fs::read_to_string(&file).expect("a report");
    let (_, rest) = html.split_once("id=\"bankrun-data\">").expect("the data");
    let (data, _) = rest.split_once("</script>").expect("its end");
    let data: Value = serde_json::from_str(data).expect("JSON");
    data["runs"].as_array().expect("runs").clone()
}

#[test]
fn only_runs_of_one_scenario_stand_side_by_side() {
    let set = "scenarios/deterministic.yaml";
    let groups = |args: &[&str]| {
        let runs = reported(&[args, &["-i", "10", "-u", "1"]].concat());
        runs.iter().map(|run| run["group"].as_u64()).collect::<Vec<_>>()
    };
    let two = groups(&[set, set, "--mode", "robust,naive"]);
    assert_eq!(two, [Some(1), Some(1), Some(2), Some(2)]);
    // Each repetition is kept, and stands by itself.
    let repeated = groups(&[set, "--mode", "robust,atomic", "--repeat", "2"]);
    assert_eq!(repeated, [Some(1), Some(2), Some(3), Some(4)]);
}

#[test]
fn an_answer_that_came_with_the_second_try_is_no_missing_money() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("keyed.yaml");
    let text = "timeout: 2s\naccounts: {1: 0}\nscenarios: {a: {executor: shared-iterations, vus: 20, \
                retry: {attempts: 5, idempotency_key: true}, \
                operations: [{deposit: 1..1000, account: 1, count: 200}]}}";
    fs::write(&scenario, text).expect("a file");
    let path = scenario.to_str().expect("a path");
    let runs = reported(&[path, "--mode", "robust", "--lose-answers", "20%"]);
    assert_eq!(runs[0]["summary"]["verdict"]["conclusion"], "pass", "{}", runs[0]["summary"]);
    assert!(runs[0]["now"]["unknown"].as_u64() > Some(0));
    for column in ["missing", "surplus"] {
        let values = runs[0]["timeline"][column].as_array().expect("a column");
        assert!(values.iter().all(|value| *value == 0), "{column}: {values:?}");
    }
}

#[test]
fn what_is_secret_stands_in_no_report() {
    let runs = reported(&["--mode", "robust", "-i", "1", "-u", "1", "-e", "PASSWORD=hunter2"]);
    let again = runs[0]["header"]["again"].as_str().expect("a command");
    assert!(again.contains("-e 'PASSWORD=***'"), "{again}");
    assert!(!serde_json::to_string(&runs).expect("JSON").contains("hunter2"));
}

#[test]
fn variables_that_are_empty_say_nothing() {
    let command = Bankrun::new(&["ui", "scenarios", "--listen", "127.0.0.1:0"])
        .env("BANKRUN_TARGET", "")
        .env("BANKRUN_DATABASE", "")
        .env("BANKRUN_WATCH_DATABASE", "")
        .env("BANKRUN_SEED", "42");
    let page = Page::of(command);
    let mut events = page.events();
    assert_eq!(events.until("state")["targets"], json!([]));
    // What they say is as good as on the command line of a run.
    page.start(&json!({ "modes": ["atomic"], "vus": 1, "iterations": 1 }));
    assert_eq!(events.run("atomic", "done")["header"]["seed"], 42);
}

#[test]
fn only_so_many_watch_at_a_time() {
    let page = Page::open(Path::new("scenarios"), &[]);
    let mut watching: Vec<_> = (0..50).map(|_| page.events()).collect();
    for events in &mut watching {
        events.until("state");
    }
    assert_eq!(page.get("/api/events").status, 503);
    assert_eq!(page.get("/").status, 200);
}
