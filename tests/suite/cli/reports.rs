use insta::assert_snapshot;

use crate::support::Bankrun;

/// Times, ports and what chance decides, taken out of a report.
macro_rules! redacted {
    ($($body:tt)*) => {
        insta::with_settings!({filters => vec![
            (r"localhost:\d+", "localhost:PORT"),
            (r"a gap of [\d.]+ ms", "a gap of LIMIT ms"),
            (r"\b\d+(\.\d+)?(µs|ms|s)\b", "TIME"),
            (r"(SQLite|PostgreSQL) [\d.]+", "$1 VERSION"),
            (r"(?m)^((?:user-\d|all) .*) [\d.]+$", "$1 RATE"),
            (r"(?m)^latency .*$", "latency min avg med p90 p95 p99 max"),
            (r" +TIME", " TIME"),
            (r" +RATE", " RATE"),
            (r"(?m)(\d+ iterations, )[\d.]+ req/s", "${1}RATE req/s"),
        ]}, { $($body)* })
    };
}

#[test]
fn the_deterministic_set_passes_in_robust_mode() {
    let run = Bankrun::new(&["scenarios/deterministic.yaml", "--mode", "robust"]).run().code(0);
    redacted!(assert_snapshot!(run.stdout));
    // A slow machine says more on the way.
    redacted!(assert_snapshot!(run.stderr.lines().last().expect("progress")));
}

#[test]
fn without_arguments_beside_a_mode_it_is_the_same_set() {
    let run = Bankrun::new(&["--mode", "robust", "--quiet"]).folder("/".as_ref()).run().code(0);
    redacted!(assert_snapshot!(run.stdout));
    assert_eq!(run.stderr, "");
}

#[test]
fn the_naive_mode_loses_money_and_the_report_says_how_much() {
    let run = Bankrun::new(&["--mode", "naive", "--race-window", "2ms"]).run().code(1);
    assert!(run.stdout.contains("of acknowledged money is gone"), "{}", run.stdout);
    assert!(run.stdout.contains("again: bankrun --mode naive --race-window 2ms --seed 1"));
    assert!(run.stdout.lines().any(|line| line.starts_with("1 ") && line.ends_with("WRONG")));
}

#[test]
fn two_modes_stand_side_by_side() {
    let run = Bankrun::new(&["--mode", "robust,naive"]).run().code(1);
    let table: Vec<&str> =
        run.stdout.lines().skip_while(|line| !line.starts_with("side by side")).collect();
    assert!(table[1].starts_with("robust") && table[1].contains("PASS"), "{table:?}");
    assert!(table[2].starts_with("naive") && table[2].contains("FAIL"), "{table:?}");
}

#[test]
fn the_original_testers_way_passes_naive_with_a_warning() {
    let naive = ["scenarios/one-by-one.yaml", "--mode", "naive", "--race-window", "0"];
    let run = Bankrun::new(&naive).run().code(0);
    assert!(run.stdout.contains("could not have caught a lost update"), "{}", run.stdout);
    Bankrun::new(&[&naive[..], &["--strict"]].concat()).run().code(3);
}

#[test]
fn a_reader_of_all_accounts_sees_money_that_is_in_none() {
    let args = ["scenarios/transfers.yaml", "--mode", "check-then-act"];
    let run = Bankrun::new(&args).run().code(1);
    assert!(
        run.stdout.contains("the balances add up, the answers on the way do not"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("total not conserved"), "{}", run.stdout);
}

#[test]
fn what_was_never_answered_is_looked_up_by_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "accounts: {1: 0}\nscenarios:\n  keyed:\n    executor: shared-iterations\n    \
                vus: 4\n    retry: {attempts: 2, idempotency_key: true}\n    \
                operations: [{deposit: 1..100, account: 1, count: 20}]\n";
    std::fs::write(folder.path().join("s.yaml"), text).expect("written");
    let lost = ["s.yaml", "--mode", "robust", "--lose-answers", "100%", "--history", "h.jsonl"];
    let run = Bankrun::new(&lost).folder(folder.path()).run().code(3);
    assert!(run.stdout.contains("20 operations were never answered"), "{}", run.stdout);
    assert!(run.stdout.contains("1 balance as expected"), "{}", run.stdout);
    assert!(run.stdout.contains("none of 40 operations was acknowledged"), "{}", run.stdout);
    let check = Bankrun::new(&["check", "h.jsonl"]).folder(folder.path()).run().code(3);
    assert!(check.stdout.contains("1 balance as expected"), "{}", check.stdout);
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let args = ["--mode", "robust", "--race-window", "0"];
    let plain = Bankrun::new(&args).run().code(0);
    assert!(!plain.stdout.contains('\u{1b}') && !plain.stderr.contains('\u{1b}'));
    let forced = Bankrun::new(&args).env("CLICOLOR_FORCE", "1").run().code(0);
    assert!(forced.stdout.contains('\u{1b}'));
    let off = Bankrun::new(&[&args[..], &["--no-color"]].concat());
    let off = off.env("CLICOLOR_FORCE", "1").run().code(0);
    assert!(!off.stdout.contains('\u{1b}'));
}

#[test]
fn the_summary_holds_the_facts_of_the_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("summary.json");
    let path = file.to_str().expect("a path");
    let args = ["--mode", "robust,naive", "--quiet", "--summary-export", path];
    Bankrun::new(&args).run().code(1);
    let text = std::fs::read_to_string(&file).expect("written");
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let [robust, naive] = [&summary["runs"][0], &summary["runs"][1]];
    assert_eq!(summary["exit_code"], 1);
    assert_eq!(robust["header"]["mode"], "robust");
    assert_eq!(robust["verdict"]["conclusion"], "pass");
    assert_eq!(robust["verdict"]["accounts"][0]["actual"], 1500);
    assert_eq!(robust["total"]["outcomes"]["ok"], 600);
    assert_eq!(robust["scenarios"][2]["metrics"]["latency_ms"]["count"], 300);
    assert_eq!(naive["verdict"]["conclusion"], "fail");
    let lost =
        naive["missing"].as_u64().expect("a number") + naive["surplus"].as_u64().expect("a number");
    assert!(lost > 0);
}
