//! Which totals a choice of unknown outcomes can add up to.

use std::collections::HashSet;

/// Work beyond this is not done: the answer is "perhaps".
const LIMIT: usize = 1 << 17;

/// Whether some of `deltas` add up to `wanted`; `None` when there are too many
/// different sums to tell. Every distinct sum is kept once.
pub(super) fn reachable(deltas: impl IntoIterator<Item = i64>, wanted: i128) -> Option<bool> {
    let mut sums = HashSet::from([0_i128]);
    let mut work = 0;
    for delta in deltas {
        if sums.contains(&wanted) {
            return Some(true);
        }
        let more: Vec<i128> = sums.iter().map(|sum| sum + i128::from(delta)).collect();
        work += more.len();
        sums.extend(more);
        if work > LIMIT {
            return None;
        }
    }
    Some(sums.contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_sums_and_gives_up_honestly() {
        assert_eq!(reachable([10, -5, 7], 2), Some(true));
        assert_eq!(reachable([10, -5, 7], 3), Some(false));
        assert_eq!(reachable([], 0), Some(true));
        assert_eq!(reachable((0..40).map(|n| 1 << n), -1), None);
        assert_eq!(reachable(std::iter::repeat_n(10, 100_000), 5), None);
    }
}
