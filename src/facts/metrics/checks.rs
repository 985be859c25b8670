use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::facts::{Check, Mismatch};

/// Names are told apart up to so many; a script that makes a name for each
/// answer must not fill the memory.
const DISTINCT: usize = 1000;
/// Kept of the failures of one check.
const FAILURES: usize = 3;

/// How often a check of this name held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checks {
    pub passes: u64,
    pub fails: u64,
    /// Whether a failure of it fails the run, and not only through a threshold.
    pub counts: bool,
    /// The first few failures with different values.
    pub failures: Vec<CheckFailure>,
}

/// The values of a failed check, and how often it failed with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckFailure {
    #[serde(flatten)]
    pub mismatch: Arc<Mismatch>,
    pub times: u64,
}

impl Checks {
    fn add(&mut self, check: &Check) {
        self.passes += u64::from(check.passed);
        self.fails += u64::from(!check.passed);
        self.counts |= check.counts;
        let Some(mismatch) = check.mismatch.as_ref().filter(|_| !check.passed) else { return };
        if let Some(known) = self.failures.iter_mut().find(|known| known.mismatch == *mismatch) {
            known.times += 1;
        } else if self.failures.len() < FAILURES {
            self.failures.push(CheckFailure { mismatch: mismatch.clone(), times: 1 });
        }
    }
}

/// Takes a check in, under its name or, when there are too many, with others.
pub(super) fn count(checks: &mut BTreeMap<Arc<str>, Checks>, check: &Check) {
    if let Some(known) = checks.get_mut(&check.name) {
        known.add(check);
    } else if checks.len() < DISTINCT {
        checks.entry(check.name.clone()).or_default().add(check);
    } else {
        checks.entry("other checks".into()).or_default().add(check);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Tags;

    fn check(name: &str, actual: Option<&str>) -> Check {
        let mismatch = actual.map(|actual| {
            Arc::new(Mismatch { expected: "200".to_owned(), actual: actual.to_owned() })
        });
        Check {
            workload: 0,
            name: name.into(),
            passed: actual.is_none(),
            tags: Tags::default(),
            counts: false,
            mismatch,
        }
    }

    #[test]
    fn the_first_different_failures_are_kept() {
        let mut checks = BTreeMap::new();
        for actual in [None, Some("500"), Some("404"), Some("500"), Some("502"), Some("503")] {
            count(&mut checks, &check("status is 200", actual));
        }
        let checks = &checks["status is 200"];
        assert_eq!((checks.passes, checks.fails), (1, 5));
        let kept = checks.failures.iter().map(|kept| (kept.mismatch.actual.as_str(), kept.times));
        assert_eq!(kept.collect::<Vec<_>>(), [("500", 2), ("404", 1), ("502", 1)]);
    }

    #[test]
    fn a_name_for_each_answer_does_not_fill_the_memory() {
        let mut checks = BTreeMap::new();
        for number in 0..2 * DISTINCT {
            count(&mut checks, &check(&format!("answer {number}"), None));
        }
        assert_eq!(checks.len(), DISTINCT + 1);
        assert_eq!(checks.values().map(|checks| checks.passes).sum::<u64>(), 2 * DISTINCT as u64);
    }
}
