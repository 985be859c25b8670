use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::invariants::{self, Looks};
use super::{DatabaseActivity, Disorder, Event, Faults, History, Metrics, Settling, Tags};
use crate::model::{AccountId, Amount, Selector};

/// All that is known of a run when it is over: what verdict and reports read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub metrics: Metrics,
    pub history: History,
    /// Balances read before the first operation.
    pub initial: BTreeMap<AccountId, Amount>,
    /// Balances read when everything was quiet; without those that could not be read.
    pub end: BTreeMap<AccountId, Amount>,
    /// The service is bankrun's own bank.
    pub of_bank: bool,
    /// The processes, from the first to the last, whose operations begin when they are
    /// due, whether or not the ones before them are done.
    pub arrival_rate: Vec<[u32; 2]>,
    /// How long the balances at the end took to agree with the answers. `None`: they
    /// agreed at once, or nobody waited.
    pub settling: Option<Settling>,
    /// Those that are known beforehand, and those that were looked at.
    pub invariants: BTreeMap<Arc<str>, Looks>,
    /// What the target's database did under load, where somebody looked.
    pub database: Option<DatabaseActivity>,
    /// What the scenario did to the service, and who met it.
    pub faults: Faults,
    /// By the clock on the wall. `None`: nobody knows.
    pub began: Option<SystemTime>,
    /// Of a history that was read: where its lines are in another order than their
    /// times.
    pub disorder: Option<Disorder>,
    /// From the first operation to the last.
    pub elapsed: Duration,
    /// Someone stopped the run before it was through.
    pub interrupted: bool,
    /// Why a script or a threshold ended the run, the first time.
    pub aborted: Option<Arc<str>>,
    /// The threshold that ended the run.
    pub tripped: Option<Trip>,
}

/// A threshold that did not hold while the run went on, and ended it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    pub selector: Selector,
    /// As it is written: `p(95)<200`.
    pub expression: String,
    pub actual: f64,
    /// Since the start of the run.
    pub time: Duration,
}

impl Facts {
    pub fn new(workloads: usize) -> Self {
        Self { metrics: Metrics::new(workloads), ..Self::default() }
    }

    /// Of a run of workloads with these tags; `selectors` are the parts of
    /// metrics that thresholds ask for.
    pub fn watching(tags: Vec<Tags>, selectors: impl IntoIterator<Item = Selector>) -> Self {
        Self { metrics: Metrics::watching(tags, selectors), ..Self::default() }
    }

    /// Makes an invariant known that may never be looked at.
    pub fn await_invariant(&mut self, name: impl Into<Arc<str>>) {
        self.invariants.entry(name.into()).or_default();
    }

    /// Whether the run ended before it was through: what it should have led to
    /// cannot be expected of it.
    pub fn cut_short(&self) -> bool {
        self.interrupted || self.aborted.is_some()
    }

    /// Takes an event in. Returns the index of its line in the history, if it
    /// makes one.
    pub fn apply(&mut self, event: &Event) -> Option<u64> {
        self.metrics.apply(event);
        match event {
            Event::Began { initial } => self.initial.clone_from(initial),
            Event::Invoked(invocation) | Event::LegInvoked(invocation) => {
                return Some(self.history.invoke(invocation));
            }
            Event::Operation(operation) => {
                self.faults.meet(operation);
                return Some(self.history.complete(operation));
            }
            Event::Leg(operation) => return Some(self.history.complete(operation)),
            Event::Fault(news) => self.faults.take(news),
            Event::Resolved(resolution) => self.history.resolve(resolution),
            Event::Invariant(look) => invariants::look(&mut self.invariants, look),
            Event::Database(look) => {
                let under_load = self.metrics.has_vus();
                self.database.get_or_insert_default().take(look, under_load);
            }
            Event::Aborted { reason } if self.aborted.is_none() => {
                self.aborted = Some(reason.clone());
            }
            Event::Settled(settling) => self.settling = Some(*settling),
            Event::Ended { balances } => {
                self.history.close();
                self.end.clone_from(balances);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DatabaseLook;

    #[test]
    fn the_database_counts_while_there_is_load() {
        let look = |millis| {
            let time = Duration::from_millis(millis);
            Event::Database(Arc::new(DatabaseLook { time, waiting: 1, ..DatabaseLook::default() }))
        };
        let mut facts = Facts::new(1);
        facts.apply(&look(100));
        facts.apply(&Event::VuStarted { workload: 0 });
        facts.apply(&look(200));
        facts.apply(&Event::VuEnded { workload: 0 });
        facts.apply(&look(300));
        assert_eq!(facts.database.map(|database| database.looks), Some(1));
    }
}
