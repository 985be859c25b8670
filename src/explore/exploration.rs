use std::collections::BTreeSet;
use std::time::Duration;

use super::judge::{Failure, Serial};
use super::outcome::{Execution, State};
use super::refusals::Refusals;

/// What came out of an exploration.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// The requests, as people read them.
    pub requests: Vec<String>,
    /// Orders that were carried out and judged.
    pub orders: usize,
    /// How many of them failed, by what is wrong.
    pub failing: Failing,
    pub coverage: Coverage,
    /// Orders that were given up because they did not repeat.
    pub divergences: u64,
    /// Orders in which somebody waited for a lock.
    pub lock_waits: usize,
    /// Orders in which requests did not get through.
    pub refusals: Refusals,
    /// The most steps that an order had.
    pub steps: usize,
    pub time: Duration,
    /// What the median order took, its reset and its reading included.
    pub median: Duration,
    /// The shortest of the failing orders, carried out once more.
    pub shortest: Option<FailingOrder>,
    /// What was not compared, because it varies by itself.
    pub ignored: BTreeSet<String>,
    /// The answers and states of the serial orders, for the report.
    pub serial: Vec<Serial>,
    /// Of an order that was given: how it went.
    pub replayed: Option<Execution>,
}

/// Failing orders by what is wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    pub state: usize,
    pub answers: usize,
    pub hung: usize,
}

/// How much of all orders has been gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of them.
    All,
    /// One of each set of orders that differ in steps that do not matter to each
    /// other.
    Reduced,
    /// What was asked for, which is less.
    AsAsked(Asked),
    /// Not all, and why.
    Incomplete { why: Why, complete_up_to: Option<usize> },
}

/// What can be asked for instead of all orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Switches(usize),
    Sample { count: usize, seed: u64 },
    Replay,
    UntilFirst,
}

/// Why orders are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    TimeIsUp,
    Interrupted,
    /// These requests waited inside the service, where no statement can be held
    /// back.
    WaitsInside(Vec<usize>),
    /// So many orders have no end: a request asks again and again for what another has.
    Endless(u64),
    /// So many orders did not repeat.
    Diverged(u64),
    /// It was not certain whose so many statements were.
    Ambiguous(u64),
    /// Orders were drawn, because there are too many requests for all of them.
    TooMany {
        count: usize,
        seed: u64,
    },
}

/// A failing order, and what there should have been.
#[derive(Clone, Debug)]
pub struct FailingOrder {
    pub failure: Failure,
    pub execution: Execution,
    /// What the serial orders leave, each once.
    pub expected: Vec<State>,
    /// The entries that are other than in each of them; or, where there are none, than
    /// in any of them.
    pub entries: Vec<String>,
}

/// What an exploration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    Pass,
    Fail,
    /// No order failed, and not all could be gone through.
    Inconclusive,
}

impl Failing {
    pub fn total(self) -> usize {
        self.state + self.answers + self.hung
    }

    pub(super) fn add(&mut self, failure: &Failure) {
        match failure {
            Failure::State => self.state += 1,
            Failure::Answers => self.answers += 1,
            Failure::Hung => self.hung += 1,
        }
    }
}

impl Exploration {
    pub fn conclusion(&self) -> Conclusion {
        match &self.coverage {
            _ if self.failing.total() > 0 => Conclusion::Fail,
            Coverage::All | Coverage::Reduced | Coverage::AsAsked(_) => Conclusion::Pass,
            Coverage::Incomplete { .. } => Conclusion::Inconclusive,
        }
    }

    /// Whether all orders were gone through.
    pub fn is_complete(&self) -> bool {
        match &self.coverage {
            Coverage::All | Coverage::Reduced => true,
            Coverage::AsAsked(_) | Coverage::Incomplete { .. } => false,
        }
    }
}
