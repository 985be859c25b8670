//! The options that stand over the executors of a file, and what is seen of them.

use std::path::Path;

use crate::support::{Bankrun, Ended};

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/deterministic.yaml");

fn validate(more: &[&str]) -> Bankrun {
    Bankrun::new(&[&["validate", SHIPPED], more].concat())
}

fn with_file(text: &str, args: impl Fn(&str) -> Vec<String>) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, text).expect("written");
    let args = args(file.to_str().expect("a path"));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Bankrun::new(&args).folder(Path::new("/")).run()
}

#[test]
fn the_command_line_stands_over_the_environment_and_that_over_the_file() {
    let plan = |bankrun: Bankrun| bankrun.run().code(0).stdout;
    assert!(plan(validate(&[])).contains("user-1: 200 iterations shared by 10 VUs"));
    let environment = |bankrun: Bankrun| {
        bankrun.env("BANKRUN_VUS", "3").env("BANKRUN_DURATION", "5s").env("BANKRUN_SEED", "1")
    };
    assert!(plan(environment(validate(&[]))).contains("user-1: 3 VUs for 5s"));
    let both = plan(environment(validate(&["-i", "40", "-u", "4"])));
    assert!(both.contains("user-1: 40 iterations shared by 4 VUs"), "{both}");
    let one = plan(environment(validate(&["--duration", "1m"])));
    assert!(one.contains("user-1: 3 VUs for 1m"), "{one}");
    let stages = validate(&["--stage", "10s:5", "-s", "1m:5,0:0"]).env("BANKRUN_DURATION", "5s");
    let stages = plan(stages);
    assert!(stages.contains("user-1: VUs from 1 to 5 in 10s, for 1m, at once to 0"), "{stages}");
}

#[test]
fn what_contradicts_itself_is_a_usage_error() {
    validate(&["--stage", "10s:5", "--duration", "5s"]).run().code(2);
    validate(&["--stage", "5"]).run().code(2);
    validate(&["--vus", "0"]).run().code(2);
    let environment = validate(&[]).env("BANKRUN_STAGES", "10s:5").env("BANKRUN_ITERATIONS", "5");
    let refused = environment.run().code(2);
    assert!(refused.stderr.contains("exclude each other"), "{}", refused.stderr);
    let refused = Bankrun::new(&["--mode", "robust"]).env("BANKRUN_VUS", "some").run().code(2);
    assert!(refused.stderr.contains("BANKRUN_VUS=some: expected a whole number"));
}

#[test]
fn what_the_file_can_no_longer_expect_is_set_aside_and_said() {
    let args = ["--mode", "robust", "--race-window", "0", "--vus", "4", "--iterations", "30"];
    let run = Bankrun::new(&args).run().code(0);
    assert!(run.stderr.contains(
        "note: user-1: 30 iterations shared by 4 VUs, where the file says 200 iterations shared by \
         10 VUs"
    ));
    assert!(run.stdout.contains(
        "note: the balances of 3 accounts, as the file states them, are set aside: with --vus 4 \
         --iterations 30 other work is done than it counts on; judged by what was acknowledged"
    ), "{}", run.stdout);
    assert!(run.stdout.contains("3 balances as expected"), "{}", run.stdout);
}

#[test]
fn a_naive_server_fails_all_the_same_and_says_how_to_see_it_again() {
    let args = ["--mode", "naive", "--vus", "10", "--iterations", "100", "--quiet"];
    let run = Bankrun::new(&args).run().code(1);
    let again = run.stdout.lines().find(|line| line.starts_with("again: ")).expect("again");
    assert!(
        again.starts_with("again: bankrun --vus 10 --iterations 100 --mode naive --seed"),
        "{again}"
    );
}

#[test]
fn vus_alone_leave_the_work_as_it_is() {
    let args = ["--mode", "robust", "--race-window", "0", "--vus", "3"];
    let run = Bankrun::new(&args).run().code(0);
    assert!(!run.stdout.contains("set aside"), "{}", run.stdout);
    let mut table = run.stdout.lines().skip_while(|line| !line.starts_with("scenario"));
    let row = table.find(|line| line.starts_with("user-1")).expect("a row");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>()[..4], ["user-1", "3", "200", "200"]);
}

const ARRIVALS: &str = "
accounts: { 1: 1000 }
scenarios:
  rush:
    executor: constant-arrival-rate
    rate: 100
    duration: 500ms
    pre_allocated_vus: 1
    operations: [{ deposit: 1, account: 1, think: 10s }]
    graceful_stop: 0
  ramp:
    executor: ramping-vus
    start_vus: 2
    stages: [{ duration: 300ms, target: 4 }]
    operations: [{ deposit: 1, account: 1, think: 20ms }]
  rise:
    executor: ramping-arrival-rate
    start_rate: 10
    stages: [{ duration: 500ms, target: 50 }, { duration: 0, target: 20 }, { duration: 1s, target: 20 }]
    pre_allocated_vus: 2
    max_vus: 100
    operations: [{ deposit: 1, account: 1 }]
";

#[test]
fn validate_shows_stages_and_rates() {
    let plan = with_file(ARRIVALS, |file| vec!["validate".into(), file.into()]).code(0).stdout;
    insta::assert_snapshot!(plan);
}

#[test]
fn what_was_dropped_is_counted_and_explained() {
    let ended = with_file(ARRIVALS, |file| {
        ["--mode", "robust", "--race-window", "0", "--summary-export", "-", file]
            .map(str::to_owned)
            .into()
    });
    let ended = ended.code(0);
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).expect("json");
    let workloads = &summary["runs"][0]["scenarios"];
    let dropped = |index: usize| &workloads[index]["metrics"]["iterations_dropped"];
    assert_eq!([dropped(0), dropped(1)], [49, 0]);
    assert!(ended.stderr.contains("rush: 49 iterations were due and nobody was free"));
    let head =
        ended.stderr.lines().find(|line| line.starts_with("scenario  vus")).expect("a table");
    assert!(head.starts_with("scenario  vus  iterations  dropped  ok"), "{head}");
}
