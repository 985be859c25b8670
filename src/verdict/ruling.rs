//! What the checker says of a run, in findings and witnesses.

use std::collections::BTreeMap;

use super::case::{Case, forget_refusals};
use super::checker::{
    Anomaly, AnomalyKind, Answer, Certificate, ComponentReport, Explained, Op, Options, Outcome,
    Problem, Report, check,
};
use super::floors::AccountFloors;
use super::subject::Subject;
use super::witness::{Witness, witnesses};
use super::{Conclusion, Finding, Severity, list};
use crate::facts::History;
use crate::model::AccountId;

/// Witnesses shown of one run; the rest is counted.
const WITNESSES: usize = 3;
/// The code of a finding that says nothing more than a wrong balance does.
pub(super) const NOT_SERIALIZABLE: &str = "not_serializable";

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

/// Asks for the exact checks. `floors`: what is known of them, and in the end what was
/// held to be true of them.
pub(super) fn rule(
    subject: &Subject<'_>,
    case: &mut Case,
    history: &History,
    floors: &mut AccountFloors,
    options: &Options,
) -> Ruling {
    let mut decided = decide(case, options);
    if let Some(without) = contradicted(case, &decided.report, floors, options) {
        case.problems_mut().for_each(|problem| problem.floors = without.floors());
        decided = decide(case, options);
        *floors = without;
    }
    let Decided { report, twice, .. } = &decided;
    let mut ruling = Ruling::of(subject, report, options.strict);
    ruling.findings.extend(twice.iter().cloned());
    ruling.refuse_attempts(subject, &case.of_attempts);

    let problem = if decided.each { case.each.as_ref() } else { None }.unwrap_or(&case.once);
    let mut anomalies: Vec<&Anomaly> = case.of_attempts.iter().collect();
    let mut counted = 0;
    if twice.is_none() {
        for component in &report.components {
            anomalies.extend(&component.anomalies);
            counted += component.more_anomalies as u64;
        }
    }
    anomalies.sort_by_key(|anomaly| anomaly.clarity());
    ruling.more_witnesses = counted + anomalies.len().saturating_sub(WITNESSES) as u64;
    anomalies.truncate(WITNESSES);
    ruling.witnesses = witnesses(subject, history, problem, &anomalies);
    ruling
}

/// What came of a case.
struct Decided {
    report: Report,
    /// The report is about each attempt by itself.
    each: bool,
    /// Operations without a key took effect more than once.
    twice: Option<Finding>,
}

/// First as if every operation took effect once at most. Where that cannot be, and
/// there are attempts without a key, each of them may have.
fn decide(case: &Case, options: &Options) -> Decided {
    let once = check(&case.once, options);
    let Some(each) = case.each.as_ref().filter(|_| once.conclusion == Conclusion::Fail) else {
        return Decided { report: once, each: false, twice: None };
    };
    let report = check(each, options);
    match double_spend(case, each, &report) {
        Some(finding) => Decided { report: once, each: false, twice: Some(finding) },
        None => Decided { report, each: true, twice: None },
    }
}

/// The floors without those that were inferred wrongly: what was acknowledged makes
/// sense only without them. `None`: they stay as they are.
fn contradicted(
    case: &Case,
    report: &Report,
    floors: &AccountFloors,
    options: &Options,
) -> Option<AccountFloors> {
    let by_floors = |part: &ComponentReport| {
        let mut certificates = part.certificates.iter();
        part.conclusion == Conclusion::Fail
            && certificates.all(|certificate| match certificate {
                Certificate::Order { .. }
                | Certificate::Overdraft { .. }
                | Certificate::NeverShort { .. }
                | Certificate::Exhausted { .. } => true,
                Certificate::Forks { .. }
                | Certificate::Unreachable { .. }
                | Certificate::Sum { .. }
                | Certificate::Total { .. }
                | Certificate::NeverThere { .. } => false,
            })
    };
    if !report.components.iter().any(by_floors) {
        return None;
    }
    let without = floors.without_those_of_fails(report)?;
    let mut acknowledged = case.each.as_ref().unwrap_or(&case.once).clone();
    forget_refusals(&mut acknowledged);
    if check(&acknowledged, options).conclusion != Conclusion::Fail {
        return None;
    }
    acknowledged.floors = without.floors();
    (check(&acknowledged, options).conclusion != Conclusion::Fail).then_some(without)
}

