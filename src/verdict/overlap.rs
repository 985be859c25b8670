use serde::Serialize;

use crate::facts::{Entry, History};
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

impl Overlap {
    pub fn of(history: &History) -> Self {
        let mut touches: Vec<Touch> = Vec::new();
        let mut updates: u32 = 0;
        for update in history.entries().filter(could_write) {
            let position = updates;
            updates += 1;
            let interval = (update.invoked, update.completed);
            let accounts = [update.account, update.to].into_iter().flatten();
            touches.extend(accounts.map(|account| Touch { account, interval, position }));
        }
        touches.sort_unstable_by_key(|touch| (touch.account, touch.interval));
        let mut overlapped = vec![false; updates as usize];
        for of_account in touches.chunk_by(|a, b| a.account == b.account) {
            mark(of_account, &mut overlapped);
        }
        let overlapping = overlapped.iter().filter(|overlapped| **overlapped).count() as u64;
        Self { updates: updates.into(), overlapping }
    }
}

/// One update on one of its accounts.
struct Touch {
    account: u32,
    /// Invocation and completion.
    interval: (u64, u64),
    position: u32,
}

fn could_write(entry: &Entry) -> bool {
    entry.delta != 0 && matches!(entry.outcome, Outcome::Ok | Outcome::Unknown)
}

/// Marks the updates of one account, sorted by invocation, that ran beside
/// another: begun before an earlier one was done, or still running when a later
/// one began.
fn mark(touches: &[Touch], overlapped: &mut [bool]) {
    let mut latest_end = 0;
    for (index, touch) in touches.iter().enumerate() {
        let (begin, end) = touch.interval;
        let with_earlier = index > 0 && begin < latest_end;
        let with_later = touches.get(index + 1).is_some_and(|next| next.interval.0 < end);
        overlapped[touch.position as usize] |= with_earlier || with_later;
        latest_end = latest_end.max(end);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::facts::{Operation, Tags};
    use crate::model::Call;

    fn history(intervals: &[(u64, u64, u64)]) -> History {
        let mut history = History::default();
        for (account, invoked, completed) in intervals {
            history.complete(&Operation {
                workload: 0,
                process: 0,
                call: Arc::new(Call::deposit((*account).into(), 10)),
                invoked: Duration::from_nanos(*invoked),
                completed: Duration::from_nanos(*completed),
                late: Duration::ZERO,
                tags: Tags::default(),
                outcome: Outcome::Ok,
                balance: None,
                to_balance: None,
                snapshot: None,
                status: Some(200),
                error: None,
            });
        }
        history
    }

    fn overlapping(intervals: &[(u64, u64, u64)]) -> u64 {
        Overlap::of(&history(intervals)).overlapping
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
