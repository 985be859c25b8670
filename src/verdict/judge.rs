use serde::Serialize;

use super::{AccountVerdict, Conclusion, Finding, Overlap, Severity, balances};
use crate::facts::Facts;
use crate::model::{AccountId, Amount};
use crate::scenario::Expect;

/// What a run proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub conclusion: Conclusion,
    pub accounts: Vec<AccountVerdict>,
    pub findings: Vec<Finding>,
    pub overlap: Overlap,
}

/// Judges a run. With `strict`, a run that could not have caught anything is
/// inconclusive rather than passed with a warning.
pub fn judge(expect: &Expect, facts: &Facts, strict: bool) -> Verdict {
    let (accounts, mut findings) = balances::judge(expect, facts);
    let overlap = Overlap::of(&facts.history);
    findings.extend(total(expect, facts));
    findings.extend(negative(expect, facts));
    findings.extend(nothing_acknowledged(facts));
    findings.extend(nothing_overlapped(overlap, strict));
    findings.extend(not_judged(expect, facts));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let conclusion = findings.iter().map(Finding::conclusion).max().unwrap_or(Conclusion::Pass);
    Verdict { conclusion, accounts, findings, overlap }
}

impl Verdict {
    /// Money that was acknowledged and is not there, over all accounts that
    /// hold too little.
    pub fn missing(&self) -> u64 {
        self.differences().filter(|off| *off < 0).map(i64::unsigned_abs).sum()
    }

    /// Money that is there and was never acknowledged.
    pub fn surplus(&self) -> u64 {
        self.differences().filter(|off| *off > 0).map(i64::unsigned_abs).sum()
    }

    fn differences(&self) -> impl Iterator<Item = Amount> {
        self.accounts.iter().filter_map(|row| {
            let (reach, actual) = (row.acknowledged?, row.actual?);
            Some(reach.distance(actual))
        })
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

/// A balance below zero, at the end or in any answer on the way.
fn negative(expect: &Expect, facts: &Facts) -> Option<Finding> {
    let at_the_end = facts.end.iter().map(|(account, balance)| (account, *balance));
    let on_the_way = facts.history.entries().iter().filter_map(|entry| {
        let account = facts.history.accounts().get(entry.account as usize)?;
        Some((account, entry.balance?))
    });
    let below: Vec<(&AccountId, Amount)> =
        at_the_end.chain(on_the_way).filter(|(_, balance)| *balance < 0).collect();
    let (account, lowest) = below.iter().min_by_key(|(_, balance)| *balance)?;
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

fn not_judged(expect: &Expect, facts: &Facts) -> Option<Finding> {
    let nothing = facts.history.entries().is_empty() && expect.balances.is_empty();
    let message = "not judged: no operation in the history";
    nothing.then(|| Finding::new(Severity::Warning, "no_history", message))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::facts::{Event, Operation};
    use crate::model::{Call, Outcome};

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
                outcome,
                balance: None,
                to_balance: None,
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
            judge(&stated(1005), &run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005), true);
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec![]));
    }

    #[test]
    fn a_missing_deposit_is_a_fail_with_the_money_named() {
        let facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1010);
        let verdict = judge(&Expect::default(), &facts, false);
        assert_eq!((verdict.conclusion, verdict.missing()), (Conclusion::Fail, 10));
        assert!(verdict.findings[0].message.contains("10 of acknowledged money is gone"));
    }

    #[test]
    fn a_lost_withdrawal_is_a_surplus() {
        let facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1010);
        let verdict = judge(&Expect::default(), &facts, false);
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
            let verdict = judge(&stated(1005), &run(outcomes, end), false);
            assert_eq!(verdict.conclusion, conclusion, "{end}");
        }
    }

    #[test]
    fn a_refusal_breaks_a_stated_balance_without_losing_money() {
        let facts = run([(10, Outcome::Ok), (-5, Outcome::Rejected)], 1010);
        let verdict = judge(&stated(1005), &facts, false);
        assert_eq!(verdict.conclusion, Conclusion::Fail);
        assert_eq!((verdict.missing(), verdict.surplus()), (0, 0));
        assert!(verdict.findings[0].message.contains("no money is lost"));
    }

    #[test]
    fn an_interrupted_run_is_held_to_what_was_acknowledged_only() {
        let mut facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1020);
        facts.interrupted = true;
        assert_eq!(judge(&stated(1500), &facts, false).conclusion, Conclusion::Pass);
        facts.end.insert(AccountId::from(1), 1010);
        assert_eq!(judge(&stated(1500), &facts, false).conclusion, Conclusion::Fail);
    }

    #[test]
    fn nothing_acknowledged_is_inconclusive() {
        let facts = run([(10, Outcome::Failed), (-5, Outcome::Rejected)], 1000);
        let verdict = judge(&Expect::default(), &facts, false);
        assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
        assert_eq!(codes(&verdict), ["nothing_acknowledged"]);
    }

    #[test]
    fn a_run_without_overlap_is_told_and_strict_holds_it_against_it() {
        let mut facts = run([(10, Outcome::Ok), (10, Outcome::Failed)], 1010);
        let verdict = judge(&Expect::default(), &facts, false);
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["no_overlap"]));
        assert_eq!(judge(&Expect::default(), &facts, true).conclusion, Conclusion::Inconclusive);
        facts.end.clear();
        let verdict = judge(&Expect::default(), &facts, false);
        assert_eq!(codes(&verdict), ["unreadable", "no_overlap"]);
    }

    #[test]
    fn totals_and_overdrafts() {
        let facts = run([(-600, Outcome::Ok), (-600, Outcome::Ok)], -200);
        let expect = Expect { total: Some(1000), non_negative: true, ..Expect::default() };
        let verdict = judge(&expect, &facts, false);
        assert_eq!(codes(&verdict), ["total", "overdraft"]);
        let verdict = judge(&Expect::default(), &facts, false);
        assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["overdraft"]));
    }
}
