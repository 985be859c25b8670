//! Runs scenarios against a service in this process, and collects what happened.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bankrun::engine::{
    Behaviour, BoxFuture, Cut, Planned, Program, Run, Service as Tested, Stop, Vu,
};
use bankrun::facts::{Event, Metrics};
use bankrun::scenario::Scenario;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Reply, Service};

/// What a bank without accounts, locks or a database answers to everything.
pub(super) const ANSWER: &str = r#"{"status":"ok","balance":1000,"newBalance":1000}"#;

pub(super) fn null_server() -> Service {
    Service::start(|_, _, _| Reply::Json(200, ANSWER.to_owned()))
}

/// All that came of a run.
pub(super) struct Ran {
    pub(super) events: Vec<Event>,
    pub(super) metrics: Metrics,
    pub(super) took: Duration,
}

/// A scenario of the given workloads, `name: { ... }` each on a line.
pub(super) fn scenario(workloads: &str) -> Scenario {
    let indented: String = workloads.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("scenarios:\n{indented}");
    Scenario::from_yaml("test.yaml", &text).unwrap_or_else(|found| panic!("{found}")).scenario
}

/// The operations of the workloads, sent to the service.
pub(super) fn run(workloads: &str, service: &Service) -> Ran {
    let scenario = scenario(workloads);
    let tested = Tested::new(service.url.parse().expect("a target"));
    let program = Arc::new(Planned::new(&scenario, 1, &tested));
    execute(scenario, program, service, Stop::new())
}

pub(super) fn execute(
    scenario: Scenario,
    program: Arc<dyn Program>,
    service: &Service,
    stop: Stop,
) -> Ran {
    let (sender, mut received) = unbounded_channel();
    let mut metrics = Metrics::new(scenario.workloads.len());
    let tested = Tested::new(service.url.parse().expect("a target"));
    let run = Run { scenario, service: tested, program, faults: None, events: sender, stop };
    // The service has a runtime of its own.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let took = runtime.block_on(run.execute()).expect("a run");
    let mut events = Vec::new();
    while let Ok(event) = received.try_recv() {
        metrics.apply(&event);
        events.push(event);
    }
    Ran { events, metrics, took }
}

/// A program whose iterations take a while, and that notes who ran which when.
pub(super) struct Naps {
    pub(super) length: Duration,
    began: Instant,
    log: Arc<Mutex<Vec<Nap>>>,
}

/// An iteration as it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nap {
    pub(super) process: u32,
    pub(super) number: u64,
    pub(super) at: Duration,
}

impl Naps {
    pub(super) fn of(length: Duration) -> Arc<Self> {
        Arc::new(Self { length, began: Instant::now(), log: Arc::default() })
    }

    pub(super) fn log(&self) -> Vec<Nap> {
        self.log.lock().expect("a log").clone()
    }

    pub(super) fn processes(&self) -> BTreeSet<u32> {
        self.log().iter().map(|nap| nap.process).collect()
    }
}

struct Napping {
    length: Duration,
    began: Instant,
    log: Arc<Mutex<Vec<Nap>>>,
}

impl Program for Naps {
    fn behaviour(&self, _: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        let (length, began, log) = (self.length, self.began, self.log.clone());
        Ok(Box::new(Napping { length, began, log }))
    }
}

impl Behaviour for Napping {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            let (process, at) = (vu.seat.process, self.began.elapsed());
            self.log.lock().expect("a log").push(Nap { process, number, at });
            vu.pause(self.length).await?;
            Ok(())
        })
    }
}
