//! Many runs, many modes, and how much must be known.

use crate::support::Bankrun;

const SMALL: &str = "
accounts: {1: 1000}
scenarios:
  race:
    executor: shared-iterations
    vus: 4
    operations: [{deposit: 1..100, account: 1, count: 20}]
";

fn run(scenario: &str, args: &[&str]) -> crate::support::Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, scenario).expect("written");
    Bankrun::new(&[&[file.to_str().expect("a path")], args].concat()).run()
}

#[test]
fn repeated_runs_are_counted_and_their_seeds_named() {
    let ended = run(SMALL, &["--mode", "robust,naive", "--repeat", "3", "--seed", "7"]).code(1);
    let counts: Vec<&str> =
        ended.stdout.lines().filter(|line| line.contains("runs failed")).collect();
    assert_eq!(counts.len(), 2, "{}", ended.stdout);
    assert!(counts[0].starts_with("robust: 0 of 3 runs failed (95% confidence: 0.0% to 56.1%)"));
    assert!(counts[1].starts_with("naive: 3 of 3 runs failed"), "{counts:?}");
    assert!(counts[1].ends_with("seeds 7, 8, 9"), "{counts:?}");
}

#[test]
fn until_it_fails_and_no_further() {
    let ended = run(SMALL, &["--mode", "naive", "--until-fail", "--quiet"]).code(1);
    assert!(ended.stdout.contains("naive: 1 of 1 runs failed"), "{}", ended.stdout);
    let never = ["--mode", "robust", "--until-fail", "--repeat", "2", "--quiet"];
    let ended = run(SMALL, &never).code(0);
    assert!(ended.stdout.contains("robust: 0 of 2 runs failed"), "{}", ended.stdout);
}

#[test]
fn all_modes_are_compared_and_those_that_sqlite_lacks_are_skipped() {
    let ended = run(SMALL, &["--mode", "all"]).code(1);
    let table: Vec<&str> =
        ended.stdout.lines().skip_while(|line| !line.starts_with("side by side")).collect();
    for (mode, verdict) in [
        ("robust", "PASS"),
        ("atomic", "PASS"),
        ("optimistic", "PASS"),
        ("advisory", "SKIPPED"),
        ("batched", "PASS"),
        ("naive", "FAIL"),
        ("transaction", "SKIPPED"),
        ("check-then-act", "PASS"),
    ] {
        let row = table.iter().find(|row| row.split_whitespace().next() == Some(mode));
        assert!(row.is_some_and(|row| row.to_uppercase().contains(verdict)), "{mode}: {table:#?}");
    }
}

/// Few balances and many updates at once: whether an order respects the clock
/// takes a search.
#[test]
fn what_stays_undecided_counts_only_when_it_is_asked_for() {
    let check = |more: &[&str]| {
        let file = "tests/fixtures/histories/crowded.jsonl";
        Bankrun::new(&[&["check", file], more].concat()).run()
    };
    let ended = check(&["--check-budget", "0"]).code(0);
    assert!(ended.stdout.contains("unknown (raise --check-budget)"), "{}", ended.stdout);
    let ended = check(&["--check-budget", "0", "--require", "linearizable"]).code(3);
    assert!(ended.stdout.contains("INCONCLUSIVE"), "{}", ended.stdout);
    let ended = check(&["--require", "linearizable"]).code(0);
    assert!(ended.stdout.contains("respects the clock"), "{}", ended.stdout);
}
