use std::time::Duration;

use bankrun::model::{AmountRange, Pause};
use bankrun::scenario::{Action, Body, Executor, Operation, Scenario, Selection};

fn read(text: &str) -> Scenario {
    let loaded = Scenario::from_yaml("valid.yaml", text).unwrap_or_else(|found| panic!("{found}"));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    super::schema::accepts(text);
    loaded.scenario
}

const MINIMAL: &str = "
scenarios:
  a:
    executor: shared-iterations
    operations:
      - balance: 1
";

#[test]
fn what_is_not_said_is_as_in_k6() {
    let scenario = read(MINIMAL);
    assert_eq!(scenario.name, "valid");
    assert_eq!((scenario.seed, &scenario.target, &scenario.lua), (None, &None, &None));
    assert_eq!(scenario.timeout, Duration::from_secs(10));
    assert_eq!(scenario.accounts, None);
    assert_eq!(scenario.expect, Default::default());
    let [workload] = &scenario.workloads[..] else { panic!("{:?}", scenario.workloads) };
    let max_duration = Duration::from_secs(600);
    let executor = Executor::SharedIterations { vus: 1, iterations: 1, max_duration };
    assert_eq!(workload.executor, executor);
    assert_eq!(workload.start_time, Duration::ZERO);
    assert_eq!(workload.graceful_stop, Duration::from_secs(30));
    let operations = vec![Operation {
        action: Action::Balance { account: 1.into() },
        think: None,
        tags: Vec::new(),
    }];
    assert_eq!(workload.body, Body::Operations { operations, selection: Selection::InOrder });
}

#[test]
fn everything_can_be_said() {
    let scenario = read(
        r#"
name: everything
seed: 18446744073709551615
target: http://127.0.0.1:3000/api
timeout: 250ms
accounts: { 1: 0, seat-4: 9, "2": 5 }
lua: hooks.lua
scenarios:
  counted:
    executor: per-vu-iterations
    vus: 3
    max_duration: 1m30s
    start_time: 2s
    graceful_stop: 0
    operations:
      - { deposit: 10, account: "1", count: 2, think: 10ms..50ms }
      - { withdraw: 5, account: seat-4, count: 1 }
  weighed:
    executor: constant-vus
    vus: 100000
    duration: 1h
    operations:
      - { deposit: 1, account: 2, weight: 2 }
      - { balance: 2, weight: 4294967295 }
  scripted:
    executor: constant-vus
    duration: 1s
    exec: pay
expect: { balances: { 1: -5 }, total: 7, non_negative: true }
"#,
    );
    assert_eq!(scenario.seed, Some(u64::MAX));
    assert_eq!(scenario.lua, Some("hooks.lua".into()));
    assert_eq!(scenario.accounts.as_ref().map(|accounts| accounts[&"seat-4".into()]), Some(9));
    let [counted, weighed, scripted] = &scenario.workloads[..] else { panic!("three") };
    let max_duration = Duration::from_secs(90);
    let executor = Executor::PerVuIterations { vus: 3, iterations: 3, max_duration };
    assert_eq!(counted.executor, executor);
    assert_eq!(counted.graceful_stop, Duration::ZERO);
    let Body::Operations { operations, selection } = &counted.body else { panic!("operations") };
    assert_eq!(selection, &Selection::Count(vec![2, 1]));
    let ms = Duration::from_millis;
    assert_eq!(operations[0].think, Some(Pause { min: ms(10), max: ms(50) }));
    let amount = AmountRange::fixed(10);
    assert_eq!(operations[0].action, Action::Deposit { account: 1.into(), amount });
    let Body::Operations { selection, .. } = &weighed.body else { panic!("operations") };
    assert_eq!(selection, &Selection::Weight(vec![2, u32::MAX]));
    assert_eq!(scripted.body, Body::Function("pay".into()));
    assert_eq!(scenario.expect.balances[&1.into()], -5);
    assert_eq!(scenario.expect.total, Some(7));
}

#[test]
fn workloads_keep_the_order_of_the_file() {
    let item = "{executor: shared-iterations, operations: [{balance: 1}]}";
    let scenario = read(&format!("scenarios: {{z: {item}, a: {item}, m: {item}}}"));
    let names: Vec<&str> = scenario.workloads.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["z", "a", "m"]);
}

#[test]
fn what_is_repeated_can_be_said_once() {
    let scenario = read(
        "
scenarios:
  a: &race
    executor: shared-iterations
    vus: 10
    operations: &both
      - { deposit: 10, account: 1, count: 50 }
  b:
    <<: *race
    vus: 2
  c:
    executor: per-vu-iterations
    operations: *both
",
    );
    let vus: Vec<u32> = scenario.workloads.iter().map(|each| each.executor.vus()).collect();
    assert_eq!(vus, [10, 2, 1]);
    assert_eq!(scenario.workloads[0].body, scenario.workloads[2].body);
}

#[test]
fn one_document_may_say_so() {
    read(&format!("%YAML 1.2\n---{MINIMAL}...\n"));
}

#[test]
fn colors_are_only_there_on_demand() {
    let problems = Scenario::from_yaml("a.yaml", "nmae: x").expect_err("invalid");
    assert!(problems.render(true, 80).contains("\u{1b}["));
    assert!(!problems.render(false, 80).contains('\u{1b}'));
    assert_eq!(problems.to_string(), problems.render(false, 100));
}
