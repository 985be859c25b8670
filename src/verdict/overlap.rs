use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde::Serialize;

use crate::facts::Entry;
use crate::model::Outcome;

/// How much of a run could have gone wrong. Two updates of one account can lose
/// one only when they are under way at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Updates that happened or may have happened, or came too late to: refused for
    /// lack of funds or because of a conflict.
    pub updates: u64,
    /// Those of them that overlapped another one on the same account.
    pub overlapping: u64,
}

/// Counts while entries go by in the order of invocation.
#[derive(Debug)]
pub(super) struct Overlaps {
    found: Overlap,
    accounts: Vec<Account>,
}

/// What is known of one account.
#[derive(Debug, Default)]
struct Account {
    /// When the last one ends of all so far.
    latest_end: u64,
    /// Those that were not seen to overlap yet: when they end, and whether they are
    /// counted by now, for another account.
    alone: VecDeque<(u64, Rc<Cell<bool>>)>,
}

/// An update that was read before it was invoked may overlap several that are done
/// by then; so many are remembered.
const REMEMBERED: usize = 16;

impl Overlaps {
    /// `accounts`: how many the history has.
    pub(super) fn new(accounts: usize) -> Self {
        let accounts = std::iter::repeat_with(Account::default).take(accounts).collect();
        Self { found: Overlap::default(), accounts }
    }

    /// An update overlaps an earlier one that is not done, and so does that one. It
    /// begins with its read, also where that was a request of its own.
    pub(super) fn see(&mut self, entry: &Entry) {
        if !could_write(entry) {
            return;
        }
        self.found.updates += 1;
        let (begin, end) = (entry.read_at, entry.completed);
        let own = Rc::new(Cell::new(false));
        for (number, _) in entry.kind.legs() {
            let account = &mut self.accounts[*number as usize];
            if begin < account.latest_end {
                self.found.count(&own);
            }
            for (_, counted) in account.alone.iter().filter(|(end, _)| begin < *end) {
                self.found.count(counted);
            }
            account.latest_end = end.max(account.latest_end);
            account.alone.retain(|(_, counted)| !counted.get());
            account.alone.push_back((end, own.clone()));
            if account.alone.len() > REMEMBERED {
                account.alone.pop_front();
            }
        }
    }

    pub(super) fn overlap(self) -> Overlap {
        self.found
    }
}

impl Overlap {
    fn count(&mut self, counted: &Cell<bool>) {
        self.overlapping += u64::from(!counted.replace(true));
    }
}

fn could_write(entry: &Entry) -> bool {
    entry.kind.is_update()
        && match entry.outcome {
            Outcome::Ok | Outcome::Unknown => true,
            Outcome::Rejected => entry.in_conflict || entry.kind.legs().any(|(_, delta)| delta < 0),
            Outcome::Failed => entry.in_conflict,
        }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::facts::{History, Operation};
    use crate::model::Call;

    fn history(intervals: &[(u64, u64, u64)]) -> History {
        let mut history = History::default();
        for (account, invoked, completed) in intervals {
            history.complete(&Operation {
                invoked: Duration::from_nanos(*invoked),
                completed: Duration::from_nanos(*completed),
                ..Operation::done(Call::deposit((*account).into(), 10))
            });
        }
        history
    }

    fn overlapping(intervals: &[(u64, u64, u64)]) -> u64 {
        let history = history(intervals);
        let mut overlaps = Overlaps::new(history.accounts().len());
        history.by_invocation().for_each(|(_, entry)| overlaps.see(&entry));
        overlaps.overlap().overlapping
    }

    #[test]
    fn one_after_another_never_overlaps() {
        assert_eq!(overlapping(&[(1, 0, 10), (1, 10, 20), (1, 20, 30)]), 0);
    }

    #[test]
    fn other_accounts_do_not_count() {
        assert_eq!(overlapping(&[(1, 0, 10), (2, 5, 15), (3, 0, 100)]), 0);
    }

    #[test]
    fn both_sides_of_an_overlap_count() {
        assert_eq!(overlapping(&[(1, 0, 10), (1, 9, 20), (1, 30, 40)]), 2);
        assert_eq!(overlapping(&[(1, 0, 100), (1, 10, 20), (1, 30, 40)]), 3);
    }

    proptest! {
        #[test]
        fn agrees_with_comparing_every_pair(
            intervals in prop::collection::vec((1u64..3, 0u64..50, 0u64..20), 0..12)
        ) {
            let intervals: Vec<_> =
                intervals.into_iter().map(|(account, from, long)| (account, from, from + 1 + long)).collect();
            let brute = (0..intervals.len()).filter(|a| (0..intervals.len()).any(|b| {
                let ((x, from, to), (y, begin, end)) = (intervals[*a], intervals[b]);
                *a != b && x == y && from < end && begin < to
            })).count() as u64;
            prop_assert_eq!(overlapping(&intervals), brute);
        }
    }
}
