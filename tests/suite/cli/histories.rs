//! `--history` and `check`: what was recorded is judged as it was when it ran.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Bankrun, Ended};

const FOLDER: &str = "tests/fixtures/histories";

fn check(file: &Path) -> Ended {
    Bankrun::new(&["check", file.to_str().expect("a path")]).run()
}

/// Checks a history of these lines.
fn check_lines(lines: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("history.jsonl");
    std::fs::write(&file, lines.join("\n") + "\n").expect("written");
    check(&file)
}

/// The part of a report that does not depend on when and where it ran.
fn verdict(report: &str) -> &str {
    let from = report.find("\naccount ").expect("a table of accounts");
    let to = report.find("\nagain: ").unwrap_or(report.len());
    &report[from..to]
}

/// docs/anomalies.md quotes these.
#[test]
fn every_recorded_anomaly_is_named() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(FOLDER)
        .expect("the histories")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let ended = check(&file);
        assert_snapshot!(name, format!("exit code {}\n{}", ended.code.unwrap_or(-1), ended.stdout));
    }
}

/// The name of each says what is right: `pass-`, `fail-`, or the reason that is given.
#[test]
fn histories_of_every_kind_are_judged_right() {
    let reasons = [
        ("named-applied-twice", 1, "let      #0 (deposit 10) was acknowledged once"),
        ("named-clocks-contradict", 3, "line 4 has time 10, and line 3 before it has 60"),
        ("named-lost-after-a-failover", 1, "use      a synchronous standby"),
        ("named-silent-amounts-too-large", 3, "its amounts are too large to calculate with"),
        ("named-wrong-answer-with-right-balances", 1, "let      #2 (deposit 7) answered 107"),
        ("pass-credit-line-stated", 0, "one order explains every answer and respects"),
        ("pass-free-to-go-below", 0, "not judged: 1 refusal"),
        ("pass-one-refuses-and-another-has-credit", 0, "note: account a refused operations"),
        ("pass-silent-credit-line", 0, "1 refusal of account a not judged"),
        ("pass-transfer-from-an-account-without-start", 0, "account a is not judged"),
        ("fail-below-its-minimum", 1, "account a went down to -1100, below its minimum of -1000"),
        ("fail-acknowledged-then-refused", 1, "refused after it took effect on account a"),
    ];
    let folder = Path::new(FOLDER).join("judged");
    let files = std::fs::read_dir(&folder).expect("the histories");
    let mut seen = 0;
    for file in files.map(|entry| entry.expect("an entry").path()) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let ended = check(&file);
        let reason = reasons.iter().find(|(named, ..)| *named == name);
        let code = match name.split('-').next() {
            Some("pass") => 0,
            Some("fail") => 1,
            _ => reason.unwrap_or_else(|| panic!("no reason for {name}")).1,
        };
        assert_eq!(ended.code, Some(code), "{name}:\n{}{}", ended.stdout, ended.stderr);
        if let Some((_, _, words)) = reason {
            seen += 1;
            assert!(ended.stdout.contains(words), "{name}: no `{words}` in\n{}", ended.stdout);
        }
        if name.starts_with("named-wrong") {
            assert!(!ended.stdout.contains("lost"), "{}", ended.stdout);
        }
    }
    assert_eq!(seen, reasons.len());
}

struct Run {
    ended: Ended,
    summary: Value,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

fn record(args: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, summary) = (folder.path().join("run.jsonl"), folder.path().join("summary.json"));
    let paths = [&file, &summary].map(|path| path.to_str().expect("a path"));
    let more = ["--history", paths[0], "--summary-export", paths[1]];
    let ended = Bankrun::new(&[args, &more].concat()).run();
    let text = std::fs::read_to_string(&summary).expect("a summary");
    let summary = serde_json::from_str(&text).expect("JSON");
    Run { ended, summary, file, _folder: folder }
}

#[test]
fn a_recorded_run_is_judged_as_it_was() {
    for (args, code) in [
        (&["scenarios/random-amounts.yaml", "--mode", "robust"][..], 0),
        (&["scenarios/random-amounts.yaml", "--mode", "naive"], 1),
        (&["scenarios/overdraft.yaml", "--mode", "check-then-act"], 1),
        (&["scenarios/transfers.yaml", "--mode", "naive"], 1),
        (&["scenarios/retries.yaml", "--mode", "robust", "--lose-answers", "10%"], 1),
    ] {
        let run = record(args);
        let (ran, checked) = (run.ended.code(code), check(&run.file).code(code));
        let line = |report: &str| {
            let lines = verdict(report).lines().map(without_time).collect::<Vec<_>>();
            lines.join("\n")
        };
        assert_eq!(line(&ran.stdout), line(&checked.stdout), "{args:?}");
    }
}

