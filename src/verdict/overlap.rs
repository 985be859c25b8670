use std::cell::Cell;
use std::rc::Rc;

use serde::Serialize;

use crate::facts::Entry;
use crate::model::Outcome;

/// How much of a run could have gone wrong. Two updates of one account can lose
/// one only when they are under way at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Updates that happened or may have happened.
    pub updates: u64,
    /// Those of them that overlapped another one on the same account.
    pub overlapping: u64,
}

/// Counts while entries go by in the order of invocation.
#[derive(Debug)]
pub(super) struct Overlaps {
    found: Overlap,
    accounts: Vec<Option<Last>>,
}

/// What is known of one account.
#[derive(Debug)]
struct Last {
    /// When the last update ends, and whether it is counted.
    end: u64,
    counted: Rc<Cell<bool>>,
    /// When the last one ends of all so far.
    latest_end: u64,
}

impl Overlaps {
    /// `accounts`: how many the history has.
    pub(super) fn new(accounts: usize) -> Self {
        let accounts = std::iter::repeat_with(|| None).take(accounts).collect();
        Self { found: Overlap::default(), accounts }
    }

    /// An update overlaps an earlier one that is not done, and the last one
    /// overlaps an update that begins before it is done.
    pub(super) fn see(&mut self, entry: &Entry) {
        if !could_write(entry) {
            return;
        }
        self.found.updates += 1;
        let (begin, end) = (entry.invoked, entry.completed);
        let own = Rc::new(Cell::new(false));
        for (account, _) in entry.kind.legs() {
            let last = &mut self.accounts[*account as usize];
            let mut latest_end = end;
            if let Some(last) = last {
                if begin < last.latest_end {
                    self.found.count(&own);
                }
                if begin < last.end {
                    self.found.count(&last.counted);
                }
                latest_end = end.max(last.latest_end);
            }
            *last = Some(Last { end, counted: own.clone(), latest_end });
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
    entry.kind.is_update() && matches!(entry.outcome, Outcome::Ok | Outcome::Unknown)
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
