use insta::assert_snapshot;

use crate::support::Bankrun;

#[test]
fn help_says_how_to_call_it_and_what_the_exit_codes_mean() {
    let run = Bankrun::new(&["--help"]).run().code(0);
    let codes = run.stdout.split("Exit codes:").nth(1).expect("exit codes");
    assert_snapshot!(codes);
    let options = ["--target", "--mode", "--database", "--watch-database", "--summary-export"];
    for word in options.into_iter().chain(["--lua", "--expect", "\n  watch "]) {
        assert!(run.stdout.contains(word), "{word}");
    }
}

#[test]
fn validate_prints_the_plan() {
    let run = Bankrun::new(&["validate", "scenarios/deterministic.yaml"]).run().code(0);
    assert_snapshot!(run.stdout);
}

/// The box office: declared operations, reset and read, an invariant, a
/// threshold. The seed draws the same on every machine.
#[test]
fn validate_shows_what_a_foreign_service_is_asked() {
    let text = std::fs::read_to_string("scenarios/inventory.yaml").expect("text");
    let text = text.replace("${BOX_OFFICE:-http://localhost:4000}", "http://localhost:4000");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("inventory.yaml"), text).expect("written");
    let run = Bankrun::new(&["validate", "inventory.yaml"]).folder(folder.path()).run().code(0);
    assert_snapshot!(run.stdout);
    let page = std::fs::read_to_string("docs/scenarios.md").expect("the reference");
    assert!(page.contains(&run.stdout), "docs/scenarios.md shows another plan");
}

/// What the plan shows is what is sent.
#[test]
fn the_plan_that_is_shown_is_the_plan_that_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rows.csv"), "account\n1\n2\n3\n").expect("written");
    let text = "
data: { rows: { file: rows.csv, order: shuffled } }
accounts: { 1: 100000, 2: 100000, 3: 100000 }
scenarios:
  alone:
    executor: per-vu-iterations
    iterations: 4
    operations:
      - { deposit: 1..1000, account: \"{{ rows.account }}\", think: 0ms..1ms }
      - { deposit: \"{{ random(1, 50) + vu }}\", account: \"{{ pick([1, 2]) }}\" }
";
    std::fs::write(folder.path().join("s.yaml"), text).expect("written");
    let shown = Bankrun::new(&["validate", "s.yaml", "--seed", "5"]).folder(folder.path()).run();
    let shown = shown.code(0).stdout;
    let (_, begins) = shown.split_once("begins ").expect("a beginning");
    let args = ["s.yaml", "--seed", "5", "--mode", "robust", "--quiet", "--history", "h.jsonl"];
    Bankrun::new(&args).folder(folder.path()).run().code(0);
    let history = std::fs::read_to_string(folder.path().join("h.jsonl")).expect("a history");
    let lines = history
        .lines()
        .map(|line| -> serde_json::Value { serde_json::from_str(line).expect("JSON") });
    let sent: Vec<String> = lines
        .filter(|line| line["type"] == "invoke" && line["f"] == "deposit")
        .map(|line| {
            let account = line["account"].as_str().expect("an account");
            format!("deposit {} on account {account}", line["delta"])
        })
        .collect();
    let planned: Vec<&str> = begins.lines().map(str::trim).take(8).collect();
    assert_eq!(sent, planned);
}

#[test]
fn the_schema_is_printed_as_it_is_in_the_repository() {
    let run = Bankrun::new(&["schema"]).run().code(0);
    let kept = std::fs::read_to_string("docs/scenario.schema.json").expect("the schema");
    assert_eq!(run.stdout, kept);
}

#[test]
fn validate_looks_at_every_file() {
    let files = ["validate", "no.yaml", "scenarios/mix.yaml", "tests"];
    let run = Bankrun::new(&files).run().code(2);
    assert!(run.stderr.contains("no.yaml") && run.stderr.contains("there is no such file"));
    assert!(run.stderr.contains("this is a folder"));
    assert!(run.stdout.contains("50 VUs for 10s"), "{}", run.stdout);
}

#[test]
fn mistakes_in_a_scenario_are_shown_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "scenarios:\n  a:\n    executor: shared-iterations\n    operatons: []\n";
    std::fs::write(folder.path().join("s.yaml"), text).expect("written");
    for command in [&["validate", "s.yaml"][..], &["s.yaml", "--mode", "robust"]] {
        let run = Bankrun::new(command).folder(folder.path()).run().code(2);
        assert!(run.stderr.contains("s.yaml:4:5"), "{}", run.stderr);
        assert!(run.stderr.contains("did you mean `operations`"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn new_writes_a_scenario_that_runs_and_no_file_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let new = || Bankrun::new(&["new", "mine.yaml"]).folder(folder.path()).run();
    let run = new().code(0);
    assert_eq!(run.stdout, "mine.yaml is written; run it with: bankrun mine.yaml\n");
    Bankrun::new(&["mine.yaml", "--mode", "robust"]).folder(folder.path()).run().code(0);
    Bankrun::new(&["new", "mine.lua"]).folder(folder.path()).run().code(0);
    let lua = ["--lua", "mine.lua", "--mode", "robust"];
    Bankrun::new(&lua).folder(folder.path()).run().code(0);
    let again = new().code(2);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}

#[test]
fn completions_and_the_manual_page_are_made() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = Bankrun::new(&["completions", shell]).run().code(0);
        assert!(run.stdout.contains("summary-export"), "{shell}");
    }
    let run = Bankrun::new(&["man"]).run().code(0);
    assert!(run.stdout.contains(".SH"), "{}", run.stdout);
}

#[test]
fn an_expected_failure_is_a_success() {
    Bankrun::new(&["--mode", "naive", "--race-window", "2ms", "--expect", "fail"]).run().code(0);
    let run = Bankrun::new(&["--mode", "robust", "--quiet", "--expect", "fail"]).run().code(1);
    assert!(run.stderr.contains("a failure was expected"), "{}", run.stderr);
    Bankrun::new(&["--mode", "robust", "--quiet", "--expect", "pass"]).run().code(0);
}

#[test]
fn mistakes_of_the_command_line_are_exit_code_2() {
    for (args, hint) in [
        (&["--mode", "robst"][..], "`robst` is no mode"),
        (&["--race-window", "fast"], "not a length of time"),
        (&["--pool-size", "0"], "--pool-size"),
        (&["-e", "novalue"], "expected KEY=VALUE"),
        (&["--nonsense"], "--nonsense"),
        (&["no.yaml"], "there is no such file"),
        (&["scenarios/custom.lua"], "--lua scenarios/custom.lua"),
    ] {
        let run = Bankrun::new(args).run().code(2);
        assert!(run.stderr.contains(hint), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_summary_that_cannot_be_written_changes_no_verdict() {
    let args = ["--mode", "naive", "--race-window", "2ms", "--quiet"];
    let run = Bankrun::new(&[&args[..], &["--summary-export", "/no/such/folder/s.json"]].concat());
    let run = run.run().code(1);
    assert!(run.stderr.contains("could not be written"), "{}", run.stderr);
    let run = Bankrun::new(&["--mode", "robust", "--quiet", "--summary-export", "/dev/full"]).run();
    let run = run.code(4);
    assert!(run.stdout.contains("PASS") && run.stderr.contains("/dev/full"), "{run:?}");
}
