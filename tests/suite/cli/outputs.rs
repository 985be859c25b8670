//! What a run writes for programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Bankrun;

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("samples");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_sample_goes_to_every_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--mode", "robust", "--race-window", "0", "--quiet", "--out", "json=a.jsonl"];
    let more = ["--out", "csv=a.csv", "--out", "json=/dev/full", "--summary-export", "s.json"];
    let run = Bankrun::new(&[&args[..], &more].concat()).folder(folder.path()).run().code(4);
    assert!(run.stderr.contains("nothing more is written to /dev/full"), "{}", run.stderr);

    let lines = lines(&folder.path().join("a.jsonl"));
    let mut sums: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["type"] == "Point") {
        let sum = sums.entry(line["metric"].to_string()).or_default();
        *sum = (sum.0 + 1, sum.1 + line["data"]["value"].as_f64().expect("a number"));
    }
    assert_eq!(sums["\"http_reqs\""], (600, 600.0));
    assert_eq!(sums["\"operations\""], (600, 600.0));
    assert_eq!(sums["\"iterations\""].0, 600);
    assert_eq!(sums["\"http_req_failed\""], (600, 0.0));
    let declared = lines.iter().find(|line| line["type"] == "Metric").expect("a metric");
    assert_eq!(declared["data"]["type"], "counter");
    let point =
        lines.iter().find(|line| line["metric"] == "http_req_duration" && line["type"] == "Point");
    let tags = &point.expect("a duration")["data"]["tags"];
    assert_eq!((&tags["status"], &tags["outcome"]), (&"200".into(), &"ok".into()));

    let mut table = csv::Reader::from_path(folder.path().join("a.csv")).expect("a table");
    let head = table.headers().expect("a head").clone();
    let column = |name| head.iter().position(|head| head == name).expect("a column");
    let (metric, operation) = (column("metric_name"), column("operation"));
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
    let deposits =
        rows.iter().filter(|row| &row[metric] == "http_reqs" && &row[operation] == "deposit");
    assert_eq!(deposits.count(), 350);
}

#[test]
fn outputs_that_are_none_are_refused() {
    for (out, told) in
        [("json", "json=FILE, csv=FILE or prometheus=URL"), ("xml=a", "there are `json` and `csv`")]
    {
        let run = Bankrun::new(&["--mode", "robust", "--out", out]).run().code(2);
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}

const SCENARIO: &str = "
name: two
accounts: {1: 1000}
scenarios:
  race:
    executor: shared-iterations
    vus: 8
    operations:
      - {deposit: 10, account: 1, count: 80}
thresholds:
  http_reqs: count>=80
  iterations: count<5
invariants:
  the money only grows: total >= initial_total
";

/// The attributes of all elements of that name, in their order.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name} ");
    xml.split(&open).skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

#[test]
fn junit_has_a_case_for_what_can_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("two.yaml"), SCENARIO).expect("written");
    let args = ["two.yaml", "--mode", "robust,naive", "--race-window", "5ms", "--junit", "j.xml"];
    Bankrun::new(&args).folder(folder.path()).run().code(1);
    let xml = fs::read_to_string(folder.path().join("j.xml")).expect("a report");
    let suites = elements(&xml, "testsuite");
    assert_eq!(suites.len(), 2, "{xml}");
    assert!(suites[0].contains("name=\"two (robust)\"") && suites[1].contains("two (naive)"));
    // Robust: the threshold; and with it the verdict. Naive: the balance, too.
    assert!(suites[0].contains("tests=\"5\"") && suites[0].contains("failures=\"2\""), "{xml}");
    assert!(suites[1].contains("failures=\"3\"") && suites[1].contains("errors=\"0\""), "{xml}");
    assert!(
        xml.contains("name=\"account 1\"") && xml.contains("lost update on account 1"),
        "{xml}"
    );
    assert!(!xml.contains('\u{1b}'), "no colours");

    let dead = ["two.yaml", "--target", "http://localhost:1", "--junit", "j.xml"];
    Bankrun::new(&dead).folder(folder.path()).run().code(4);
    let xml = fs::read_to_string(folder.path().join("j.xml")).expect("a report");
    assert!(elements(&xml, "testsuite")[0].contains("errors=\"1\""), "{xml}");
    assert!(elements(&xml, "error")[0].contains("cannot be reached"), "{xml}");
}