impl Ruling {
    /// Attempts that contradict each other, whatever the balances are.
    fn refuse_attempts(&mut self, subject: &Subject<'_>, anomalies: &[Anomaly]) {
        for anomaly in anomalies {
            let ids = list(&ids(&anomaly.operations));
            let message = match anomaly.kind {
                AnomalyKind::RefusedAfterEffect => format!(
                    "attempts under one Idempotency-Key: one was acknowledged, and a later one \
                     refused: {ids}"
                ),
                _ => format!("attempts under one Idempotency-Key were answered differently: {ids}"),
            };
            let mut finding = Finding::new(Severity::Fail, "attempts", message);
            if let Some(account) = subject.accounts.get(anomaly.account as usize) {
                self.conclusions.insert(account.clone(), Conclusion::Fail);
                finding = finding.about(account);
            }
            self.findings.push(finding);
            self.linearizable = Answer::Refuted;
            // Who is refused too late is so by the clock alone.
            if anomaly.kind != AnomalyKind::RefusedAfterEffect {
                self.serializable = Answer::Refuted;
            }
        }
    }
}

fn conclusions(subject: &Subject<'_>, report: &Report) -> BTreeMap<AccountId, Conclusion> {
    let of = |component: &ComponentReport| {
        let conclusion = match is_in_doubt(subject, component) {
            true => Conclusion::Inconclusive,
            false => component.conclusion,
        };
        let accounts = component.accounts.iter();
        let names = accounts.filter_map(|account| subject.accounts.get(*account as usize));
        names.map(|account| (account.clone(), conclusion)).collect::<Vec<_>>()
    };
    report.components.iter().flat_map(of).collect()
}

/// Whether it fails only by a clock that another one contradicts.
fn is_in_doubt(subject: &Subject<'_>, component: &ComponentReport) -> bool {
    let by_the_clock =
        component.serializable == Answer::Holds && component.linearizable == Answer::Refuted;
    component.conclusion == Conclusion::Fail && by_the_clock && !subject.has_sound_clock
}

fn of_component(subject: &Subject<'_>, component: &ComponentReport) -> Option<Finding> {
    let accounts = accounts(subject, component);
    if let Some(crash) = &component.crashed {
        return Some(crashed(crash));
    }
    if is_in_doubt(subject, component) {
        let message = format!(
            "{accounts}: the operations have an order that explains them, but none that respects \
             `time`, which the order of the lines contradicts"
        );
        return Some(Finding::new(Severity::Inconclusive, "real_time_unknown", message));
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
        let why = match (component.too_large, component.sums_only) {
            (true, _) => {
                "its amounts are too large to calculate with: balances and what may be added to \
                 them must stay within 64 bits"
            }
            (false, true) => "the service tells no balances, so only sums could be compared",
            (false, false) => "the search for an order ran out of budget (raise --check-budget)",
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
        component.accounts.iter().map(|account| subject.name(*account)).collect();
    let word = if names.len() == 1 { "account" } else { "accounts" };
    format!("{word} {}", list(&names))
}

/// Where the attempts make sense only if an operation took effect twice: once by an
/// attempt without an answer, once by the one that was repeated for it. `report`: of
/// `each` attempt by itself.
fn double_spend(case: &Case, each: &Problem, report: &Report) -> Option<Finding> {
    if report.serializable != Answer::Holds || report.linearizable == Answer::Refuted {
        return None;
    }
    let applied = explained(report).applied;
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
    let message = format!(
        "operations that were sent again without an Idempotency-Key took effect twice: {}",
        list(&ids(&again))
    );
    (!again.is_empty()).then(|| Finding::new(Severity::Fail, "double_spend", message))
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
        (applied, []) => format!("explained if {} took effect", list(&ids(applied))),
        ([], not) => format!("explained if {} did not take effect", list(&ids(not))),
        (applied, not) => {
            format!(
                "explained if {} took effect and {} did not",
                list(&ids(applied)),
                list(&ids(not))
            )
        }
    };
    Some(Finding::new(severity, "explained", message))
}

fn ids(ids: &[u64]) -> Vec<String> {
    ids.iter().map(|id| format!("#{id}")).collect()
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
