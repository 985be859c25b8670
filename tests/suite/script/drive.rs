//! Runs scripts as the command line does, and collects what they did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bankrun::engine::{Program, Run, RunError, Service, Stop};
use bankrun::facts::{Event, Request, Sample};
use bankrun::scenario::{Body, Executor, Scenario, Workload};
use bankrun::script::{Limits, Script, ScriptError};
use tokio::sync::mpsc::unbounded_channel;

use super::bank::Bank;

pub(super) const SEED: u64 = 7;

/// All that came of a run.
pub(super) struct Ran {
    pub(super) outcome: Result<Duration, RunError>,
    pub(super) events: Vec<Event>,
    pub(super) bank: Bank,
}

pub(super) fn load(text: &str) -> Result<Arc<Script>, ScriptError> {
    load_within(text, Limits::default())
}

pub(super) fn load_within(text: &str, limits: Limits) -> Result<Arc<Script>, ScriptError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("custom.lua");
    std::fs::write(&path, text).expect("a script");
    let env = BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]);
    Script::load_within(&path, env, limits).map(Arc::new)
}

pub(super) fn workload(name: &str, function: &str, vus: u32, iterations: u64) -> Workload {
    let max_duration = Duration::from_secs(60);
    Workload {
        name: name.into(),
        executor: Executor::SharedIterations { vus, iterations, max_duration },
        start_time: Duration::ZERO,
        graceful_stop: Duration::from_secs(30),
        retry: None,
        tags: Vec::new(),
        body: Body::Function(function.into()),
    }
}

pub(super) fn scenario(workloads: Vec<Workload>) -> Scenario {
    let accounts = [(1.into(), 1000), (2.into(), 1000), (3.into(), 1000)];
    Scenario {
        name: "custom".into(),
        timeout: Duration::from_secs(10),
        http: Default::default(),
        accounts: Some(accounts.into()),
        workloads,
        ..Scenario::default()
    }
}

/// One virtual user runs `default` once.
pub(super) async fn once(text: &str) -> Ran {
    times(text, 1, 1).await
}

pub(super) async fn times(text: &str, vus: u32, iterations: u64) -> Ran {
    let script = load(text).expect("a script");
    run(script, scenario(vec![workload("main", "default", vus, iterations)])).await
}

pub(super) async fn run(script: Arc<Script>, scenario: Scenario) -> Ran {
    let program = script.into_program(&scenario, SEED).expect("a program");
    let (bank, url) = Bank::start().await;
    execute(program, scenario, bank, &url, Stop::new()).await
}

pub(super) async fn execute(
    program: Arc<dyn Program>,
    scenario: Scenario,
    bank: Bank,
    url: &str,
    stop: Stop,
) -> Ran {
    let service = Service::new(url.parse().expect("a target"));
    execute_on(service, program, scenario, bank, stop).await
}

pub(super) async fn execute_on(
    service: Service,
    program: Arc<dyn Program>,
    scenario: Scenario,
    bank: Bank,
    stop: Stop,
) -> Ran {
    let (events, mut received) = unbounded_channel();
    let outcome = Run { scenario, service, program, faults: None, events, stop }.execute().await;
    let mut events = Vec::new();
    while let Some(event) = received.recv().await {
        events.push(event);
    }
    Ran { outcome, events, bank }
}

impl Ran {
    /// What the script said, in order.
    pub(super) fn logs(&self) -> Vec<&str> {
        let logs = self.events.iter().filter_map(|event| match event {
            Event::Log { message } => Some(message.as_str()),
            _ => None,
        });
        logs.collect()
    }

    /// Errors that cut iterations.
    pub(super) fn errors(&self) -> Vec<&str> {
        let errors = self.events.iter().filter_map(|event| match event {
            Event::IterationCut { error, .. } => error.as_deref(),
            _ => None,
        });
        errors.collect()
    }

    pub(super) fn error(&self) -> &str {
        self.errors().first().copied().expect("an error")
    }

    pub(super) fn checks(&self) -> Vec<(&str, bool)> {
        let checks = self.events.iter().filter_map(|event| match event {
            Event::Check(check) => Some((check.name.as_ref(), check.passed)),
            _ => None,
        });
        checks.collect()
    }

    /// Checks with what was expected and what was there.
    pub(super) fn mismatches(&self) -> Vec<String> {
        let checks = self.events.iter().filter_map(|event| match event {
            Event::Check(check) => Some(match &check.mismatch {
                Some(wrong) => format!("{}: {} | {}", check.name, wrong.expected, wrong.actual),
                None => format!("{}: held", check.name),
            }),
            _ => None,
        });
        checks.collect()
    }

    pub(super) fn requests(&self) -> Vec<&Request> {
        let requests = self.events.iter().filter_map(|event| match event {
            Event::Request(request) => Some(request),
            _ => None,
        });
        requests.collect()
    }

    pub(super) fn samples(&self) -> Vec<&Sample> {
        let samples = self.events.iter().filter_map(|event| match event {
            Event::Sample(sample) => Some(sample),
            _ => None,
        });
        samples.collect()
    }

    pub(super) fn iterations(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Iteration { .. })).count()
    }

    pub(super) fn operations(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Operation(_))).count()
    }

    /// Every iteration ran to its end.
    pub(super) fn whole(self) -> Self {
        assert_eq!(self.errors(), [""; 0]);
        self.outcome.as_ref().expect("a whole run");
        self
    }
}
