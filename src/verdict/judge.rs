use serde::Serialize;

use super::case::Case;
use super::checker::{Answer, Explained, Options, Power, PowerOptions, power};
use super::ruling::{NOT_SERIALIZABLE, rule};
use super::{AccountVerdict, Conclusion, Finding, Overlap, Severity, Witness, balances};
use crate::facts::Facts;
use crate::model::{AccountId, Amount, Outcome};
use crate::scenario::Expect;

/// What a run proves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub conclusion: Conclusion,
    pub accounts: Vec<AccountVerdict>,
    pub findings: Vec<Finding>,
    /// Proofs of what went wrong, the clearest first, at most a handful.
    pub witnesses: Vec<Witness>,
    /// How many more there are.
    pub more_witnesses: u64,
    /// Whether some order explains every answer and every balance.
    pub serializable: Answer,
    /// Whether such an order also respects the clock.
    pub linearizable: Answer,
    /// The choice of unknown outcomes under which the history makes sense.
    pub explained: Explained,
    /// Whether the proofs stood up to an independent verifier. `None`: they are
    /// too large to be done twice.
    pub verified: Option<bool>,
    pub overlap: Overlap,
    /// How often this schedule would have caught a naive service; of a pass.
    pub power: Option<Power>,
}

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeOptions {
    /// What proves little or rests on a guess is inconclusive, not a pass.
    pub strict: bool,
    /// An undecided order in real time is inconclusive, too.
    pub require_linearizable: bool,
    /// Steps that a search may take.
    pub budget: u64,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        let Options { budget, .. } = Options::default();
        Self { strict: false, require_linearizable: false, budget }
    }
}

