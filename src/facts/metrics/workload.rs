use std::time::Duration;

use serde::Serialize;

use crate::facts::Latency;
use crate::model::Outcome;

/// The numbers of one workload.
#[derive(Clone, Debug, Default)]
pub struct WorkloadMetrics {
    pub outcomes: Outcomes,
    /// From invoke to answer, of operations and plain requests that got one.
    pub latency: Latency,
    /// Plain HTTP requests of a script, and how many of them failed.
    pub requests: u64,
    /// Those of them that may have changed something: all but GET, HEAD and OPTIONS.
    pub requests_writing: u64,
    pub requests_failed: u64,
    pub iterations: u64,
    /// Iterations that the end of the time cut short.
    pub iterations_cut: u64,
    /// Iterations that were due and had no virtual user to run them.
    pub iterations_dropped: u64,
    /// Iterations that an error cut short: of the script, of a template, or of an
    /// answer without what was to be captured.
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

impl WorkloadMetrics {
    /// Iterations that began, however they ended.
    pub fn iterations_begun(&self) -> u64 {
        self.iterations + self.iterations_cut + self.script_errors
    }

    /// HTTP requests of either kind.
    pub fn http_requests(&self) -> u64 {
        self.outcomes.total() + self.requests
    }

    /// Those of them that did not end as a working service would end them.
    pub fn http_requests_failed(&self) -> u64 {
        self.outcomes.errors() + self.requests_failed
    }

    pub(super) fn sample(&mut self, status: Option<u16>, took: Duration) {
        if status.is_some() {
            self.latency.record(took);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.outcomes.add(other.outcomes);
        self.latency.merge(&other.latency);
        self.requests += other.requests;
        self.requests_writing += other.requests_writing;
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

    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.ok += other.ok;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }
}