#[test]
fn github_is_told_where_it_is_listening() {
    let run = Bankrun::new(&["--mode", "naive", "--race-window", "2ms", "--quiet"]);
    let run = run.env("GITHUB_ACTIONS", "true").run().code(1);
    let line = run.stdout.lines().find(|line| line.starts_with("::error title="));
    assert!(
        line.expect("an annotation").contains("of acknowledged money is gone"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_page_for_the_step_is_added_to_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("summary.md");
    fs::write(&page, "# before\n").expect("written");
    fs::write(folder.path().join("two.yaml"), SCENARIO).expect("written");
    let args = ["two.yaml", "--mode", "robust,naive,advisory", "--race-window", "5ms", "--quiet"];
    let run = Bankrun::new(&args).env("GITHUB_STEP_SUMMARY", "summary.md");
    run.folder(folder.path()).run().code(1);
    let text = fs::read_to_string(&page).expect("a page");
    assert!(text.starts_with("# before\n### FAIL: two (robust)\n"), "{text}");
    assert!(text.contains("| 1 | 1000 | 1800 | 1800 | 0 | ok |\n"), "{text}");
    assert!(text.contains("| iterations | count&lt;5 | count=80 | **not met** |\n"), "{text}");
    let naive = text.split("### FAIL: two (naive)").nth(1).expect("the second run");
    assert!(naive.contains("**WRONG**"), "{naive}");
    assert!(naive.contains("\n```text\nlost update on account 1"), "{naive}");
    assert!(naive.contains("```text\nbankrun two.yaml --mode naive"), "{naive}");
    assert!(!text.contains('\u{1b}'), "no colours");
    assert!(text.contains("### SKIPPED: two (advisory)"), "{text}");
}

/// Each of the ways in which an output cannot be written, alone and together.
#[test]
fn outputs_that_fail_are_told_and_lose_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = "GITHUB_STEP_SUMMARY";
    let options = [
        ["--out", "json=/dev/full"],
        ["--out", "csv=none/a.csv"],
        ["--out", "prometheus=http://127.0.0.1:1"],
        ["--history", "none/h.jsonl"],
        ["--summary-export", "none/s.json"],
        ["--junit", "/dev/full"],
        [summary, "none/page.md"],
    ];
    let run = |options: &[[&str; 2]]| {
        let mut args = vec!["--mode", "naive", "--race-window", "2ms", "--quiet"];
        args.extend(options.iter().flatten().filter(|word| **word != summary));
        args.retain(|word| *word != "none/page.md");
        args.extend(["--out", "json=well.jsonl,csv=well.csv"]);
        let page = options.iter().find(|[name, _]| *name == summary).map_or("", |[_, page]| *page);
        let run = Bankrun::new(&args).env(summary, page).folder(folder.path()).run().code(1);
        assert!(run.stdout.contains("FAIL"), "{}", run.stdout);
        for (file, least) in [("well.jsonl", 600 * 6), ("well.csv", 600 * 6)] {
            let text = fs::read_to_string(folder.path().join(file)).expect("samples");
            assert!(text.lines().count() > least, "{file} has {} lines", text.lines().count());
            fs::remove_file(folder.path().join(file)).expect("removed");
        }
        run.stderr
    };
    let place = |[_, value]: [&'static str; 2]| value.split_once('=').map_or(value, |(_, it)| it);
    let full = [["--history", "/dev/full"], ["--summary-export", "/dev/full"]];
    for option in options.into_iter().chain(full) {
        let told = run(&[option]);
        assert!(told.contains(place(option)), "{option:?}: {told}");
    }
    let told = run(&options);
    for option in options {
        assert!(told.contains(place(option)), "{option:?}: {told}");
    }
    assert_eq!(run(&[]), "");
}

#[test]
fn the_documented_summary_is_the_one_that_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--mode", "robust", "--race-window", "0", "--quiet", "--summary-export", "s.json"];
    Bankrun::new(&args).folder(folder.path()).run().code(0);
    let text = fs::read_to_string(folder.path().join("s.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let fields = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let written = [fields(&summary), fields(&summary["runs"][0])].concat();
    let document = include_str!("../../../docs/outputs.md");
    let section =
        document.split("## The summary").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows = section.expect("a section").lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(documented, written);
}
