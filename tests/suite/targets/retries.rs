//! What is sent again, and that nothing is unless the scenario asks for it.

use serde_json::Value;

use super::wild::{BRIEF, PATIENT, Server, Talk, When, Wild, endings, run, scenario};

const ONCE_MORE: &str = "retry: {attempts: 3}, ";

/// The endings of the deposits, and when each was sent, in seconds.
fn tried(wild: Wild, timeout: &str, retry: &str) -> (Vec<String>, Vec<f64>) {
    let server = Server::start(When::Asked, wild, false);
    let text = scenario(timeout).replace("iterations: 3, ", &format!("iterations: 3, {retry}"));
    let (ended, history) = run(&server, &[("s.yaml", &text)], &["s.yaml"]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let lines = history.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let sent = lines
        .filter(|line| line["f"] == "deposit" && line["type"] == "invoke")
        .map(|line| line["time"].as_f64().expect("a time") / 1e9);
    (endings(&history), sent.collect())
}

fn refuse(talk: &mut Talk, status: &str, lines: &str) {
    talk.say(&format!(
        "HTTP/1.1 {status}\r\n{lines}connection: close\r\ncontent-length: 0\r\n\r\n"
    ));
    talk.finish();
}

const FAULTS: [(Wild, &str, &str); 6] = [
    (|talk| refuse(talk, "429 Too Many Requests", ""), PATIENT, "fail"),
    (|talk| refuse(talk, "500 Internal Server Error", ""), PATIENT, "info"),
    (|talk| refuse(talk, "503 Service Unavailable", ""), PATIENT, "info"),
    (|talk| refuse(talk, "408 Request Timeout", ""), PATIENT, "info"),
    (|_| {}, PATIENT, "info"),
    (Talk::wait, BRIEF, "info"),
];

#[test]
fn nothing_is_sent_again_unless_it_is_asked_for() {
    for (wild, timeout, outcome) in FAULTS {
        assert_eq!(tried(wild, timeout, "").0, ["ok", outcome, "ok"]);
    }
}

#[test]
fn what_was_turned_away_for_now_is_tried_again_where_it_is_asked_for() {
    for (wild, timeout, outcome) in FAULTS {
        assert_eq!(tried(wild, timeout, ONCE_MORE).0, ["ok", outcome, "ok", "ok"]);
    }
    for (wild, outcome) in [
        ((|talk| refuse(talk, "404 Not Found", "")) as Wild, "fail"),
        (|talk| refuse(talk, "400 Bad Request", ""), "fail"),
    ] {
        assert_eq!(tried(wild, PATIENT, ONCE_MORE).0, ["ok", outcome, "ok"]);
    }
}

#[test]
fn a_service_says_when_it_wants_to_be_asked_again() {
    for wild in
        [(|talk| refuse(talk, "429 Too Many Requests", "retry-after: 1\r\n")) as Wild, |talk| {
            refuse(talk, "503 Service Unavailable", "Retry-After: 1\r\n")
        }]
    {
        let (endings, sent) = tried(wild, PATIENT, ONCE_MORE);
        assert_eq!(endings.len(), 4, "{endings:?}");
        assert!(sent[2] - sent[1] >= 1.0, "{sent:?}");
    }
    let (endings, _) = tried(
        |talk| refuse(talk, "429 Too Many Requests", "retry-after: 3600\r\n"),
        PATIENT,
        ONCE_MORE,
    );
    assert_eq!(endings, ["ok", "fail", "ok"]);
}
