//! Whether the service worked on several requests at once.
//!
//! That requests overlap at the client says nothing of what happens inside: a worker
//! that takes one at a time lets the others wait. By Little's law a service works on as
//! many requests on average as it answers in a second, times the seconds that one takes
//! when it is alone. Where that is near 1 although two or more were under way, they were
//! answered one after another.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::{Finding, Severity};
use crate::facts::Entry;
use crate::model::Outcome;

/// Entries looked at: enough for an average.
const MOST: u32 = 200_000;
/// Answers, and requests that were alone, without which nothing is said.
const ANSWERS: u32 = 20;
const ALONE: usize = 5;
/// What counts as one at a time; two at once come to 2.
const NEAR_ONE: f64 = 1.2;

/// Looks at entries that go by in the order of invocation.
#[derive(Debug, Default)]
pub(super) struct Concurrency {
    seen: u32,
    now: u64,
    under_way: BinaryHeap<Reverse<(u64, Option<u32>)>>,
    /// How many updates are under way, by account; and how many other requests.
    updates: HashMap<u32, u32>,
    others: u32,
    /// The only one under way since it began, if so: when it began and ends.
    alone: Option<(u64, u64)>,
    /// Nanoseconds that requests took which were alone.
    solo: Vec<u64>,
    /// While two or more were under way.
    crowded: Answered,
    /// While these did not all update one account: none needs a lock of another.
    apart: Answered,
}

#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    nanos: u64,
    count: u32,
}

/// How many requests were worked on at once, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    Unknown,
    Several,
    /// One at a time, also where no lock can be the reason.
    One,
    /// One at a time, as far as updates of one account tell.
    OneOrLocked,
}

impl Concurrency {
    pub(super) fn see(&mut self, entry: &Entry) {
        if self.seen == MOST || !was_answered(entry) {
            return;
        }
        self.seen += 1;
        self.advance(entry.invoked);
        self.alone = match self.under_way.is_empty() {
            true => Some((entry.invoked, entry.completed)),
            false => None,
        };
        let account = entry.kind.is_update().then(|| entry.kind.legs().next()).flatten();
        let account = account.map(|(account, _)| *account);
        match account {
            Some(account) => *self.updates.entry(account).or_default() += 1,
            None => self.others += 1,
        }
        self.under_way.push(Reverse((entry.completed, account)));
    }

    /// What is answered until `moment`, one after another.
    fn advance(&mut self, moment: u64) {
        while let Some(Reverse((completed, account))) = self.under_way.peek().copied()
            && completed <= moment
        {
            self.pass(completed, 1);
            self.under_way.pop();
            if let Some((invoked, _)) = self.alone.take_if(|(_, end)| *end == completed) {
                self.solo.push(completed - invoked);
            }
            match account {
                Some(account) => {
                    let left = self.updates.entry(account).or_default();
                    *left -= 1;
                    if *left == 0 {
                        self.updates.remove(&account);
                    }
                }
                None => self.others -= 1,
            }
        }
        self.pass(moment, 0);
    }

    fn pass(&mut self, moment: u64, answered: u32) {
        let passed = moment.saturating_sub(self.now);
        self.now = self.now.max(moment);
        if self.under_way.len() < 2 {
            return;
        }
        let apart = self.others > 0 || self.updates.len() > 1;
        for kind in [Some(&mut self.crowded), apart.then_some(&mut self.apart)] {
            if let Some(kind) = kind {
                kind.nanos += passed;
                kind.count += answered;
            }
        }
    }

    fn found(mut self) -> Found {
        self.advance(u64::MAX - 1);
        if self.solo.len() < ALONE {
            return Found::Unknown;
        }
        self.solo.sort_unstable();
        let solo = self.solo[self.solo.len() / 2];
        match (self.crowded.at_once(solo), self.apart.at_once(solo)) {
            (None, _) => Found::Unknown,
            (Some(all), _) if all > NEAR_ONE => Found::Several,
            (Some(_), None) => Found::OneOrLocked,
            (Some(_), Some(apart)) if apart > NEAR_ONE => Found::Several,
            (Some(_), Some(_)) => Found::One,
        }
    }

