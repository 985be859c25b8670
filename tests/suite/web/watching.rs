use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::json;

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
