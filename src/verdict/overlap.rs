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
        let mut updates: Vec<&Entry> =
            history.entries().iter().filter(|entry| could_write(entry)).collect();
        updates.sort_unstable_by_key(|entry| (entry.account, entry.invoked));
        let overlapping =
            updates.chunk_by(|a, b| a.account == b.account).map(count_overlapping).sum();
        Self { updates: updates.len() as u64, overlapping }
    }
}

fn could_write(entry: &Entry) -> bool {
    entry.delta != 0 && matches!(entry.outcome, Outcome::Ok | Outcome::Unknown)
}

/// Counts the updates of one account, sorted by invocation, that ran beside
/// another: begun before an earlier one was done, or still running when a later
/// one began. An update without an answer may be at work for ever.
fn count_overlapping(updates: &[&Entry]) -> u64 {
    let end = |entry: &Entry| match entry.outcome {
        Outcome::Unknown => u64::MAX,
        _ => entry.completed,
    };
    let mut latest_end = 0;
    let mut count = 0;
    for (index, update) in updates.iter().enumerate() {
        let with_earlier = index > 0 && update.invoked < latest_end;
        let with_later = updates.get(index + 1).is_some_and(|next| next.invoked < end(update));
        count += u64::from(with_earlier || with_later);
        latest_end = latest_end.max(end(update));
    }
    count
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::facts::Operation;
    use crate::model::AccountId;

    fn history(intervals: &[(u64, u64, u64)]) -> History {
        let mut history = History::default();
        for (account, invoked, completed) in intervals {
            history.record(&Operation {
                workload: 0,
                process: 0,
                name: "deposit",
                account: AccountId::from(*account),
                delta: 10,
                invoked: Duration::from_nanos(*invoked),
                completed: Duration::from_nanos(*completed),
                outcome: Outcome::Ok,
                balance: None,
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
