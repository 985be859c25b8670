//! A correct service that goes wrong once in a run, in one of several ways: the verdict is
//! FAIL when and only when it did, and the first proof names the operation that it did it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Bankrun, Reply, Service};

const SCENARIO: &str = r#"
accounts: [a]
reset: none
read: { request: "/{{ account }}", balance: $.balance }
operations:
  add:
    request: { method: POST, path: "/add/{{ n }}" }
    effect: { account: a, delta: "{{ n }}", balance: $.balance }
  take:
    request: { method: POST, path: "/take/{{ n }}" }
    rejected: 409
    effect: { account: a, delta: "-{{ n }}", balance: $.balance }
scenarios:
  mix:
    executor: shared-iterations
    vus: 4
    iterations: 60
    operations:
      - { add: { n: 1..1000000 } }
      - { take: { n: 1..1000 } }
      - { balance: a }
"#;

/// How it goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Never,
    /// Acknowledges an update and does not do it.
    Loses,
    /// Does an update twice, and acknowledges it once.
    Doubles,
    /// Answers a read with a balance from long ago.
    Stale,
    /// Refuses what there is enough money for.
    Refuses,
    /// Adds 1 more than it was asked to.
    OffByOne,
    /// Acknowledges an update, and does it twelve requests later.
    AppliesLate,
}

const FAULTS: [Fault; 7] = [
    Fault::Never,
    Fault::Loses,
    Fault::Doubles,
    Fault::Stale,
    Fault::Refuses,
    Fault::OffByOne,
    Fault::AppliesLate,
];

#[derive(Debug)]
struct Account {
    fault: Fault,
    /// Requests until it goes wrong.
    left: u32,
    /// Every balance it has had, the present one last.
    balances: Vec<i64>,
    /// An update that has been acknowledged and not done: its amount, and requests until it is.
    owed: Option<(i64, u32)>,
    /// What the operation that it went wrong at is known by: its amount, or the stale
    /// balance.
    victim: Option<i64>,
}

impl Account {
    fn answer(&mut self, path: &str) -> Reply {
        self.left = self.left.saturating_sub(1);
        if let Some((amount, left)) = self.owed.take() {
            if left == 0 {
                let now = *self.balances.last().expect("a balance");
                self.balances.push(now + amount);
            } else {
                self.owed = Some((amount, left - 1));
            }
        }
        let now = *self.balances.last().expect("a balance");
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let due = self.left == 0 && self.victim.is_none();
        let is = |fault| due && self.fault == fault;
        let told = match parts[..] {
            ["add", amount] => {
                let amount: i64 = amount.parse().expect("an amount");
                let (stored, told) = if is(Fault::AppliesLate) {
                    self.owed = Some((amount, 12));
                    (now, now + amount)
                } else if is(Fault::Loses) {
                    (now, now + amount)
                } else if is(Fault::Doubles) {
                    (now + 2 * amount, now + amount)
                } else if is(Fault::OffByOne) {
                    (now + amount + 1, now + amount + 1)
                } else {
                    (now + amount, now + amount)
                };
                if stored != now + amount || told != now + amount {
                    self.victim = Some(amount);
                }
                self.balances.push(stored);
                told
            }
            ["take", amount] => {
                let amount: i64 = amount.parse().expect("an amount");
                if is(Fault::Refuses) {
                    self.victim = Some(amount);
                    return Reply::Json(409, "{}".into());
                }
                self.balances.push(now - amount);
                now - amount
            }
            _ if is(Fault::Stale) => {
                let old = self.balances[self.balances.len() - 20];
                self.victim = Some(old);
                old
            }
            _ => now,
        };
        Reply::Late(Duration::from_millis(1), format!(r#"{{"balance": {told}}}"#))
    }
}

/// One run. The kind of anomaly in the first proof where it failed, and whether that proof
/// names the operation.
fn run(fault: Fault, seed: u64) -> Option<(String, bool)> {
    let left = 70 + (seed as u32 * 7) % 60;
    let account = Account { fault, left, balances: vec![1_000_000], owed: None, victim: None };
    let account = Arc::new(Mutex::new(account));
    let service = {
        let account = account.clone();
        Service::start(move |_, path, _| account.lock().expect("whole").answer(path))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    std::fs::write(path("s.yaml"), SCENARIO).expect("written");
    let seed = seed.to_string();
    let (scenario, summary, history) = (path("s.yaml"), path("summary.json"), path("h.jsonl"));
    let args = [&scenario, "--target", &service.url, "--seed", &seed, "--quiet"];
    let files = ["--summary-export", &summary, "--history", &history];
    let ended = Bankrun::new(&[&args[..], &files[..]].concat()).run();
    let victim = account.lock().expect("whole").victim;
    assert_eq!(victim.is_some(), fault != Fault::Never, "it went wrong");
    ended.code(if victim.is_some() { 1 } else { 0 });
    let summary = std::fs::read_to_string(&summary).expect("written");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let victim = victim?;
    let witness = &summary["runs"][0]["verdict"]["witnesses"][0];
    let kind = witness["name"].as_str().unwrap_or("nothing").to_owned();
    let is_victim = |operation: &Value| {
        let what = operation["what"].as_str().unwrap_or_default();
        let named =
            what.split(' ').any(|word| word.trim_start_matches(['-', '+']) == victim.to_string());
        named || (fault == Fault::Stale && operation["after"].as_i64() == Some(victim))
    };
    let operations = witness["operations"].as_array().cloned().unwrap_or_default();
    // A proof of a single operation has no timeline.
    let given = witness["given"].as_str().unwrap_or_default();
    let is_named = operations.iter().any(is_victim) || given.contains(&format!("{victim})"));
    if !is_named && let Some(kept) = std::env::var_os("BANKRUN_RARE_FAULTS_KEEP") {
        let name = format!("{fault:?}-{seed}-{victim}.jsonl");
        std::fs::copy(&history, std::path::Path::new(&kept).join(name)).expect("kept");
    }
    Some((kind, is_named))
}

/// `BANKRUN_RARE_FAULTS_RUNS=20` for as many runs of each kind.
#[test]
fn a_rare_fault_is_seen_and_its_operation_is_named() {
    let runs = std::env::var("BANKRUN_RARE_FAULTS_RUNS").ok().and_then(|runs| runs.parse().ok());
    let runs: u64 = runs.unwrap_or(2);
    let (mut faults, mut named) = (0, 0);
    let mut told = Vec::new();
    for fault in FAULTS {
        let found: Vec<(String, bool)> = (1..=runs).filter_map(|seed| run(fault, seed)).collect();
        let right = found.iter().filter(|(_, is_named)| *is_named).count();
        let mut kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let (all, kinds) = (found.len(), kinds.join(", "));
        told.push(format!("{fault:?}: {all} failed, {right} named: {kinds}"));
        faults += found.len();
        named += right;
    }
    assert!(named * 100 >= faults * 95, "the first proof names {named} of {faults}: {told:#?}");
}
