use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Event, Latency};
use crate::model::Outcome;

/// Errors are told apart up to so many; a service that puts a new text into
/// each must not fill the memory.
const DISTINCT_ERRORS: usize = 50;

/// The numbers of a run, one set per workload.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub workloads: Vec<WorkloadMetrics>,
    /// What `setup` and `teardown` did.
    pub caretaker: WorkloadMetrics,
    pub checks: BTreeMap<Arc<str>, Checks>,
    /// Operations of unknown outcome that turned out to have taken effect.
    pub resolved: u64,
    /// How often each error was seen.
    pub errors: BTreeMap<Arc<str>, u64>,
}

/// The numbers of one workload.
#[derive(Clone, Debug, Default)]
pub struct WorkloadMetrics {
    pub outcomes: Outcomes,
    /// From invoke to answer, of operations and plain requests that got one.
    pub latency: Latency,
    /// Plain HTTP requests of a script, and how many of them failed.
    pub requests: u64,
    pub requests_failed: u64,
    pub iterations: u64,
    /// Iterations that the end of the time cut short.
    pub iterations_cut: u64,
    /// Iterations that were due and had no virtual user to run them.
    pub iterations_dropped: u64,
    /// Iterations that an error of the script cut short.
    pub script_errors: u64,
    pub iteration_duration: Latency,
    pub vus: u32,
    pub vus_max: u32,
}

/// How the operations ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    pub ok: u64,
    pub rejected: u64,
    pub failed: u64,
    pub unknown: u64,
}

/// How often a check of this name held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checks {
    pub passes: u64,
    pub fails: u64,
}

impl Metrics {
    pub fn new(workloads: usize) -> Self {
        Self { workloads: vec![WorkloadMetrics::default(); workloads], ..Self::default() }
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::VuStarted { workload } => {
                let metrics = self.workload(*workload);
                metrics.vus += 1;
                metrics.vus_max = metrics.vus_max.max(metrics.vus);
            }
            Event::VuEnded { workload } => self.workload(*workload).vus -= 1,
            Event::Operation(operation) => {
                let metrics = self.workload(operation.workload);
                metrics.outcomes.count(operation.outcome);
                metrics.sample(operation.status, operation.took());
                self.count_error(operation.error.as_ref());
            }
            Event::Request(request) => {
                let metrics = self.workload(request.workload);
                metrics.requests += 1;
                metrics.requests_failed += u64::from(request.failed());
                metrics.sample(request.status, request.took);
                self.count_error(request.error.as_ref());
            }
            Event::Iteration { workload, took } => {
                let metrics = self.workload(*workload);
                metrics.iterations += 1;
                metrics.iteration_duration.record(*took);
            }
            Event::IterationCut { workload, error } => {
                let metrics = self.workload(*workload);
                match error {
                    Some(_) => metrics.script_errors += 1,
                    None => metrics.iterations_cut += 1,
                }
                self.count_error(error.as_ref());
            }
            Event::IterationDropped { workload, count } => {
                self.workload(*workload).iterations_dropped += count;
            }
            Event::Check(check) => {
                let checks = self.checks.entry(check.name.clone()).or_default();
                checks.passes += u64::from(check.passed);
                checks.fails += u64::from(!check.passed);
            }
            Event::Resolved(_) => self.resolved += 1,
            Event::Began { .. }
            | Event::Invoked(_)
            | Event::Sample(_)
            | Event::Invariant(_)
            | Event::Aborted { .. }
            | Event::Log { .. }
            | Event::Ended { .. } => {}
        }
    }

    /// All workloads added up.
    pub fn total(&self) -> WorkloadMetrics {
        let mut total = self.caretaker.clone();
        for metrics in &self.workloads {
            total.add(metrics);
        }
        total
    }

    /// The numbers of the workload at `index`; past the last one, the caretaker's.
    fn workload(&mut self, index: usize) -> &mut WorkloadMetrics {
        self.workloads.get_mut(index).unwrap_or(&mut self.caretaker)
    }

    fn count_error(&mut self, error: Option<&Arc<str>>) {
        let Some(error) = error else { return };
        if let Some(count) = self.errors.get_mut(error) {
            *count += 1;
        } else if self.errors.len() < DISTINCT_ERRORS {
            self.errors.insert(error.clone(), 1);
        } else {
            *self.errors.entry("other errors".into()).or_default() += 1;
        }
    }
}

impl WorkloadMetrics {
    /// HTTP requests of either kind.
    pub fn http_requests(&self) -> u64 {
        self.outcomes.total() + self.requests
    }

    fn sample(&mut self, status: Option<u16>, took: Duration) {
        if status.is_some() {
            self.latency.record(took);
        }
    }

    fn add(&mut self, other: &Self) {
        self.outcomes.add(other.outcomes);
        self.latency.merge(&other.latency);
        self.requests += other.requests;
        self.requests_failed += other.requests_failed;
        self.iterations += other.iterations;
        self.iterations_cut += other.iterations_cut;
        self.iterations_dropped += other.iterations_dropped;
        self.script_errors += other.script_errors;
        self.iteration_duration.merge(&other.iteration_duration);
        self.vus += other.vus;
        self.vus_max += other.vus_max;
    }
}

impl Outcomes {
    pub fn total(&self) -> u64 {
        self.ok + self.rejected + self.failed + self.unknown
    }

    /// Operations that did not end as a working service would end them.
    pub fn errors(&self) -> u64 {
        self.failed + self.unknown
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.ok += other.ok;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }
}
