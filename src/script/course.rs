use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::barriers::Barriers;
use crate::engine::Planned;
use crate::scenario::{Declared, Executor, Scenario};

/// What all states of one run share.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) barriers: Barriers,
    /// The file beside the script.
    pub(super) planned: Option<Planned>,
    /// What it declares.
    pub(super) operations: Vec<Arc<Declared>>,
    workloads: Vec<Pace>,
    /// What was said already in the run, and is not said again.
    said: Mutex<BTreeSet<String>>,
}

/// How a workload is paced, as scripts may ask.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) executor: &'static str,
    pub(super) iterations: Option<u64>,
    /// Since the start of the run.
    pub(super) start: Duration,
    pub(super) limit: Duration,
    vus: u64,
    /// Whether its virtual users all start at once, and none comes back.
    steady: bool,
}

/// So many different messages are told apart.
const DISTINCT: usize = 1000;

impl Course {
    pub(super) fn new(scenario: &Scenario, planned: Option<Planned>) -> Self {
        let workloads = scenario.workloads.iter().map(|workload| {
            let executor = &workload.executor;
            Pace {
                executor: executor.name(),
                iterations: executor.iterations(),
                start: workload.start_time,
                limit: executor.time_limit(),
                vus: executor.vus().into(),
                steady: matches!(
                    executor,
                    Executor::SharedIterations { .. }
                        | Executor::PerVuIterations { .. }
                        | Executor::ConstantVus { .. }
                ),
            }
        });
        Self {
            workloads: workloads.collect(),
            operations: scenario.operations.clone(),
            planned,
            ..Self::default()
        }
    }

    pub(super) fn pace(&self, workload: usize) -> Option<&Pace> {
        self.workloads.get(workload)
    }

    /// How many virtual users the run has, where that does not change.
    pub(super) fn vus(&self) -> Option<u64> {
        let steady = self.workloads.iter().all(|pace| pace.steady);
        steady.then(|| self.workloads.iter().map(|pace| pace.vus).sum())
    }

    /// Whether the message is new.
    pub(super) fn is_new(&self, message: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        said.len() < DISTINCT && said.insert(message.to_owned())
    }
}
