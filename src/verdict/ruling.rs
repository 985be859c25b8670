//! What the checker says of a run, in findings and witnesses.

use std::collections::BTreeMap;

use super::case::Case;
use super::checker::{
    Anomaly, Answer, ComponentReport, Explained, Op, Options, Outcome, Report, check,
};
use super::subject::Subject;
use super::witness::{Witness, witnesses};
use super::{Conclusion, Finding, Severity};
use crate::facts::History;
use crate::model::AccountId;

/// Witnesses shown of one run; the rest is counted.
const WITNESSES: usize = 3;
/// The code of a finding that says nothing more than a wrong balance does.
pub(super) const NOT_SERIALIZABLE: &str = "not_serializable";
/// Ids listed of an explanation.
const LISTED: usize = 5;

/// The checker's word on the history.
#[derive(Debug)]
pub(super) struct Ruling {
    pub(super) serializable: Answer,
    pub(super) linearizable: Answer,
    /// By account: what the history as a whole proves of it.
    pub(super) conclusions: BTreeMap<AccountId, Conclusion>,
    pub(super) findings: Vec<Finding>,
    pub(super) witnesses: Vec<Witness>,
    pub(super) more_witnesses: u64,
    pub(super) explained: Explained,
    /// Whether the independent verifier agreed; `None`: it could not do it all.
    pub(super) verified: Option<bool>,
}

impl Ruling {
    /// Of a report without anomalies.
    pub(super) fn of(subject: &Subject<'_>, report: &Report, strict: bool) -> Self {
        let mut ruling = Self {
            serializable: report.serializable,
            linearizable: report.linearizable,
            conclusions: conclusions(subject, report),
            findings: Vec::new(),
            witnesses: Vec::new(),
            more_witnesses: 0,
            explained: explained(report),
            verified: verified(report),
        };
        ruling.findings.extend(report.crashed.iter().map(|crash| crashed(crash)));
        for component in &report.components {
            ruling.findings.extend(of_component(subject, component));
        }
        ruling.findings.extend(unverified(ruling.verified));
        ruling.findings.extend(explanation(&ruling.explained, strict));
        ruling
    }

    pub(super) fn fails(&self) -> bool {
        self.conclusions.values().any(|conclusion| *conclusion == Conclusion::Fail)
    }
}

/// Asks for the exact checks.
pub(super) fn rule(
    subject: &Subject<'_>,
    case: &Case,
    history: &History,
    options: &Options,
) -> Ruling {
    let report = check(&case.once, options);
    let twice = double_spends(case, &report, options);
    let mut ruling = Ruling::of(subject, &report, options.strict);
    ruling.findings.extend(twice.iter().cloned());

    let mut anomalies: Vec<&Anomaly> = case.of_attempts.iter().collect();
    let mut counted = 0;
    if twice.is_empty() {
        for component in &report.components {
            anomalies.extend(&component.anomalies);
            counted += component.more_anomalies as u64;
        }
    }
    anomalies
        .sort_by_key(|anomaly| (!anomaly.certain, anomaly.operations.len().max(2), anomaly.kind));
    ruling.more_witnesses = counted + anomalies.len().saturating_sub(WITNESSES) as u64;
    anomalies.truncate(WITNESSES);
    ruling.witnesses = witnesses(subject, history, &case.once, &anomalies);
    ruling
}

fn conclusions(subject: &Subject<'_>, report: &Report) -> BTreeMap<AccountId, Conclusion> {
    let of = |component: &ComponentReport| {
        let conclusion = component.conclusion;
        let accounts = component.accounts.iter();
        let names = accounts.filter_map(|account| subject.accounts.get(*account as usize));
        names.map(|account| (account.clone(), conclusion)).collect::<Vec<_>>()
    };
    report.components.iter().flat_map(of).collect()
}

