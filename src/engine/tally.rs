use std::sync::atomic::{AtomicU64, Ordering};

use crate::facts::Event;
use crate::model::Outcome;

/// How far a run has come, for a program that asks while it goes on. Reports
/// read [`Metrics`](crate::facts::Metrics).
#[derive(Debug)]
pub struct Tally {
    /// Of each workload, the iterations that are over.
    done: Vec<AtomicU64>,
    standing: Counters,
    vus_started: AtomicU64,
    vus_ended: AtomicU64,
}

#[derive(Debug, Default)]
struct Counters {
    ok: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    unknown: AtomicU64,
    checks_passed: AtomicU64,
    checks_failed: AtomicU64,
    iterations: AtomicU64,
}

/// The numbers of a [`Tally`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Operations by how they ended.
    pub ok: u64,
    pub rejected: u64,
    pub failed: u64,
    pub unknown: u64,
    pub checks_passed: u64,
    pub checks_failed: u64,
    /// Those that ran to their end.
    pub iterations: u64,
}

impl Tally {
    pub fn new(workloads: usize) -> Self {
        Self {
            done: std::iter::repeat_with(AtomicU64::default).take(workloads).collect(),
            standing: Counters::default(),
            vus_started: AtomicU64::new(0),
            vus_ended: AtomicU64::new(0),
        }
    }

    pub(super) fn count(&self, event: &Event) {
        let counters = &self.standing;
        match event {
            Event::VuStarted { .. } => add(&self.vus_started),
            Event::VuEnded { .. } => add(&self.vus_ended),
            Event::Operation(operation) => add(match operation.outcome {
                Outcome::Ok => &counters.ok,
                Outcome::Rejected => &counters.rejected,
                Outcome::Failed => &counters.failed,
                Outcome::Unknown => &counters.unknown,
            }),
            Event::Check(check) if check.passed => add(&counters.checks_passed),
            Event::Check(_) => add(&counters.checks_failed),
            Event::Iteration { workload, .. } => {
                add(&counters.iterations);
                self.over(*workload);
            }
            Event::IterationCut { workload, .. } => self.over(*workload),
            _ => {}
        }
    }

    pub fn standing(&self) -> Standing {
        let counters = &self.standing;
        Standing {
            ok: read(&counters.ok),
            rejected: read(&counters.rejected),
            failed: read(&counters.failed),
            unknown: read(&counters.unknown),
            checks_passed: read(&counters.checks_passed),
            checks_failed: read(&counters.checks_failed),
            iterations: read(&counters.iterations),
        }
    }

    /// Iterations of the workload that are over, one way or another.
    pub fn iterations_done(&self, workload: usize) -> u64 {
        self.done.get(workload).map_or(0, read)
    }

    /// Virtual users that iterate now.
    pub fn vus_active(&self) -> u64 {
        read(&self.vus_started).saturating_sub(self.vus_ended())
    }

    /// Virtual users that will not iterate any more.
    pub fn vus_ended(&self) -> u64 {
        read(&self.vus_ended)
    }

    fn over(&self, workload: usize) {
        if let Some(done) = self.done.get(workload) {
            add(done);
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