/// The line of the verdict ends with the time it took.
fn without_time(line: &str) -> &str {
    let verdict = line.starts_with("PASS") || line.starts_with("FAIL");
    line.rsplit_once("; ").filter(|_| verdict).map_or(line, |(line, _)| line)
}

#[test]
fn a_history_that_was_cut_off_keeps_a_fail_and_is_inconclusive_otherwise() {
    for (mode, code) in [("naive", 1), ("robust", 3)] {
        let run = record(&["scenarios/random-amounts.yaml", "--mode", mode, "--quiet"]);
        let text = std::fs::read_to_string(&run.file).expect("a history");
        // In the middle of a line.
        let end = text.len() * 3 / 4;
        std::fs::write(&run.file, &text[..end]).expect("written");
        let checked = check(&run.file).code(code);
        assert!(checked.stderr.contains("the history was cut off"), "{}", checked.stderr);
    }
}

const HEADER: &str = r#"{"initial":{"1":100}}"#;
const INVOKE: &str = r#"{"type":"invoke","process":0,"f":"deposit","account":"1","delta":5}"#;
const OK: &str = r#"{"type":"ok","process":0,"f":"deposit","account":"1","delta":5,"balance":105}"#;
const FINAL: &str = r#"{"final":{"1":105}}"#;

#[test]
fn a_history_of_few_words_is_judged() {
    check_lines(&[HEADER, INVOKE, OK, FINAL]).code(0);
    let wrong = check_lines(&[HEADER, INVOKE, OK, r#"{"final":{"1":100}}"#]).code(1);
    assert!(wrong.stdout.contains("lost acknowledged write on account 1"), "{}", wrong.stdout);
}

#[test]
fn a_mistake_in_a_history_names_its_line() {
    for (lines, hint) in [
        (&[HEADER, INVOKE, "{", FINAL][..], "history.jsonl: line 3: this is not JSON"),
        (&[HEADER, OK, FINAL], "line 2: process 0 completes what it did not invoke"),
        (&[HEADER, INVOKE, INVOKE, FINAL], "line 3: process 0 invokes"),
        (&[r#"{"initial":{"1":"x"}}"#, INVOKE, OK, FINAL], "line 1: invalid type"),
        (&[HEADER, INVOKE, OK, FINAL, OK], "line 5: there is more after"),
    ] {
        let ended = check_lines(lines).code(2);
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    }
    let none = check(Path::new("no.jsonl")).code(2);
    assert!(none.stderr.contains("no.jsonl: there is no such file"), "{}", none.stderr);
}

#[test]
fn the_summary_carries_the_proof() {
    let naive = record(&["scenarios/random-amounts.yaml", "--mode", "naive", "--quiet"]);
    let verdict = &naive.summary["runs"][0]["verdict"];
    assert_eq!(verdict["conclusion"], "fail");
    assert_eq!(verdict["serializable"], "refuted");
    assert_eq!(verdict["verified"], true);
    let witness = &verdict["witnesses"][0];
    assert_eq!(witness["name"], "lost update");
    assert_eq!(witness["anomaly"]["kind"], "lost_update");
    assert!(witness["operations"].as_array().is_some_and(|ops| ops.len() >= 2), "{witness:#}");
    for part in ["given", "then", "however", "prevention", "ruled_out"] {
        assert!(witness[part].is_string(), "{part}: {witness:#}");
    }

    let robust = record(&["scenarios/random-amounts.yaml", "--mode", "robust", "--quiet"]);
    let verdict = &robust.summary["runs"][0]["verdict"];
    assert_eq!(
        (&verdict["serializable"], &verdict["linearizable"]),
        (&"holds".into(), &"holds".into())
    );
    assert_eq!(verdict["witnesses"], Value::Array(Vec::new()));
    let detection = &verdict["detection"];
    let limit = |level: &str| detection["gap_ms"][level].as_f64().expect("a limit");
    assert!(limit("p50") <= limit("p95") && limit("p95") <= limit("p99"), "{detection:#}");
    let curve = detection["curve"].as_array().expect("a curve");
    let share = |point: &Value, field: &str| point[field].as_f64().expect("a share");
    let ordered = |point: &Value| {
        let (low, caught, high) =
            (share(point, "low"), share(point, "caught"), share(point, "high"));
        low <= caught && caught <= high
    };
    assert!(!curve.is_empty() && curve.iter().all(ordered), "{detection:#}");
    // From the history alone it is the same.
    let checked = check(&robust.file).code(0).stdout;
    assert!(checked.contains(&format!("a gap of {} ms or more (95%)", limit("p95"))), "{checked}");
    let explained = &verdict["explained"];
    assert!(
        explained["applied"].is_array() && explained["not_applied"].is_array(),
        "{explained:#}"
    );
}
