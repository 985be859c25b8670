//! What the faults of a run have shown: one that met nobody has shown nothing.

use super::{Finding, Severity};
use crate::facts::{Facts, FaultRecord};

/// Faults named of one kind; the rest is counted.
const NAMED: usize = 3;

/// `strict`: what was not shown is not known.
pub(super) fn findings(facts: &Facts, strict: bool) -> Vec<Finding> {
    let severity = if strict { Severity::Inconclusive } else { Severity::Warning };
    let of = |is: fn(&FaultRecord) -> bool| -> Vec<&FaultRecord> {
        facts.faults.iter().filter(|fault| is(fault)).collect()
    };
    let mut findings: Vec<Finding> =
        of(|fault| fault.trouble.is_some()).into_iter().map(failed).collect();
    let missed = of(|fault| fault.missed);
    if !missed.is_empty() {
        let message = format!(
            "{} never came, for the run was over: what it would have shown is not known. Let the \
             scenarios go on for longer",
            named(&missed, facts)
        );
        findings.push(Finding::new(severity, "fault_missed", message));
    }
    let unmet = of(|fault| fault.began.is_some() && fault.met.total() == 0);
    if !unmet.is_empty() {
        let message = format!(
            "{} met no operation, and so has shown nothing. Let virtual users be at work meanwhile",
            named(&unmet, facts)
        );
        findings.push(Finding::new(severity, "fault_unmet", message));
    }
    let unserved = of(|fault| fault.served_after.is_none() && fault.unserved > 0);
    if !unserved.is_empty() {
        let message = format!("after {} nobody was served any more", named(&unserved, facts));
        findings.push(Finding::new(severity, "fault_unserved", message));
    }
    findings
}

fn failed(fault: &FaultRecord) -> Finding {
    let cause = fault.trouble.as_deref().unwrap_or_default();
    let message = format!("{} went wrong: {cause}", name(fault));
    Finding::new(Severity::Inconclusive, "fault_failed", message)
}

/// `2 of 5 faults (kill database at 6.000 s, ...)`
fn named(some: &[&FaultRecord], facts: &Facts) -> String {
    if let [only] = some {
        return name(only);
    }
    let names: Vec<String> = some.iter().take(NAMED).map(|fault| name(fault)).collect();
    let more = if some.len() > NAMED { ", ..." } else { "" };
    format!("{} of {} faults ({}{more})", some.len(), facts.faults.len(), names.join(", "))
}

fn name(fault: &FaultRecord) -> String {
    let moment = fault.began.unwrap_or(fault.due).as_secs_f64();
    format!("`{}` at {moment:.3} s", fault.what)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::{Event, FaultNews, FaultStep};

    fn facts(steps: &[(u64, u64, FaultStep)]) -> Facts {
        let mut facts = Facts::new(1);
        for (number, millis, step) in steps {
            facts.apply(&Event::Fault(FaultNews {
                number: *number,
                what: "kill database".into(),
                due: Duration::from_millis(500),
                time: Duration::from_millis(*millis),
                step: step.clone(),
            }));
        }
        facts
    }

    fn said(facts: &Facts, strict: bool) -> Vec<(Severity, &'static str, String)> {
        let findings = findings(facts, strict).into_iter();
        findings.map(|finding| (finding.severity, finding.code, finding.message)).collect()
    }

    #[test]
    fn without_faults_there_is_nothing_to_say() {
        assert!(said(&facts(&[]), true).is_empty());
    }

    #[test]
    fn one_that_met_nobody_has_shown_nothing() {
        let facts = facts(&[(0, 600, FaultStep::Began), (0, 700, FaultStep::Ended)]);
        for (strict, expected) in [(false, Severity::Warning), (true, Severity::Inconclusive)] {
            let [(severity, code, message)] = &said(&facts, strict)[..] else { panic!("one") };
            assert_eq!((*severity, *code), (expected, "fault_unmet"));
            assert!(message.starts_with("`kill database` at 0.600 s met no"), "{message}");
        }
    }

    #[test]
    fn one_that_never_came_is_told() {
        let facts = facts(&[(0, 300, FaultStep::Missed), (1, 300, FaultStep::Missed)]);
        let [(_, code, message)] = &said(&facts, false)[..] else { panic!("one") };
        assert_eq!(*code, "fault_missed");
        assert!(message.starts_with("2 of 2 faults (`kill database` at 0.500 s, "), "{message}");
    }

    #[test]
    fn one_that_went_wrong_makes_nothing_certain() {
        let failed = FaultStep::Failed("there is no such process".into());
        let facts = facts(&[(0, 600, FaultStep::Began), (0, 601, failed)]);
        let told = said(&facts, false);
        let expected = "`kill database` at 0.600 s went wrong: there is no such process".to_owned();
        assert!(told.contains(&(Severity::Inconclusive, "fault_failed", expected)), "{told:?}");
    }
}
