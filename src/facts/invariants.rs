use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Invariant;

/// Names are told apart up to so many.
const DISTINCT: usize = 1000;
/// Kept of the looks at which an invariant did not hold.
const VIOLATIONS: usize = 3;

/// How often an invariant was looked at, and what was seen when it did not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    pub count: u64,
    pub violated: u64,
    /// The first few violations.
    pub violations: Vec<Violation>,
}

/// One look at which an invariant did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub time: Duration,
    /// The values it was judged by.
    pub seen: Arc<str>,
}

pub(super) fn look(invariants: &mut BTreeMap<Arc<str>, Looks>, look: &Invariant) {
    if !invariants.contains_key(&look.name) && invariants.len() >= DISTINCT {
        return;
    }
    let looks = invariants.entry(look.name.clone()).or_default();
    looks.count += 1;
    if look.held {
        return;
    }
    looks.violated += 1;
    if looks.violations.len() < VIOLATIONS {
        looks.violations.push(Violation { time: look.time, seen: look.seen.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_violations_are_kept_and_all_are_counted() {
        let mut invariants = BTreeMap::new();
        for number in 0..10_u64 {
            let seen = format!("total {number}").into();
            let time = Duration::from_secs(number);
            look(
                &mut invariants,
                &Invariant { name: "total".into(), time, held: number % 2 == 0, seen },
            );
        }
        let looks = &invariants["total"];
        assert_eq!((looks.count, looks.violated), (10, 5));
        let seen: Vec<&str> = looks.violations.iter().map(|it| &*it.seen).collect();
        assert_eq!(seen, ["total 1", "total 3", "total 5"]);
    }
}
