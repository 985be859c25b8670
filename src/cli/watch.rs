//! The thresholds that end a run as soon as they do not hold.

use std::time::{Duration, Instant};

use crate::engine::Stop;
use crate::facts::{Event, Facts};
use crate::scenario::Threshold;
use crate::verdict::tripped;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Watch {
    /// Those with a condition that may end the run.
    thresholds: Vec<Threshold>,
    stop: Stop,
    began: Option<Instant>,
    next: Duration,
}

impl Watch {
    pub(super) fn new(thresholds: &[Threshold], stop: Stop) -> Self {
        let ends = |threshold: &&Threshold| {
            threshold.conditions.iter().any(|condition| condition.abort.is_some())
        };
        let thresholds = thresholds.iter().filter(ends).cloned().collect();
        Self { thresholds, stop, began: None, next: Duration::ZERO }
    }

    /// The accounts are ready: time counts from now.
    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// Looks at the thresholds when it is time to, and ends the run where one
    /// does not hold.
    pub(super) fn look(&mut self, facts: &mut Facts) {
        let Some(time) = self.began.map(|began| began.elapsed()) else { return };
        // When all is done there is nothing left to end.
        let running = facts.metrics.has_vus();
        if self.thresholds.is_empty() || time < self.next || !running || facts.cut_short() {
            return;
        }
        self.next = time + INTERVAL;
        if let Some(trip) = tripped(&self.thresholds, &facts.metrics, time) {
            let reason = format!("{} of {} does not hold", trip.expression, trip.selector);
            facts.apply(&Event::Aborted { reason: reason.into() });
            facts.tripped = Some(trip);
            self.stop.halt();
        }
    }
}
