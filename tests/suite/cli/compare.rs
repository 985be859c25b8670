//! Two summaries side by side.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended};

/// A summary with runs of one scenario: verdict, requests a second, p(95).
fn summary(path: &Path, runs: &[(&str, f64, f64)]) {
    let run = |(verdict, rate, p95): &(&str, f64, f64)| {
        json!({
            "header": { "scenario": "shop", "mode": "robust", "target": "http://localhost:1" },
            "verdict": { "conclusion": verdict },
            "missing": if *verdict == "fail" { 10 } else { 0 },
            "metrics": {
                "http_reqs": { "values": { "count": 100, "rate": rate } },
                "http_req_duration": { "values": { "p(95)": p95 } },
            },
        })
    };
    let runs: Vec<Value> = runs.iter().map(run).collect();
    let summary = json!({ "bankrun": "0", "schema": 1, "exit_code": 0, "runs": runs });
    fs::write(path, summary.to_string()).expect("written");
}

fn compared(before: &[(&str, f64, f64)], after: &[(&str, f64, f64)], limits: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    summary(&folder.path().join("a.json"), before);
    summary(&folder.path().join("b.json"), after);
    let limits = limits.iter().flat_map(|limit| ["--fail-on", limit]);
    let args: Vec<&str> = ["compare", "a.json", "b.json"].into_iter().chain(limits).collect();
    Bankrun::new(&args).folder(folder.path()).run()
}

#[test]
fn what_changed_is_shown() {
    let run = compared(&[("pass", 100.0, 20.0)], &[("fail", 80.0, 22.5)], &[]).code(0);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn what_lies_among_the_runs_of_before_is_noise() {
    let before = [("pass", 100.0, 20.0), ("pass", 110.0, 30.0), ("pass", 105.0, 25.0)];
    let run = compared(&before, &[("pass", 80.0, 29.0)], &["p(95)+10%"]).code(0);
    insta::assert_snapshot!(run.stdout);
    compared(&before, &[("pass", 80.0, 31.0)], &["p(95)+10%"]).code(1);
}

#[test]
fn limits_fail_what_got_worse_and_nothing_else() {
    let fails = |limit: &str, expected: i32| {
        let run = compared(&[("pass", 100.0, 20.0)], &[("fail", 80.0, 23.0)], &[limit]);
        run.code(expected);
    };
    fails("p(95)+10%", 1);
    fails("p(95)+20%", 0);
    fails("p(95)+2.5", 1);
    fails("http_reqs.rate-10%", 1);
    fails("http_reqs.rate-25%", 0);
    fails("http_reqs.rate+0%", 0);
    fails("missing+0", 1);
    fails("verdict", 1);
    fails("nonsense.count+1", 1);
    fails("nonsense", 2);
}

#[test]
fn real_summaries_can_be_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.json", "b.json"] {
        let args = ["--mode", "robust", "--race-window", "0", "--quiet", "--summary-export", name];
        Bankrun::new(&args).folder(folder.path()).run().code(0);
    }
    let args = ["compare", "a.json", "b.json", "--fail-on", "verdict", "--fail-on", "missing+0"];
    let run = Bankrun::new(&args).folder(folder.path()).run().code(0);
    assert!(run.stdout.contains("http_req_duration.p(95)"), "{}", run.stdout);
    fs::write(folder.path().join("c.json"), "{}").expect("written");
    let run = Bankrun::new(&["compare", "a.json", "c.json"]).folder(folder.path()).run().code(2);
    assert!(run.stderr.contains("c.json: it has no `schema`"), "{}", run.stderr);
}
