//! The same for operations that a scenario declares.

use serde_json::Value;

use super::wild::{BRIEF, PATIENT, Server, Talk, When, Wild, run};

const SCENARIO: &str = r#"
accounts: {1: 9}
timeout: TIMEOUT
operations:
  pay:
    request: {method: POST, path: "PATH", json: {amount: 1}}
    effect: {account: 1, delta: 1, balance: $.newBalance}
scenarios: {one: {executor: per-vu-iterations, iterations: 3, operations: [{pay: {}}]}}
"#;

fn endings(history: &str) -> Vec<String> {
    let lines = history.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["f"] == "pay" && line["type"] != "invoke")
        .map(|line| line["type"].to_string())
        .collect()
}

#[test]
fn an_answer_that_is_none_is_unknown() {
    let cases: [(Wild, &str, &str); 5] = [
        (
            |talk| {
                talk.say("SSH-2.0-OpenSSH_9.2\r\n");
            },
            PATIENT,
            "pay: the answer is not HTTP/1.1",
        ),
        (|_| {}, PATIENT, "pay: the connection was closed before the answer"),
        (Talk::wait, BRIEF, "pay: no answer within 2s"),
        (
            |talk| {
                talk.answer("content-encoding: br\r\ncontent-length: 3\r\n", "abc");
            },
            PATIENT,
            "no br that can be unpacked",
        ),
        (
            |talk| {
                talk.answer("content-length: 9\r\n", "<html></h");
            },
            PATIENT,
            "pay: 200 without a whole number at $.newBalance",
        ),
    ];
    for (wild, timeout, told) in cases {
        let server = Server::start(When::Asked, wild, true);
        let text = SCENARIO.replace("PATH", "/deposit").replace("TIMEOUT", timeout);
        let (ended, history) = run(&server, &[("s.yaml", &text)], &["s.yaml"]);
        let shown = format!("{told}\n{}\n{}", ended.stdout, ended.stderr);
        assert_eq!(endings(&history), ["\"ok\"", "\"info\"", "\"ok\""], "{shown}");
        assert_eq!(ended.code, Some(0), "{shown}");
        assert!(ended.stdout.replace("\n  ", " ").contains(told), "{shown}");
    }
}

#[test]
fn what_was_never_sent_certainly_failed() {
    let server = Server::start(When::Asked, |_| {}, false);
    for (to, told) in [
        ("http://127.0.0.1:1/deposit", "cannot connect to 127.0.0.1:1: connection refused"),
        ("http://bank.invalid/deposit", "cannot connect to bank.invalid"),
    ] {
        let text = SCENARIO.replace("PATH", to).replace("TIMEOUT", PATIENT);
        let (ended, history) = run(&server, &[("s.yaml", &text)], &["s.yaml"]);
        let shown = format!("{to}\n{}\n{}", ended.stdout, ended.stderr);
        assert_eq!(endings(&history), ["\"fail\"", "\"fail\"", "\"fail\""], "{shown}");
        // Nothing was acknowledged, so nothing is known.
        assert_eq!(ended.code, Some(3), "{shown}");
        assert!(ended.stdout.contains(told), "{shown}");
    }
}
