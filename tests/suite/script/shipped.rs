//! The shipped scripts, with a scenario as their options say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bankrun::engine::Stop;
use bankrun::scenario::{Executor, Scenario};
use bankrun::script::Script;
use serde_json::Value;

use super::bank::Bank;
use super::drive::{Ran, execute, scenario, workload};

fn shipped(name: &str) -> Arc<Script> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    Arc::new(Script::load(&path, BTreeMap::new()).expect(name))
}

/// Just enough of `Scenario::from_options` for these two.
fn scenario_of(options: &Value) -> Scenario {
    let workloads = options["scenarios"].as_object().expect("scenarios").iter();
    scenario(
        workloads
            .map(|(name, entry)| {
                let vus = entry["vus"].as_u64().expect("vus") as u32;
                let function = entry["exec"].as_str().unwrap_or("default");
                let iterations = entry["iterations"].as_u64();
                let mut workload = workload(name, function, vus, iterations.unwrap_or(1));
                if iterations.is_none() {
                    let duration = Duration::from_secs(1);
                    workload.executor = Executor::ConstantVus { vus, duration };
                }
                workload
            })
            .collect(),
    )
}

async fn run(name: &str, seed: u64, (bank, url): (Bank, String)) -> (Ran, Value) {
    let script = shipped(name);
    let options = script.options().clone();
    let scenario = scenario_of(&options);
    let program = script.into_program(&scenario, seed).expect("a program");
    (execute(program, scenario, bank, &url, Stop::new()).await.whole(), options)
}

fn difference(ran: &Ran, options: &Value) -> i64 {
    let expected = options["expect"]["balances"].as_object().expect("balances").iter();
    expected.map(|(name, value)| ran.bank.balance(name) - value.as_i64().expect("a balance")).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_end_soon_with_the_money_they_expect() {
    for name in ["custom.lua", "deterministic.lua"] {
        let began = Instant::now();
        let (ran, options) = run(name, 1, Bank::start().await).await;
        assert_eq!(difference(&ran, &options), 0, "{name}");
        assert!(ran.checks().iter().all(|(_, passed)| *passed), "{name}");
        assert!(began.elapsed() < Duration::from_secs(10), "{name} took {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_lose_money_on_a_naive_service() {
    for name in ["custom.lua", "deterministic.lua"] {
        let (ran, options) = run(name, 1, Bank::start_naive().await).await;
        assert_ne!(difference(&ran, &options), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deterministic_set_is_exact() {
    let (ran, _) = run("deterministic.lua", 3, Bank::start().await).await;
    let mut counts = BTreeMap::new();
    for event in &ran.events {
        if let bankrun::facts::Event::Operation(operation) = event {
            *counts
                .entry((operation.call.account().map(ToString::to_string), operation.call.delta()))
                .or_insert(0) += 1;
        }
    }
    let expected = [
        (("1", 10), 100),
        (("1", -5), 100),
        (("2", 20), 50),
        (("2", -15), 50),
        (("3", 1), 200),
        (("3", -2), 100),
    ];
    let expected =
        expected.map(|((account, delta), count)| ((Some(account.to_owned()), delta), count));
    assert_eq!(counts, expected.into());
}