    /// What a pass has to be told with. `is_bank`: the service is the bank, which works
    /// on several requests, whatever waits for a lock.
    pub(super) fn finding(self, is_bank: bool, strict: bool) -> Option<Finding> {
        const TRY: &str = "Try `http: { no_connection_reuse: true }`, more VUs, and a service \
                           whose workers are all warm";
        if is_bank {
            return None;
        }
        match self.found() {
            Found::Unknown | Found::Several => None,
            Found::One => {
                let severity = if strict { Severity::Inconclusive } else { Severity::Warning };
                let message = format!(
                    "the service answered one request at a time on these connections: unless a \
                     lock for all accounts makes them wait, this run could hardly have caught a \
                     race. {TRY}"
                );
                Some(Finding::new(severity, "one_at_a_time", message))
            }
            Found::OneOrLocked => {
                let message = format!(
                    "updates of one account were answered one after another, although several \
                     were under way: a lock makes them wait, or the service answered one request \
                     at a time on these connections, and then this run could hardly have caught \
                     a race. Requests for other accounts, or reads, would tell. {TRY}"
                );
                Some(Finding::new(Severity::Note, "one_at_a_time", message))
            }
        }
    }
}

impl Answered {
    /// `None`: too few to say.
    fn at_once(self, solo: u64) -> Option<f64> {
        let is_enough = self.count >= ANSWERS && self.nanos > 0;
        is_enough.then(|| f64::from(self.count) / self.nanos as f64 * solo as f64)
    }
}

/// What never left was not in the service; what was not answered may be in it still.
fn was_answered(entry: &Entry) -> bool {
    match entry.outcome {
        Outcome::Ok | Outcome::Rejected => entry.completed != u64::MAX,
        Outcome::Failed => entry.in_conflict,
        Outcome::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::{History, Operation};
    use crate::model::Call;

    /// Pairs of requests at the same time, and each third time one alone. `queue`: the
    /// second one of a pair waits for the first.
    fn found(queue: bool, call: impl Fn(u64) -> Call) -> Found {
        let mut history = History::default();
        let mut at = 0;
        for round in 0..60 {
            let pair = if round % 3 == 2 { 1 } else { 2 };
            for nth in 0..pair {
                let took = if queue { 1_000 * (nth + 1) } else { 1_000 };
                history.complete(&Operation {
                    process: nth as u32,
                    invoked: Duration::from_nanos(at + nth),
                    completed: Duration::from_nanos(at + took),
                    balance: Some(0),
                    ..Operation::done(call(nth))
                });
            }
            at += 5_000;
        }
        let mut concurrency = Concurrency::default();
        history.by_invocation().for_each(|(_, entry)| concurrency.see(&entry));
        concurrency.found()
    }

    #[test]
    fn two_at_once_are_not_one_after_another() {
        assert_eq!(found(false, |_| Call::deposit("1".into(), 1)), Found::Several);
    }

    #[test]
    fn one_account_may_have_a_lock_and_two_have_none_in_common() {
        assert_eq!(found(true, |_| Call::deposit("1".into(), 1)), Found::OneOrLocked);
        assert_eq!(found(true, |nth| Call::deposit(nth.into(), 1)), Found::One);
        let with_reads = |nth| match nth {
            0 => Call::deposit("1".into(), 1),
            _ => Call::balance("1".into()),
        };
        assert_eq!(found(true, with_reads), Found::One);
    }

    #[test]
    fn nothing_is_said_of_little() {
        assert_eq!(Concurrency::default().found(), Found::Unknown);
    }

    #[test]
    fn the_bank_is_known() {
        assert_eq!(Concurrency::default().finding(true, true), None);
    }
}