/// Judges a run.
pub fn judge(expect: &Expect, facts: &Facts, options: JudgeOptions) -> Verdict {
    let JudgeOptions { strict, require_linearizable, budget } = options;
    let case = Case::of(facts, expect.non_negative || refuses(facts));
    let ruling = rule(&case, &Options { budget, require_linearizable, strict }, strict);
    let (accounts, mut findings) = balances::judge(expect, facts, &ruling.conclusions);
    let overlap = Overlap::of(&facts.history);
    findings.extend(resolved(facts));
    findings.extend(total(expect, facts));
    findings.extend(set_aside(expect));
    findings.extend(negative(expect, facts));
    findings.extend(nothing_acknowledged(facts));
    findings.extend(not_judged(expect, facts, &accounts));
    findings.extend(script_errors(facts));
    findings.extend(news(ruling.findings, &findings));
    // What failed has shown that it could.
    if findings.iter().all(|finding| finding.severity < Severity::Fail) {
        findings.extend(nothing_overlapped(overlap, strict));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let conclusion = findings.iter().map(Finding::conclusion).max().unwrap_or(Conclusion::Pass);
    let proves = conclusion == Conclusion::Pass && overlap.overlapping > 0;
    Verdict {
        conclusion,
        accounts,
        findings,
        witnesses: ruling.witnesses,
        more_witnesses: ruling.more_witnesses,
        serializable: ruling.serializable,
        linearizable: ruling.linearizable,
        explained: ruling.explained,
        verified: ruling.verified,
        overlap,
        power: proves.then(|| power(&case.once, &PowerOptions::default())),
    }
}

/// Without what is said in plainer words already: that no order explains an
/// account whose balance is wrong.
fn news(findings: Vec<Finding>, said: &[Finding]) -> Vec<Finding> {
    let fails = |account: &AccountId| {
        said.iter().any(|finding| {
            finding.severity == Severity::Fail && finding.account.as_ref() == Some(account)
        })
    };
    let repeats = |finding: &Finding| {
        finding.code == NOT_SERIALIZABLE && finding.account.as_ref().is_some_and(fails)
    };
    findings.into_iter().filter(|finding| !repeats(finding)).collect()
}

/// A service that refused for lack of funds once, means to do so always.
fn refuses(facts: &Facts) -> bool {
    facts.history.entries().iter().any(|entry| entry.outcome == Outcome::Rejected)
}

impl Verdict {
    /// Money that was acknowledged and is not there, over all accounts that
    /// hold too little.
    pub fn missing(&self) -> u64 {
        self.sum_of(|off| off < 0)
    }

    /// Money that is there and was never acknowledged.
    pub fn surplus(&self) -> u64 {
        self.sum_of(|off| off > 0)
    }

    fn sum_of(&self, counts: impl Fn(Amount) -> bool) -> u64 {
        let differences = self.accounts.iter().filter_map(|row| {
            let (reach, actual) = (row.acknowledged?, row.actual?);
            Some(reach.distance(actual))
        });
        differences
            .filter(|off| counts(*off))
            .fold(0, |sum, off| sum.saturating_add(off.unsigned_abs()))
    }
}

fn total(expect: &Expect, facts: &Facts) -> Option<Finding> {
    let stated = expect.total?;
    if facts.interrupted {
        return None;
    }
    let complete = facts.initial.keys().all(|account| facts.end.contains_key(account));
    if !complete {
        let message = "expect.total cannot be judged: not every balance could be read";
        return Some(Finding::new(Severity::Inconclusive, "total", message));
    }
    let actual: i128 = facts.end.values().map(|balance| i128::from(*balance)).sum();
    let message = format!("the total is {actual}, expected {stated}");
    (actual != i128::from(stated)).then(|| Finding::new(Severity::Fail, "total", message))
}

/// What is no longer expected, because it was not this work that it counts on.
fn set_aside(expect: &Expect) -> Option<Finding> {
    let set_aside = expect.set_aside.as_ref()?;
    let total = set_aside.total.map(|_| "the total");
    let balances = match set_aside.balances.len() {
        0 => None,
        1 => Some("the balances of 1 account".to_owned()),
        several => Some(format!("the balances of {several} accounts")),
    };
    let stated: Vec<&str> = balances.as_deref().into_iter().chain(total).collect();
    let message = format!(
        "{}, as the file states them, are set aside: with {} other work is done than it counts \
         on; judged by what was acknowledged",
        stated.join(" and "),
        set_aside.by,
    );
    Some(Finding::new(Severity::Note, "set_aside", message))
}

fn resolved(facts: &Facts) -> Option<Finding> {
    let message = match facts.metrics.resolved {
        0 => return None,
        1 => "1 operation was never answered; the service said later that it took effect".into(),
        many => format!(
            "{many} operations were never answered; the service said later that they took effect"
        ),
    };
    Some(Finding::new(Severity::Note, "resolved", message))
}

/// A balance below zero, at the end or in any answer on the way.
fn negative(expect: &Expect, facts: &Facts) -> Option<Finding> {
    let at_the_end = facts.end.iter().map(|(account, balance)| (account, *balance));
    let on_the_way = facts.history.entries().iter().filter_map(|entry| {
        let account = facts.history.accounts().get(entry.account? as usize)?;
        Some((account, entry.balance?))
    });
    let below = at_the_end.chain(on_the_way).filter(|(_, balance)| *balance < 0);
    let (account, lowest) = below.min_by_key(|(_, balance)| *balance)?;
    let severity = if expect.non_negative { Severity::Fail } else { Severity::Warning };
    let message = format!("account {account} went down to {lowest}: more was taken than was there");
    Some(Finding::new(severity, "overdraft", message).about(account))
}

fn nothing_acknowledged(facts: &Facts) -> Option<Finding> {
    let outcomes = facts.metrics.total().outcomes;
    let message = format!("none of {} operations was acknowledged", outcomes.total());
    (outcomes.total() > 0 && outcomes.ok == 0)
        .then(|| Finding::new(Severity::Inconclusive, "nothing_acknowledged", message))
}

fn nothing_overlapped(overlap: Overlap, strict: bool) -> Option<Finding> {
    let severity = if strict { Severity::Inconclusive } else { Severity::Warning };
    let message = "no two operations on one account overlapped: this run could not have caught a \
                   lost update. Give a workload several VUs on the same account";
    (overlap.updates > 0 && overlap.overlapping == 0)
        .then(|| Finding::new(severity, "no_overlap", message))
}

/// Where there was nothing to judge, or nothing to judge it by.
fn not_judged(expect: &Expect, facts: &Facts, accounts: &[AccountVerdict]) -> Option<Finding> {
    if facts.history.entries().is_empty() {
        let message = "not judged: no operation in the history";
        return if facts.interrupted {
            Some(Finding::new(Severity::Inconclusive, "no_history", message))
        } else if expect.balances.is_empty() {
            Some(Finding::new(Severity::Warning, "no_history", message))
        } else {
            None
        };
    }
    let message = "not judged: of no account is the balance at the start known";
    accounts
        .iter()
        .all(|row| row.conclusion.is_none())
        .then(|| Finding::new(Severity::Inconclusive, "no_initial", message))
}

/// What a script left undone is in no balance.
fn script_errors(facts: &Facts) -> Option<Finding> {
    let cut = facts.metrics.total().script_errors;
    let message = format!("errors of the script cut {cut} of its iterations short");
    (cut > 0).then(|| Finding::new(Severity::Warning, "script_errors", message))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::facts::{Event, Operation, Tags};
    use crate::model::Call;

    const STRICT: JudgeOptions =
        JudgeOptions { strict: true, require_linearizable: false, budget: 1000 };

    /// Two overlapping updates of account 1, which began with 1000.
    fn run(outcomes: [(Amount, Outcome); 2], end: Amount) -> Facts {
        let mut facts = Facts::new(1);
        let account = AccountId::from(1);
        facts.initial.insert(account.clone(), 1000);
        facts.end.insert(account.clone(), end);
        for (process, (delta, outcome)) in (0..).zip(outcomes) {
            let name = if delta > 0 { "deposit" } else { "withdraw" }.into();
            let call = Arc::new(Call { name, account: account.clone(), delta, to: None });
            facts.apply(&Event::Operation(Operation {
                workload: 0,
                process,
                call,
                invoked: Duration::from_nanos(u64::from(process)),
                completed: Duration::from_nanos(10),
                late: Duration::ZERO,
                tags: Tags::default(),
                outcome,
                balance: None,
                to_balance: None,
                snapshot: None,
                status: None,
                error: None,
            }));
        }
        facts
    }

    fn stated(balance: Amount) -> Expect {
        Expect { balances: [(AccountId::from(1), balance)].into(), ..Expect::default() }
    }

    fn codes(verdict: &Verdict) -> Vec<&str> {
        verdict.findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn all_there_is_a_pass() {
        let verdict =
            judge(&stated(1005), &run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005), STRICT);
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec![]));
    }

    #[test]
    fn a_missing_deposit_is_a_fail_with_the_money_named() {
        let facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1010);
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!((verdict.conclusion, verdict.missing()), (Conclusion::Fail, 10));
        assert!(verdict.findings[0].message.contains("10 of acknowledged money is gone"));
    }

    #[test]
    fn a_lost_withdrawal_is_a_surplus() {
        let facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1010);
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!((verdict.conclusion, verdict.surplus()), (Conclusion::Fail, 5));
    }

    #[test]
    fn an_unknown_outcome_widens_what_is_possible() {
        let outcomes = [(10, Outcome::Ok), (-5, Outcome::Unknown)];
        for (end, conclusion) in [
            (1004, Conclusion::Fail),
            (1005, Conclusion::Inconclusive),
            (1010, Conclusion::Inconclusive),
            (1011, Conclusion::Fail),
        ] {
            let verdict = judge(&stated(1005), &run(outcomes, end), JudgeOptions::default());
            assert_eq!(verdict.conclusion, conclusion, "{end}");
        }
    }

    #[test]
    fn a_refusal_breaks_a_stated_balance_without_losing_money() {
        let facts = run([(10, Outcome::Ok), (-5, Outcome::Rejected)], 1010);
        let verdict = judge(&stated(1005), &facts, JudgeOptions::default());
        assert_eq!(verdict.conclusion, Conclusion::Fail);
        assert_eq!((verdict.missing(), verdict.surplus()), (0, 0));
        assert!(verdict.findings[0].message.contains("no money is lost"));
    }

    #[test]
    fn an_interrupted_run_is_held_to_what_was_acknowledged_only() {
        let mut facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1020);
        facts.interrupted = true;
        assert_eq!(
            judge(&stated(1500), &facts, JudgeOptions::default()).conclusion,
            Conclusion::Pass
        );
        facts.end.insert(AccountId::from(1), 1010);
        assert_eq!(
            judge(&stated(1500), &facts, JudgeOptions::default()).conclusion,
            Conclusion::Fail
        );
    }

    #[test]
    fn a_run_stopped_before_its_first_operation_proves_nothing() {
        let mut facts = Facts { interrupted: true, ..Facts::new(1) };
        facts.initial.insert(AccountId::from(1), 1000);
        facts.end.insert(AccountId::from(1), 1000);
        let verdict = judge(&stated(1500), &facts, JudgeOptions::default());
        assert_eq!(
            (verdict.conclusion, codes(&verdict)),
            (Conclusion::Inconclusive, vec!["no_history"])
        );
    }

    #[test]
    fn without_balances_to_start_from_nothing_is_judged() {
        let mut facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1010);
        facts.initial.clear();
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!(
            (verdict.conclusion, codes(&verdict)),
            (Conclusion::Inconclusive, vec!["no_initial", "not_judged"])
        );
    }

    #[test]
    fn nothing_acknowledged_is_inconclusive() {
        let facts = run([(10, Outcome::Failed), (-5000, Outcome::Rejected)], 1000);
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
        assert_eq!(codes(&verdict), ["nothing_acknowledged"]);
    }

    #[test]
    fn a_run_without_overlap_is_told_and_strict_holds_it_against_it() {
        let mut facts = run([(10, Outcome::Ok), (10, Outcome::Failed)], 1010);
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["no_overlap"]));
        assert_eq!(judge(&Expect::default(), &facts, STRICT).conclusion, Conclusion::Inconclusive);
        facts.end.clear();
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!(codes(&verdict), ["unreadable", "no_overlap"]);
    }

    #[test]
    fn totals_and_overdrafts() {
        let facts = run([(-600, Outcome::Ok), (-600, Outcome::Ok)], -200);
        let expect = Expect { total: Some(1000), non_negative: true, ..Expect::default() };
        let verdict = judge(&expect, &facts, JudgeOptions::default());
        assert_eq!(codes(&verdict), ["total", "overdraft"]);
        let verdict = judge(&Expect::default(), &facts, JudgeOptions::default());
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["overdraft"]));
    }
}
