//! Whether the service worked on several requests at once.
//!
//! That requests overlap at the client says nothing of what happens inside: a worker
//! that takes one at a time lets the others wait. By Little's law a service works on as
//! many requests on average as it answers in a second, times the seconds that one takes
//! when it is alone. Where that is near 1 although two or more were under way, and each
//! took as much longer as those before it were under way, they were answered one after
//! another.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::{Finding, Severity};
use crate::facts::Entry;
use crate::model::Outcome;

/// Entries looked at: enough for an average.
const MOST: u32 = 200_000;
/// Requests that were not alone, and requests that were, without which nothing is said.
const CROWDED: u32 = 20;
const ALONE: usize = 5;
/// Where two are worked on at once it comes to 2; one after another to 1, or a little
/// more where a request waits for a part of its time only.
const ONE: f64 = 1.6;
/// One after another, a request takes as much longer as it has to wait for those before.
const WAITED: f64 = 0.8;

/// Looks at entries that go by in the order of invocation.
#[derive(Debug, Default)]
pub(super) struct Concurrency {
    seen: u32,
    now: u64,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    /// How many updates are under way, by account; and how many other requests.
    updates: HashMap<u32, u32>,
    others: u32,
    /// When the last one ends of all so far.
    latest_end: u64,
    /// The only one under way since it began, if so: when it began and ends.
    alone: Option<(u64, u64)>,
    /// Nanoseconds that requests took which were alone.
    solo: Vec<u64>,
    /// While two or more were under way.
    crowded: Crowded,
    /// While these did not all update one account: none needs a lock of another.
    apart: Crowded,
}

/// By when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    completed: u64,
    invoked: u64,
    /// Crowded time before it began, of both kinds.
    before: [u64; 2],
    /// How long those before it were still to take.
    wait: u64,
    account: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Crowded {
    nanos: u64,
    /// Requests that had a part of their time in it, and the sum of these parts: that many
    /// were answered in it.
    requests: u32,
    answered: f64,
    /// What these took, and had to wait if one came after another.
    took: u64,
    wait: u64,
}

/// How many requests were worked on at once, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    Unknown,
    Several,
    /// One at a time, also where no row's lock can be the reason.
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
        let (invoked, completed) = (entry.invoked, entry.completed);
        self.advance(invoked);
        self.alone = self.under_way.is_empty().then_some((invoked, completed));
        let account = entry.kind.is_update().then(|| entry.kind.legs().next()).flatten();
        let account = account.map(|(account, _)| *account);
        match account {
            Some(account) => *self.updates.entry(account).or_default() += 1,
            None => self.others += 1,
        }
        let before = [self.crowded.nanos, self.apart.nanos];
        let wait = self.latest_end.saturating_sub(invoked);
        self.latest_end = self.latest_end.max(completed);
        self.under_way.push(Reverse(UnderWay { completed, invoked, before, wait, account }));
    }

    /// What is answered until `moment`, one after another.
    fn advance(&mut self, moment: u64) {
        while let Some(Reverse(first)) = self.under_way.peek().copied()
            && first.completed <= moment
        {
            self.pass(first.completed);
            self.under_way.pop();
            self.crowded.take(&first, first.before[0]);
            self.apart.take(&first, first.before[1]);
            if let Some((invoked, end)) = self.alone.take_if(|(_, end)| *end == first.completed) {
                self.solo.push(end - invoked);
            }
            match first.account.and_then(|account| self.updates.get_mut(&account)) {
                Some(left) => *left -= 1,
                None => self.others -= 1,
            }
        }
        self.updates.retain(|_, left| *left > 0);
        self.pass(moment);
    }

    fn pass(&mut self, moment: u64) {
        let passed = moment.saturating_sub(self.now);
        self.now = self.now.max(moment);
        if self.under_way.len() < 2 {
            return;
        }
        self.crowded.nanos += passed;
        let accounts = self.updates.values().filter(|left| **left > 0).count();
        if self.others > 0 || accounts > 1 {
            self.apart.nanos += passed;
        }
    }

    fn found(mut self) -> Found {
        self.advance(u64::MAX - 1);
        if self.solo.len() < ALONE {
            return Found::Unknown;
        }
        self.solo.sort_unstable();
        let solo = self.solo[self.solo.len() / 2];
        match (self.crowded.is_one_at_a_time(solo), self.apart.is_one_at_a_time(solo)) {
            (None, _) => Found::Unknown,
            (Some(false), _) | (Some(true), Some(false)) => Found::Several,
            (Some(true), None) => Found::OneOrLocked,
            (Some(true), Some(true)) => Found::One,
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

impl Crowded {
    /// Takes in a request that is over. `before`: crowded time before it began.
    fn take(&mut self, request: &UnderWay, before: u64) {
        let (within, took) = (self.nanos - before, request.completed - request.invoked);
        if within > 0 && took > 0 {
            self.requests += 1;
            self.answered += within as f64 / took as f64;
            self.took += took;
            self.wait += request.wait;
        }
    }

    /// `None`: there was too little to say.
    fn is_one_at_a_time(&self, solo: u64) -> Option<bool> {
        if self.requests < CROWDED || self.wait == 0 {
            return None;
        }
        let at_once = self.answered * solo as f64 / self.nanos as f64;
        let longer = self.took as f64 - f64::from(self.requests) * solo as f64;
        Some(at_once <= ONE && longer / self.wait as f64 >= WAITED)
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
