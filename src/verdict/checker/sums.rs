//! Which totals a choice of unknown outcomes can add up to.

use std::collections::HashSet;

/// Sums beyond this are not told apart: the answer is "perhaps".
const LIMIT: usize = 1 << 16;

/// Whether some of `deltas` add up to `wanted`; `None` when there are too many
/// different sums to tell. Every distinct sum is kept once.
pub(super) fn reachable(deltas: impl IntoIterator<Item = i64>, wanted: i64) -> Option<bool> {
    let mut sums = HashSet::from([0_i64]);
    for delta in deltas {
        if sums.contains(&wanted) {
            return Some(true);
        }
        let more: Vec<i64> = sums.iter().map(|sum| sum + delta).collect();
        sums.extend(more);
        if sums.len() > LIMIT {
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
        assert_eq!(reachable([10; 100_000], 5), None);
    }
}