fn of_component(subject: &Subject<'_>, component: &ComponentReport) -> Option<Finding> {
    let accounts = accounts(subject, component);
    if let Some(crash) = &component.crashed {
        return Some(crashed(crash));
    }
    if component.conclusion == Conclusion::Fail {
        let message = match component.serializable {
            Answer::Refuted => {
                format!("{accounts}: no order of the operations explains the answers")
            }
            _ => format!("{accounts}: no order that respects the clock explains the answers"),
        };
        let finding = Finding::new(Severity::Fail, NOT_SERIALIZABLE, message);
        return Some(match component.accounts[..] {
            [account] => finding.about(subject.accounts.get(account as usize)?),
            _ => finding,
        });
    }
    if component.linearizable == Answer::Unknown && component.serializable == Answer::Holds {
        let severity = match component.conclusion {
            Conclusion::Inconclusive => Severity::Inconclusive,
            _ => Severity::Note,
        };
        let message = format!(
            "{accounts}: the operations have an order that explains them; whether it also \
             respects the clock is unknown (raise --check-budget)"
        );
        return Some(Finding::new(severity, "real_time_unknown", message));
    }
    if component.conclusion == Conclusion::Inconclusive
        && component.serializable == Answer::Unknown
        && !component.end_unknown
    {
        let why = match component.sums_only {
            true => "the service tells no balances, so only sums could be compared",
            false => "the search for an order ran out of budget (raise --check-budget)",
        };
        return Some(Finding::new(
            Severity::Inconclusive,
            "undecided",
            format!("{accounts}: {why}"),
        ));
    }
    None
}

fn accounts(subject: &Subject<'_>, component: &ComponentReport) -> String {
    let names: Vec<String> =
        component.accounts.iter().take(LISTED).map(|account| subject.name(*account)).collect();
    let more = component.accounts.len().saturating_sub(LISTED);
    let word = if component.accounts.len() == 1 { "account" } else { "accounts" };
    match more {
        0 => format!("{word} {}", names.join(", ")),
        _ => format!("{word} {} and {more} more", names.join(", ")),
    }
}

/// Where each operation by itself makes sense only if an operation took effect
/// twice: once by an attempt without an answer, once by the one that was
/// repeated for it.
fn double_spends(case: &Case, once: &Report, options: &Options) -> Vec<Finding> {
    let Some(each) = case.each.as_ref().filter(|_| once.conclusion == Conclusion::Fail) else {
        return Vec::new();
    };
    let report = check(each, options);
    if report.serializable != Answer::Holds {
        return Vec::new();
    }
    let applied = explained(&report).applied;
    let happened = |op: &&Op| op.outcome == Outcome::Ok || applied.binary_search(&op.id).is_ok();
    let mut effects: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for op in each.ops.iter().filter(happened) {
        if let Some(operation) = case.operation_of.get(&op.id) {
            effects.entry(*operation).or_default().push(op.id);
        }
    }
    effects.retain(|_, attempts| attempts.len() > 1);
    effects.values_mut().for_each(|attempts| attempts.sort_unstable());
    let again: Vec<u64> = effects.into_values().flatten().collect();
    if again.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "operations that were sent again without an Idempotency-Key took effect twice: {}",
        list(&again)
    );
    vec![Finding::new(Severity::Fail, "double_spend", message)]
}

fn explained(report: &Report) -> Explained {
    let mut all = Explained::default();
    for component in &report.components {
        all.applied.extend(&component.explained.applied);
        all.not_applied.extend(&component.explained.not_applied);
    }
    all.applied.sort_unstable();
    all.not_applied.sort_unstable();
    all
}

fn explanation(explained: &Explained, strict: bool) -> Option<Finding> {
    let severity = if strict { Severity::Inconclusive } else { Severity::Note };
    let message = match (&explained.applied[..], &explained.not_applied[..]) {
        ([], []) => return None,
        (applied, []) => format!("explained if {} took effect", list(applied)),
        ([], not) => format!("explained if {} did not take effect", list(not)),
        (applied, not) => {
            format!("explained if {} took effect and {} did not", list(applied), list(not))
        }
    };
    Some(Finding::new(severity, "explained", message))
}

fn list(ids: &[u64]) -> String {
    let shown: Vec<String> = ids.iter().take(LISTED).map(|id| format!("#{id}")).collect();
    match ids.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn verified(report: &Report) -> Option<bool> {
    let any = |answer| report.components.iter().any(|component| component.verified == answer);
    if any(Some(false)) {
        Some(false)
    } else if any(None) {
        None
    } else {
        Some(true)
    }
}

fn unverified(verified: Option<bool>) -> Option<Finding> {
    let message = "the proof of the verdict did not stand up to its verifier; please report it, \
                   with the history";
    (verified == Some(false)).then(|| Finding::new(Severity::Inconclusive, "unverified", message))
}

fn crashed(crash: &str) -> Finding {
    let message = format!("the checker failed ({crash}); please report it, with the history");
    Finding::new(Severity::Inconclusive, "checker_crashed", message)
}
