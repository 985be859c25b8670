//! What a scenario or a script claims by itself: checks that count, invariants,
//! and that the run shall end.

use std::sync::Arc;
use std::time::Duration;

use super::checker::Detection;
use super::{Finding, Severity};
use crate::facts::{Checks, Facts, Looks};
use crate::model::one_line;

/// A finding for each check that counts and failed.
pub(super) fn checks(facts: &Facts) -> Vec<Finding> {
    let failed = facts.metrics.checks.iter().filter(|(_, checks)| checks.counts);
    let failed = failed.filter(|(_, checks)| checks.fails > 0);
    let finding = |(name, checks): (&Arc<str>, &Checks)| {
        let all = checks.passes + checks.fails;
        let mut message = format!("check `{name}` failed {} of {all} times", checks.fails);
        if let Some(first) = checks.failures.first() {
            let mismatch = &first.mismatch;
            let (expected, actual) = (plain(&mismatch.expected), plain(&mismatch.actual));
            message += &format!(": expected {expected}, got {actual}");
        }
        Finding::new(Severity::Fail, "check", message)
    };
    failed.map(finding).collect()
}

/// A finding for each invariant that did not hold, or that nobody looked at.
pub(super) fn invariants(facts: &Facts) -> Vec<Finding> {
    let finding = |(name, looks): (&Arc<str>, &Looks)| match looks.violations.first() {
        Some(first) => {
            let (seconds, seen) = (first.time.as_secs_f64(), plain(&first.seen));
            let mut message = format!("`{name}` did not hold at {seconds:.3} s: {seen}");
            if looks.violated > 1 {
                message += &format!("; {} of {} looks", looks.violated, looks.count);
            }
            Some(Finding::new(Severity::Fail, "invariant", message))
        }
        None if looks.count == 0 => {
            let message = format!("`{name}` was never looked at");
            Some(Finding::new(Severity::Inconclusive, "invariant", message))
        }
        None => None,
    };
    facts.invariants.iter().filter_map(finding).collect()
}

/// Where a pass has to have been able to catch gaps of this length, and was not.
pub(super) fn too_weak(detection: &Detection, gap: Duration) -> Option<Finding> {
    if detection.reaches(gap) {
        return None;
    }
    let limit = match detection.gap_ms.p95 {
        Some(limit) => format!("only gaps of {limit} ms or more"),
        None => "no gap".to_owned(),
    };
    let message = format!(
        "this run would hardly have caught a service that reads a balance and writes it back \
         {gap:.1?} later: {limit} would have been caught with 95% (`--detect` sets the gap). Use \
         more VUs or iterations on the same account, less think time, or answers that carry the \
         balance"
    );
    Some(Finding::new(Severity::Inconclusive, "detection_limit", message))
}

/// Where the run was ended by a script or a threshold. What fails anyway is not
/// in doubt for it; that a threshold ended it is told with the threshold.
pub(super) fn aborted(facts: &Facts, fails: bool) -> Option<Finding> {
    let reason = facts.aborted.as_ref().filter(|_| facts.tripped.is_none())?;
    let severity = if fails { Severity::Note } else { Severity::Inconclusive };
    let message = format!(
        "the run was aborted: {}; it was judged by what was acknowledged until then",
        plain(reason)
    );
    Some(Finding::new(severity, "aborted", message))
}

/// Fit for a sentence: what a service or a script says may hold anything.
fn plain(text: &str) -> String {
    const LONGEST: usize = 200;
    one_line(text).chars().take(LONGEST).collect()
}
