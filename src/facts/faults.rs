//! What was done to the service on purpose, and what became of the operations
//! meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{FaultNews, FaultStep, Operation, Outcomes};
use crate::model::Outcome;

/// Kept of a run; a scenario has no more.
pub(super) const MOST: usize = 1000;
/// How late an operation may be told of that a fault met. Those that wait for an
/// answer longer are counted no more.
const LATE: Duration = Duration::from_secs(60);

/// The faults of a run, by their position in its plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    records: BTreeMap<u64, FaultRecord>,
    /// Those that operations may still have met.
    open: Vec<u64>,
}

/// One fault. Times are since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FaultRecord {
    /// `kill database`
    pub what: Arc<str>,
    /// When it was due, after the first iterations began.
    #[serde(rename = "due_s", serialize_with = "seconds")]
    pub due: Duration,
    /// `None`: it never came, or its end is not known.
    #[serde(rename = "began_s", serialize_with = "maybe_seconds")]
    pub began: Option<Duration>,
    #[serde(rename = "ended_s", serialize_with = "maybe_seconds")]
    pub ended: Option<Duration>,
    /// The run was over before it was due.
    pub missed: bool,
    /// Why it could not be carried out as it was meant.
    pub trouble: Option<Arc<str>>,
    /// How the operations ended that were under way at any time from its beginning
    /// until an operation was served again after it.
    pub met: Outcomes,
    /// Those of them that did not end well after its end.
    #[serde(skip)]
    pub unserved: u64,
    /// From its end to the first answer after it that is no failure.
    #[serde(rename = "served_after_s", serialize_with = "maybe_seconds")]
    pub served_after: Option<Duration>,
}

impl Faults {
    /// In the order of the plan.
    pub fn iter(&self) -> impl Iterator<Item = &FaultRecord> {
        self.records.values()
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Takes the news of a fault in.
    pub(super) fn take(&mut self, news: &FaultNews) {
        if self.records.len() >= MOST && !self.records.contains_key(&news.number) {
            return;
        }
        let record = self.records.entry(news.number).or_default();
        record.what = news.what.clone();
        record.due = news.due;
        match &news.step {
            FaultStep::Began => {
                if record.began.replace(news.time).is_none() {
                    self.open.push(news.number);
                }
            }
            FaultStep::Ended => record.ended = Some(news.time),
            FaultStep::Missed => record.missed = true,
            FaultStep::Failed(cause) => record.trouble = Some(cause.clone()),
        }
    }

    /// Takes an operation in: it may have met some of them.
    pub(super) fn meet(&mut self, operation: &Operation) {
        let records = &mut self.records;
        self.open.retain(|number| match records.get_mut(number) {
            Some(record) => record.meet(operation),
            None => false,
        });
    }
}

impl FaultRecord {
    /// Returns whether further operations may have met it.
    fn meet(&mut self, operation: &Operation) -> bool {
        let Some(began) = self.began else { return false };
        if operation.completed < began {
            return true;
        }
        let served = self.ended.zip(self.served_after).map(|(ended, after)| ended + after);
        if let Some(served) = served
            && operation.invoked > served
        {
            return operation.completed < served + LATE;
        }
        self.met.count(operation.outcome);
        if let Some(ended) = self.ended
            && served.is_none()
            && operation.completed >= ended
        {
            match operation.outcome {
                Outcome::Ok | Outcome::Rejected => {
                    self.served_after = Some(operation.completed - ended);
                }
                Outcome::Failed | Outcome::Unknown => self.unserved += 1,
            }
        }
        true
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn maybe_seconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Call;

    fn news(number: u64, millis: u64, step: FaultStep) -> FaultNews {
        let due = Duration::from_millis(100);
        let time = Duration::from_millis(millis);
        FaultNews { number, what: "kill database".into(), due, time, step }
    }

    fn operation(invoked: u64, completed: u64, outcome: Outcome) -> Operation {
        Operation {
            invoked: Duration::from_millis(invoked),
            completed: Duration::from_millis(completed),
            outcome,
            ..Operation::done(Call::deposit("1".into(), 10))
        }
    }

    #[test]
    fn what_was_under_way_is_counted_until_somebody_is_served_again() {
        let mut faults = Faults::default();
        faults.meet(&operation(10, 20, Outcome::Ok));
        faults.take(&news(0, 100, FaultStep::Began));
        for (invoked, completed, outcome) in [
            (50, 90, Outcome::Ok),       // over before it began
            (95, 105, Outcome::Ok),      // under way when it began
            (101, 130, Outcome::Failed), // within
        ] {
            faults.meet(&operation(invoked, completed, outcome));
        }
        faults.take(&news(0, 200, FaultStep::Ended));
        for (invoked, completed, outcome) in [
            (210, 215, Outcome::Failed),   // after it, and not served yet
            (150, 230, Outcome::Rejected), // the first that is served
            (180, 260, Outcome::Unknown),  // under way all the while
            (231, 240, Outcome::Failed),   // not for its sake
        ] {
            faults.meet(&operation(invoked, completed, outcome));
        }
        let [fault] = &faults.iter().collect::<Vec<_>>()[..] else { panic!("one") };
        assert_eq!(fault.served_after, Some(Duration::from_millis(30)));
        let met = Outcomes { ok: 1, rejected: 1, failed: 2, unknown: 1 };
        assert_eq!((fault.met, fault.unserved, fault.missed), (met, 1, false));
    }

    #[test]
    fn one_that_never_came_meets_nobody() {
        let mut faults = Faults::default();
        faults.take(&news(3, 500, FaultStep::Missed));
        faults.meet(&operation(10, 600, Outcome::Ok));
        let record = faults.iter().next().expect("one");
        assert!(record.missed && record.began.is_none());
        assert_eq!(record.met.total(), 0);
    }

    #[test]
    fn long_after_it_nobody_looks_for_it_any_more() {
        let mut faults = Faults::default();
        faults.take(&news(0, 100, FaultStep::Began));
        faults.take(&news(0, 200, FaultStep::Ended));
        faults.meet(&operation(190, 300, Outcome::Ok));
        faults.meet(&operation(100_000, 100_001, Outcome::Ok));
        assert!(faults.open.is_empty());
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let mut faults = Faults::default();
        for number in 0..2 * MOST as u64 {
            faults.take(&news(number, 1, FaultStep::Missed));
        }
        assert_eq!(faults.len(), MOST);
    }
}
