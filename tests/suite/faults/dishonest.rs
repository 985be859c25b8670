//! A run with a crash in it tells a service that keeps its word from one that
//! acknowledges what it has not written down.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bankrun::engine::{BoxFuture, FaultMaker, Faults, Planned, Run, Service as Tested, Stop};
use bankrun::facts::{Event, Facts};
use bankrun::plan::{self, PlannedFault};
use bankrun::scenario::Scenario;
use bankrun::verdict::{Conclusion, JudgeOptions, Verdict, judge};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Reply, Service};

/// Operations that are acknowledged before the crash, at the least.
const BEFORE: u64 = 20;

const SCENARIO: &str = "
name: a crash in the middle
accounts: { 1: 1000 }
scenarios:
  users:
    executor: shared-iterations
    vus: 4
    operations: [{ deposit: 1..1000, account: 1, count: 200 }]
faults: [{ at: 0s, kill: database }]
";

/// What it answers from is in memory; a crash leaves what is on the disk.
struct Bank {
    honest: bool,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    memory: i64,
    disk: i64,
    acknowledged: u64,
    crashes: u64,
}

impl Bank {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("the books")
    }

    fn answer(&self, path: &str, body: &[u8]) -> Reply {
        let mut books = self.books();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match path {
            "/reset" => {
                books.memory = body["accounts"]["1"].as_i64().expect("a balance");
                books.disk = books.memory;
            }
            "/deposit" => {
                books.memory += body["amount"].as_i64().expect("an amount");
                books.acknowledged += 1;
                if self.honest {
                    books.disk = books.memory;
                }
            }
            _ => {}
        }
        Reply::Json(200, json!({ "balance": books.memory, "newBalance": books.memory }).to_string())
    }
}

/// Waits until there is something to lose.
struct Crash(Arc<Bank>);

impl FaultMaker for Crash {
    fn begin<'a>(&'a self, _: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async {
            while self.0.books().acknowledged < BEFORE {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let mut books = self.0.books();
            books.memory = books.disk;
            books.crashes += 1;
            Ok(())
        })
    }

    fn end<'a>(&'a self, _: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

fn run(honest: bool) -> (Facts, Verdict) {
    let scenario = Scenario::from_yaml("crash.yaml", SCENARIO).expect("valid").scenario;
    let bank = Arc::new(Bank { honest, books: Mutex::default() });
    let answering = bank.clone();
    let service = Service::start(move |_, path, body| answering.answer(path, body));
    let tested = Tested::new(service.url.parse().expect("a target"));
    let program = Arc::new(Planned::new(&scenario, 1, &tested));
    let planned = plan::faults(&scenario, 1);
    let faults = Some(Faults { planned, maker: Arc::new(Crash(bank.clone())) });
    let (events, mut received) = unbounded_channel();
    let (expect, workloads) = (scenario.expect.clone(), scenario.workloads.len());
    let run = Run { scenario, service: tested, program, faults, events, stop: Stop::new() };
    // The service has a runtime of its own.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run.execute()).expect("a run");
    let mut facts = Facts::new(workloads);
    while let Ok(event) = received.try_recv() {
        assert!(!matches!(event, Event::Aborted { .. }), "{event:?}");
        facts.apply(&event);
    }
    assert_eq!(bank.books().crashes, 1);
    let verdict = judge(&expect, &[], &facts, JudgeOptions::default());
    (facts, verdict)
}

#[test]
fn who_writes_down_what_it_acknowledges_keeps_it() {
    let (facts, verdict) = run(true);
    assert_eq!(verdict.conclusion, Conclusion::Pass, "{:?}", verdict.findings);
    let fault = facts.faults.iter().next().expect("one");
    assert!(fault.began.is_some() && fault.ended.is_some() && !fault.missed, "{fault:?}");
    assert!(fault.met.ok >= BEFORE, "{fault:?}");
}

#[test]
fn who_does_not_is_found_out() {
    let (_, verdict) = run(false);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{:?}", verdict.findings);
    assert!(verdict.missing() >= BEFORE, "{:?}", verdict.findings);
}
