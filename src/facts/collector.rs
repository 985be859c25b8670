use std::collections::BTreeMap;
use std::time::Duration;

use super::{Event, History, Metrics};
use crate::model::{AccountId, Amount};

/// All that is known of a run when it is over: what verdict and reports read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub metrics: Metrics,
    pub history: History,
    /// Balances read before the first operation.
    pub initial: BTreeMap<AccountId, Amount>,
    /// Balances read when everything was quiet; without those that could not be read.
    pub end: BTreeMap<AccountId, Amount>,
    /// From the first operation to the last.
    pub elapsed: Duration,
    /// Someone stopped the run before it was through.
    pub interrupted: bool,
}

impl Facts {
    pub fn new(workloads: usize) -> Self {
        Self { metrics: Metrics::new(workloads), ..Self::default() }
    }

    /// Takes an event in. Returns the index of its line in the history, if it
    /// makes one.
    pub fn apply(&mut self, event: &Event) -> Option<u64> {
        self.metrics.apply(event);
        match event {
            Event::Began { initial } => self.initial.clone_from(initial),
            Event::Invoked(invocation) => return Some(self.history.invoke(invocation)),
            Event::Operation(operation) => return Some(self.history.complete(operation)),
            Event::Resolved(resolution) => self.history.resolve(resolution),
            Event::Ended { balances } => {
                self.history.close();
                self.end.clone_from(balances);
            }
            _ => {}
        }
        None
    }
}
