//! A correct service whose answers come too late: some of the requests that are
//! cut off were applied, and some were not.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::support::{Bankrun, Reply, Service};

const SCENARIO: &str = "
accounts: {1: 100000}
timeout: 150ms
scenarios:
  race:
    executor: shared-iterations
    vus: 6
    operations:
      - {deposit: 1..1000, account: 1, count: 30}
      - {withdraw: 1..1000, account: 1, count: 15}
";

#[derive(Default)]
struct Bank {
    balance: i64,
    updates: u64,
    /// Amounts of the updates that were applied and never answered.
    applied: Vec<i64>,
    /// Of those that were neither.
    dropped: Vec<i64>,
}

/// One in seven updates is applied without an answer, one in seven neither;
/// which ones differs by `seed`.
fn service(seed: u64, bank: &'static Mutex<Bank>) -> Service {
    Service::start(move |method, path, body| {
        let mut bank = bank.lock().expect("not poisoned");
        match (method, path) {
            ("POST", "/reset") => {
                *bank = Bank { balance: 100_000, ..Bank::default() };
                Reply::Json(200, r#"{"status":"ok"}"#.into())
            }
            ("GET", "/balance/1") => Reply::Json(200, format!(r#"{{"balance":{}}}"#, bank.balance)),
            ("POST", "/deposit" | "/withdraw") => {
                let body: Value = serde_json::from_slice(body).expect("JSON");
                let amount = body["amount"].as_i64().expect("an amount");
                let delta = if path == "/deposit" { amount } else { -amount };
                bank.updates += 1;
                match (bank.updates + seed) * 31 % 7 {
                    0 => {
                        bank.balance += delta;
                        bank.applied.push(delta);
                        Reply::Silence
                    }
                    1 => {
                        bank.dropped.push(delta);
                        Reply::Silence
                    }
                    _ => {
                        bank.balance += delta;
                        Reply::Json(200, format!(r#"{{"newBalance":{}}}"#, bank.balance))
                    }
                }
            }
            _ => Reply::Text(404, "Cannot find it"),
        }
    })
}

#[test]
fn a_correct_service_is_never_blamed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let (scenario, summary, history) = (path("s.yaml"), path("summary.json"), path("run.jsonl"));
    std::fs::write(&scenario, SCENARIO).expect("written");
    let bank: &'static Mutex<Bank> = Box::leak(Box::default());
    let mut found_out = 0;
    for seed in 1..=12_u64 {
        let service = service(seed, bank);
        let number = seed.to_string();
        let args = [&scenario, "--target", &service.url, "--seed", &number];
        let files = ["--summary-export", &summary, "--history", &history];
        let run = Bankrun::new(&[&args[..], &files].concat()).run();
        assert!(matches!(run.code, Some(0 | 3)), "seed {seed}: {}", run.stdout);

        let verdict: Value =
            serde_json::from_str(&std::fs::read_to_string(&summary).expect("written"))
                .expect("JSON");
        let verdict = &verdict["runs"][0]["verdict"];
        let amounts = deltas(&std::fs::read_to_string(&history).expect("written"));
        let named = |which: &str| {
            let ids = verdict["explained"][which].as_array().expect("ids").iter();
            let mut deltas: Vec<i64> =
                ids.map(|id| amounts[id.as_u64().expect("a number") as usize]).collect();
            deltas.sort_unstable();
            deltas
        };
        let bank = bank.lock().expect("not poisoned");
        if run.code == Some(0) {
            found_out += 1;
            assert!(run.stdout.contains("note: explained if #"), "{}", run.stdout);
            let sorted = |deltas: &[i64]| {
                let mut deltas = deltas.to_vec();
                deltas.sort_unstable();
                deltas
            };
            assert_eq!(named("applied"), sorted(&bank.applied), "seed {seed}: {}", run.stdout);
            assert_eq!(named("not_applied"), sorted(&bank.dropped), "seed {seed}: {}", run.stdout);
        }
    }
    assert!(found_out >= 6, "only {found_out} of 12 runs were explained");
}

/// By the index of its line, what each operation moves.
fn deltas(history: &str) -> Vec<i64> {
    let lines = history.lines().filter(|line| line.contains(r#""type""#));
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["delta"].as_i64().unwrap_or(0)
        })
        .collect()
}

/// The same of a service that is no bank, and can be asked what became of an
/// order: each is sent up to three times under its key.
const ORDERS: &str = r#"
accounts: {apples: 100000}
timeout: 150ms
reset: {request: {method: PUT, path: /stock, json: {left: "{{ accounts.apples }}"}}}
read: {request: /stock, balances: $}
operations:
  order:
    request: {method: POST, path: /orders, json: {amount: "{{ amount }}", key: "{{ key }}"}}
    effect: {account: apples, delta: "-{{ amount }}", balance: $.left}
    resolve: {request: "/orders/{{ key }}", applied: 200, balance: $.left}
scenarios:
  race:
    executor: shared-iterations
    vus: 6
    iterations: 40
    RETRY
    operations: [{order: {amount: 1..1000}}]
"#;

#[derive(Default)]
struct Stock {
    left: i64,
    asked: u64,
    /// What is left after each order, by its key.
    orders: HashMap<String, i64>,
}

/// Of four requests one is carried out without an answer, and one is lost.
fn stock(seed: u64) -> Service {
    let stock: Mutex<Stock> = Mutex::default();
    Service::start(move |method, path, body| {
        let mut stock = stock.lock().expect("not poisoned");
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let told = |left: i64| Reply::Json(200, format!(r#"{{"left":{left}}}"#));
        match (method, path) {
            ("PUT", "/stock") => {
                stock.left = body["left"].as_i64().expect("a number");
                Reply::Json(200, "{}".into())
            }
            ("GET", "/stock") => Reply::Json(200, format!(r#"{{"apples":{}}}"#, stock.left)),
            ("GET", path) => match stock.orders.get(path.trim_start_matches("/orders/")) {
                Some(left) => told(*left),
                None => Reply::Text(404, "no such order"),
            },
            _ => {
                stock.asked += 1;
                let fate = (stock.asked + seed) * 31 % 8;
                if fate == 1 {
                    return Reply::Silence;
                }
                let key = body["key"].as_str().expect("a key").to_owned();
                let left = match stock.orders.get(&key) {
                    Some(left) => *left,
                    None => {
                        stock.left -= body["amount"].as_i64().expect("an amount");
                        let left = stock.left;
                        stock.orders.insert(key, left);
                        left
                    }
                };
                if fate == 0 { Reply::Silence } else { told(left) }
            }
        }
    })
}

#[test]
fn a_correct_service_of_another_kind_is_never_blamed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.yaml");
    let path = path.to_str().expect("a path");
    let mut passed = 0;
    for seed in 1..=12_u64 {
        let service = stock(seed);
        // Every other time each order is sent once.
        let retry = if seed % 2 == 0 { "retry: {attempts: 3}" } else { "tags: {tries: one}" };
        std::fs::write(path, ORDERS.replace("RETRY", retry)).expect("written");
        let number = seed.to_string();
        let run = Bankrun::new(&[path, "--target", &service.url, "--seed", &number]).run();
        assert!(matches!(run.code, Some(0 | 3)), "seed {seed}: {}{}", run.stdout, run.stderr);
        passed += u32::from(run.code == Some(0));
    }
    assert!(passed >= 6, "only {passed} of 12 runs passed");
}
