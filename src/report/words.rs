//! The verdict in words, the same in every report.

use super::format::{counted, duration};
use crate::facts::Facts;
use crate::verdict::checker::{Answer, Detection};
use crate::verdict::{Conclusion, NotJudged, Severity, Verdict};

pub(super) fn conclusion(verdict: &Verdict) -> &'static str {
    match verdict.conclusion {
        Conclusion::Pass => "PASS",
        Conclusion::Fail => "FAIL",
        Conclusion::Inconclusive => "INCONCLUSIVE",
    }
}

/// One sentence that says it all, without the conclusion.
pub(super) fn sentence(facts: &Facts, verdict: &Verdict) -> String {
    let mut text = claims_met(verdict) + &money(verdict);
    let overlap = verdict.overlap;
    if overlap.overlapping > 0 {
        text += &format!(
            "; {} of {} overlapped on their account",
            overlap.overlapping,
            counted(overlap.updates, "update")
        );
    }
    text + &format!("; {}", duration(facts.elapsed))
}

/// How far the claim goes: in which order the operations can have been, and
/// which races the run would have caught.
pub(super) fn scope(verdict: &Verdict) -> String {
    let order = match (verdict.serializable, verdict.linearizable) {
        (Answer::Holds, Answer::Holds) => "one order explains every answer and respects the clock",
        (Answer::Holds, Answer::Unknown) => {
            "one order explains every answer; whether one respects the clock is unknown"
        }
        (Answer::Holds, Answer::Refuted) => {
            "an order explains every answer, but none that respects the clock"
        }
        (Answer::Refuted, _) => "no order explains every answer",
        (Answer::Unknown, _) => "whether an order explains every answer is unknown",
    };
    let order = match not_judged(verdict) {
        Some(rest) => {
            let judged = order.replace("every answer", "every answer that was judged");
            format!("{judged}; not judged: {rest}")
        }
        None => order.to_owned(),
    };
    match &verdict.detection {
        Some(detection) => format!("{order}; {}", limit(detection)),
        None => order,
    }
}

/// Which gaps between a read and its write would have been caught.
fn limit(detection: &Detection) -> String {
    match detection.gap_ms.p95 {
        Some(0.0) => "would have caught a gap of any length (95%)".to_owned(),
        Some(limit) => format!("would have caught a gap of {limit} ms or more (95%)"),
        None => "would have caught none: no gap between read and write shows with 95%".to_owned(),
    }
}

/// `2 refusals and 3 operations on accounts without a known start`
fn not_judged(verdict: &Verdict) -> Option<String> {
    let NotJudged { refusals, operations } = verdict.not_judged;
    let refused = (refusals > 0).then(|| counted(refusals, "refusal"));
    let beyond = (operations > 0)
        .then(|| format!("{} on accounts without a known start", counted(operations, "operation")));
    let all: Vec<String> = refused.into_iter().chain(beyond).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

/// What was claimed beside the balances: `1 of 2 thresholds met; `.
fn claims_met(verdict: &Verdict) -> String {
    let mut text = String::new();
    let all = verdict.thresholds.len() as u64;
    if all > 0 {
        let met = verdict.thresholds.iter().filter(|threshold| threshold.ok).count();
        text += &format!("{met} of {} met; ", counted(all, "threshold"));
    }
    for (code, noun) in [("check", "check"), ("invariant", "invariant")] {
        let of_code = verdict.findings.iter().filter(|finding| finding.code == code);
        let failed = of_code.filter(|finding| finding.severity == Severity::Fail).count() as u64;
        if failed > 0 {
            text += &format!("{} failed; ", counted(failed, noun));
        }
    }
    text
}

fn money(verdict: &Verdict) -> String {
    let judged = verdict.accounts.iter().filter_map(|row| row.conclusion);
    let off = verdict.accounts.iter().filter(|row| row.difference().is_some_and(|off| off != 0));
    let off = off.count();
    let (mut all, mut pass, mut fail) = (0, 0, 0);
    for conclusion in judged {
        all += 1;
        pass += u64::from(conclusion == Conclusion::Pass);
        fail += u64::from(conclusion == Conclusion::Fail);
    }
    match (verdict.missing(), verdict.surplus()) {
        (0, 0) if all == 0 => "no balance was judged".to_owned(),
        (0, 0) if pass == all => format!("{} as expected", counted(all, "balance")),
        (0, 0) if fail == 0 => format!("{pass} of {all} balances are certain"),
        (0, 0) if off == 0 => "the balances add up, the answers on the way do not".to_owned(),
        (0, 0) => format!("{off} of {all} balances are not as stated"),
        (missing, 0) => format!("{missing} of acknowledged money is gone"),
        (0, surplus) => format!("{surplus} more is there than was ever acknowledged"),
        (missing, surplus) => {
            format!("{missing} of acknowledged money is gone, and elsewhere {surplus} too much")
        }
    }
}
