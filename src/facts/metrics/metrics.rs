use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::origin::{Answer, Origin};
use super::totals::is_of_workloads;
use super::watched::Watched;
use super::{Checks, Custom, WorkloadMetrics, checks, errors};
use crate::facts::{Check, Event, Operation, Request, Tags};
use crate::model::{BuiltIn, Outcome, Selector};

/// The numbers of a run, one set per workload.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub workloads: Vec<WorkloadMetrics>,
    /// What `setup` and `teardown` did.
    pub caretaker: WorkloadMetrics,
    pub checks: BTreeMap<Arc<str>, Checks>,
    pub custom: Custom,
    /// Operations of unknown outcome that turned out to have taken effect.
    pub resolved: u64,
    /// How often each error was seen.
    pub errors: BTreeMap<Arc<str>, u64>,
    /// Those of each workload.
    pub(super) tags: Vec<Tags>,
    pub(super) watched: Watched,
    pub(super) asked_for: Vec<Selector>,
}

/// Methods of requests that change nothing (RFC 9110).
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

impl Metrics {
    pub fn new(workloads: usize) -> Self {
        Self::watching(vec![Tags::default(); workloads], [])
    }

    /// For workloads with these tags. Of samples with tags only those parts are
    /// kept that are asked for here.
    pub fn watching(tags: Vec<Tags>, selectors: impl IntoIterator<Item = Selector>) -> Self {
        let workloads = vec![WorkloadMetrics::default(); tags.len()];
        let mut metrics = Self { workloads, tags, ..Self::default() };
        for selector in selectors {
            metrics.watch(selector);
        }
        metrics
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::VuStarted { workload } => {
                let metrics = self.workload(*workload);
                metrics.vus += 1;
                metrics.vus_max = metrics.vus_max.max(metrics.vus);
            }
            Event::VuEnded { workload } => {
                let metrics = self.workload(*workload);
                metrics.vus = metrics.vus.saturating_sub(1);
            }
            Event::Operation(operation) => self.operation(operation),
            Event::Request(request) => self.request(request),
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
                errors::count(&mut self.errors, error.as_ref());
            }
            Event::IterationDropped { workload, count } => {
                self.workload(*workload).iterations_dropped += count;
            }
            Event::Check(check) => self.check(check),
            Event::Sample(sample) => self.custom.take(sample),
            Event::Resolved(_) => self.resolved += 1,
            Event::Began { .. }
            | Event::Invoked(_)
            | Event::LegInvoked(_)
            | Event::Leg(_)
            | Event::Invariant(_)
            | Event::Aborted { .. }
            | Event::Database(_)
            | Event::Fault(_)
            | Event::Settled(_)
            | Event::Wire(_)
            | Event::Log { .. }
            | Event::Ended { .. } => {}
        }
    }

    /// Whether virtual users are at work.
    pub fn has_vus(&self) -> bool {
        self.workloads.iter().any(|metrics| metrics.vus > 0)
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

    fn watch(&mut self, selector: Selector) {
        if self.asked_for.contains(&selector) {
            return;
        }
        self.asked_for.push(selector.clone());
        match BuiltIn::named(&selector.metric) {
            None => self.custom.watch(selector),
            Some(metric) if !selector.tags.is_empty() && !is_of_workloads(metric) => {
                self.watched.watch(metric, selector);
            }
            Some(_) => {}
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let took = operation.took();
        let metrics = self.workload(operation.workload);
        metrics.outcomes.count(operation.outcome);
        metrics.sample(operation.status, took);
        errors::count(&mut self.errors, operation.error.as_ref());
        let answer = Answer {
            status: operation.status.unwrap_or(0),
            outcome: Some(operation.outcome),
            expected: matches!(operation.outcome, Outcome::Ok | Outcome::Rejected),
        };
        let origin = Origin { answer: Some(answer), ..Origin::of(&operation.tags) };
        self.watched.add(BuiltIn::Operations, &origin, 1.0);
        self.http(&origin, answer, took);
    }

    fn request(&mut self, request: &Request) {
        let failed = request.failed();
        let metrics = self.workload(request.workload);
        metrics.requests += 1;
        let method = request.tags.get("method").unwrap_or_default();
        metrics.requests_writing += u64::from(!SAFE.contains(&method));
        metrics.requests_failed += u64::from(failed);
        metrics.sample(request.status, request.took);
        errors::count(&mut self.errors, request.error.as_ref());
        let status = request.status.unwrap_or(0);
        let answer = Answer { status, outcome: None, expected: !failed };
        let origin = Origin { answer: Some(answer), ..Origin::of(&request.tags) };
        self.http(&origin, answer, request.took);
    }

    fn http(&mut self, origin: &Origin<'_>, answer: Answer, took: Duration) {
        self.watched.add(BuiltIn::HttpReqs, origin, 1.0);
        self.watched.add(BuiltIn::HttpReqFailed, origin, f64::from(u8::from(!answer.expected)));
        if answer.status != 0 {
            self.watched.record(BuiltIn::HttpReqDuration, origin, took);
        }
    }

    fn check(&mut self, check: &Check) {
        checks::count(&mut self.checks, check);
        let origin = Origin { check: Some(&check.name), ..Origin::of(&check.tags) };
        self.watched.add(BuiltIn::Checks, &origin, f64::from(u8::from(check.passed)));
    }
}
