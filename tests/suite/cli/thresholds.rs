//! Thresholds and checks, from the file to the exit code.

use std::fs;

use bankrun::model::{BuiltIn, MetricKind, Unit};
use serde_json::Value;

use crate::support::{Bankrun, Ended};

const SCENARIO: &str = "
seed: 1
accounts: {1: 1000}
scenarios:
  race:
    executor: shared-iterations
    vus: 4
    operations:
      - {deposit: 10, account: 1, count: 20}
      - {withdraw: 5, account: 1, count: 10}
thresholds:
";

/// Runs the scenario with these thresholds; gives its summary, too.
fn run(thresholds: &str, more: &[&str]) -> (Ended, Value) {
    run_file("s.yaml", &format!("{SCENARIO}{thresholds}"), &[&["s.yaml"], more].concat())
}

fn run_file(name: &str, text: &str, args: &[&str]) -> (Ended, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), text).expect("written");
    let all = [args, &["--summary-export", "summary.json"]].concat();
    let ended = Bankrun::new(&all).folder(folder.path()).run();
    let summary = fs::read_to_string(folder.path().join("summary.json")).unwrap_or_default();
    (ended, serde_json::from_str(&summary).unwrap_or_default())
}

/// What is between this heading and the next empty line.
fn section(ended: &Ended, heading: &str) -> String {
    let lines = ended.stdout.lines().skip_while(|line| !line.starts_with(heading));
    lines.take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[test]
fn thresholds_that_hold_are_shown_and_pass() {
    let thresholds = "
  http_req_duration{operation:deposit}: [\"p(95)<60000\", {threshold: max<60000, abort_on_fail: true}]
  http_req_failed: rate==0
  iterations: count===30
  iterations{scenario:race}: [count>=30]
  http_reqs{operation:withdraw,status:200}: count==10
  operations{outcome:unknown}: count==0
  dropped_iterations: count<1
  vus_max: value==4
";
    let (ended, summary) = run(thresholds, &["--mode", "robust"]);
    let ended = ended.code(0);
    insta::with_settings!({filters => vec![(r"=[\d.]+(µs|ms|s)\b", "=TIME")]}, {
        insta::assert_snapshot!(section(&ended, "thresholds"));
    });
    assert!(ended.stdout.contains("PASS 9 of 9 thresholds met; 1 balance as expected"));
    let run = &summary["runs"][0];
    assert_eq!(run["thresholds"][2]["metric"], "http_req_failed");
    assert_eq!(run["thresholds"][2]["ok"], true);
    assert_eq!(run["thresholds"][3]["actual"], 30.0);
    assert_eq!(run["metrics"]["http_reqs"]["type"], "counter");
    assert_eq!(run["metrics"]["http_reqs"]["values"]["count"], 30.0);
    assert_eq!(run["metrics"]["http_req_duration"]["contains"], "time");
    let part = &run["metrics"]["http_req_duration{operation:deposit}"];
    assert_eq!(part["values"]["count"], 20);
}

#[test]
fn one_that_does_not_hold_fails_the_run_though_the_money_is_there() {
    let thresholds =
        "  http_req_duration{operation:deposit}: \"p(95)<0.001\"\n  iterations: count>1\n";
    let (ended, summary) = run(thresholds, &["--mode", "robust"]);
    let ended = ended.code(1);
    assert!(ended.stdout.contains("FAIL 1 of 2 thresholds met; 1 balance as expected"));
    let wrong = "wrong: p(95)<0.001 of http_req_duration{operation:deposit} does not hold: p(95)=";
    assert!(ended.stdout.contains(wrong), "{}", ended.stdout);
    assert_eq!(summary["runs"][0]["thresholds"][0]["ok"], false);
    assert_eq!(summary["exit_code"], 1);
    assert!(!ended.stdout.contains("aborted"), "{}", ended.stdout);
}

#[test]
fn each_mode_and_each_repetition_has_its_own() {
    let thresholds = "  iterations: count==30\n  http_reqs: count==30\n";
    let (ended, summary) = run(thresholds, &["--mode", "robust,atomic"]);
    ended.code(0);
    for run in [&summary["runs"][0], &summary["runs"][1]] {
        assert_eq!(run["thresholds"][0]["actual"], 30.0);
        assert_eq!(run["thresholds"][1]["actual"], 30.0);
    }
    let (ended, _) = run(thresholds, &["--mode", "robust", "--repeat", "3"]);
    let ended = ended.code(0);
    assert!(ended.stdout.contains("0 of 3 runs failed"), "{}", ended.stdout);
    let (ended, _) = run("  iterations: count>30\n", &["--mode", "robust", "--repeat", "2"]);
    let ended = ended.code(1);
    assert!(ended.stdout.contains("2 of 2 runs failed"), "{}", ended.stdout);
}

#[test]
fn a_threshold_may_end_the_run() {
    let text = "
accounts: {1: 1000}
scenarios:
  long:
    executor: constant-vus
    vus: 2
    duration: 10m
    operations: [{deposit: 1, account: 1, think: 1ms}]
expect: {balances: {1: 5}}
thresholds:
  iterations: [{threshold: count<1, abortOnFail: true}]
";
    let (ended, summary) = run_file("s.yaml", text, &["s.yaml", "--mode", "robust"]);
    let ended = ended.code(1);
    assert!(ended.stdout.contains("ended the run after"), "{}", ended.stdout);
    let run = &summary["runs"][0];
    assert_eq!(run["aborted"], "count<1 of iterations does not hold");
    assert_eq!(run["interrupted"], false);
    assert!(run["thresholds"][0]["aborted_at_s"].is_number());
    // Held to what was acknowledged only.
    assert_eq!(run["verdict"]["accounts"][0]["conclusion"], "pass");
}

const SCRIPT: &str = r#"
options = {
  vus = 2, iterations = 10,
  accounts = { [1] = 1000 },
  thresholds = { checks = THRESHOLD, ["checks{check:half}"] = "rate>0" },
}
local n = 0
function default()
  n = n + 1
  local res = http.get("/balance/1")
  check(res, {
    ["status is 200"] = function(r) return r.status == 200 end,
    half = function() return n % 2 == 1 end,
  })
end
"#;

#[test]
fn failed_checks_fail_a_run_only_through_a_threshold() {
    let run = |threshold: &str| {
        let script = SCRIPT.replace("THRESHOLD", threshold);
        run_file("c.lua", &script, &["--lua", "c.lua", "--mode", "robust"])
    };
    let (ended, summary) = run("\"rate>=0.5\"");
    let ended = ended.code(0);
    assert!(section(&ended, "checks  ").contains("✓ status is 200: 10 of 10"), "{}", ended.stdout);
    assert!(section(&ended, "checks  ").contains("✗ half: "), "{}", ended.stdout);
    assert_eq!(summary["runs"][0]["checks"]["status is 200"]["passes"], 10);
    let (ended, _) = run("{ \"rate==1\" }");
    let ended = ended.code(1);
    assert!(ended.stdout.contains("wrong: rate==1 of checks does not hold"), "{}", ended.stdout);
}

#[test]
fn a_threshold_on_a_metric_that_nobody_made_fails_and_says_so() {
    let script = "options = { thresholds = { payments = \"count>0\" } }\nfunction default() end\n";
    let (ended, _) = run_file("c.lua", script, &["--lua", "c.lua", "--mode", "robust"]);
    let ended = ended.code(1);
    assert!(ended.stdout.contains("✗ count>0  no data"), "{}", ended.stdout);
    assert!(ended.stdout.contains("count>0 of payments cannot hold: no data"), "{}", ended.stdout);
}

#[test]
fn a_mistake_in_a_script_names_its_place() {
    let script = "options = { thresholds = { http_reqs = \"p95<1\" } }\nfunction default() end\n";
    let (ended, _) = run_file("c.lua", script, &["--lua", "c.lua"]);
    let ended = ended.code(2);
    assert!(ended.stderr.contains("unknown aggregation `p95`"), "{}", ended.stderr);
    assert!(ended.stderr.contains("thresholds.http_reqs"), "{}", ended.stderr);
}

#[test]
fn a_recorded_history_is_judged_without_thresholds() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{SCENARIO}  iterations: count>1000\n");
    fs::write(folder.path().join("s.yaml"), text).expect("written");
    let args = ["s.yaml", "--mode", "robust", "--history", "h.jsonl"];
    Bankrun::new(&args).folder(folder.path()).run().code(1);
    Bankrun::new(&["check", "h.jsonl"]).folder(folder.path()).run().code(0);
}

#[test]
fn the_document_names_the_metrics_that_there_are() {
    let text = fs::read_to_string("docs/metrics.md").expect("the document");
    let unit = |unit| match unit {
        Unit::Number => "number",
        Unit::Share => "share",
        Unit::Milliseconds => "milliseconds",
    };
    for metric in BuiltIn::ALL {
        let tags = metric.tags().iter().map(|tag| format!("`{tag}`")).collect::<Vec<_>>();
        let row = format!(
            "| `{}` | {} | {} | {} |",
            metric.name(),
            metric.kind(),
            unit(metric.unit()),
            tags.join(", ")
        );
        assert!(text.contains(&row), "{row}");
    }
    let rows = text.lines().filter(|line| line.starts_with("| `") && line.contains("`scenario`"));
    assert_eq!(rows.count(), BuiltIn::ALL.len());
    for kind in [MetricKind::Counter, MetricKind::Gauge, MetricKind::Rate, MetricKind::Trend] {
        let row = text.lines().find(|line| line.starts_with(&format!("| {kind} |")));
        for aggregation in kind.aggregations() {
            let written = format!("`{aggregation}`");
            assert!(row.is_some_and(|row| row.contains(&written)), "{kind} {written}");
        }
    }
}
