//! Whole verdicts on small runs.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::facts::{Check, Event, Facts, Invariant, Mismatch, Operation, Sample, Tags, Trip};
use crate::model::{
    AccountId, Aggregation, Amount, Call, MetricKind, OperationKind, Outcome, Selector,
};
use crate::scenario::{Condition, Expect, Operator, Threshold};

const STRICT: JudgeOptions =
    JudgeOptions { strict: true, require_linearizable: false, budget: 1000, detect: None };

/// Two overlapping updates of account 1, which began with 1000.
fn run(outcomes: [(Amount, Outcome); 2], end: Amount) -> Facts {
    let mut facts = Facts::new(1);
    let account = AccountId::from(1);
    facts.initial.insert(account.clone(), 1000);
    facts.end.insert(account.clone(), end);
    for (process, (delta, outcome)) in (0..).zip(outcomes) {
        let name = if delta > 0 { "deposit" } else { "withdraw" }.into();
        let kind = OperationKind::Update { account: account.clone(), delta };
        let call = Call { name, kind };
        facts.apply(&Event::Operation(Operation {
            process,
            invoked: Duration::from_nanos(u64::from(process)),
            completed: Duration::from_nanos(10),
            outcome,
            status: None,
            ..Operation::done(call)
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
        judge(&stated(1005), &[], &run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005), STRICT);
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec![]));
}

#[test]
fn a_missing_deposit_is_a_fail_with_the_money_named() {
    let facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1010);
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!((verdict.conclusion, verdict.missing()), (Conclusion::Fail, 10));
    assert!(verdict.findings[0].message.contains("10 of acknowledged money is gone"));
}

#[test]
fn a_lost_withdrawal_is_a_surplus() {
    let facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1010);
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
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
        let verdict = judge(&stated(1005), &[], &run(outcomes, end), JudgeOptions::default());
        assert_eq!(verdict.conclusion, conclusion, "{end}");
    }
}

#[test]
fn a_refusal_breaks_a_stated_balance_without_losing_money() {
    let facts = run([(10, Outcome::Ok), (-5, Outcome::Rejected)], 1010);
    let verdict = judge(&stated(1005), &[], &facts, JudgeOptions::default());
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    assert_eq!((verdict.missing(), verdict.surplus()), (0, 0));
    assert!(verdict.findings[0].message.contains("no money is lost"));
}

#[test]
fn an_interrupted_run_is_held_to_what_was_acknowledged_only() {
    let mut facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1020);
    facts.interrupted = true;
    assert_eq!(
        judge(&stated(1500), &[], &facts, JudgeOptions::default()).conclusion,
        Conclusion::Pass
    );
    facts.end.insert(AccountId::from(1), 1010);
    assert_eq!(
        judge(&stated(1500), &[], &facts, JudgeOptions::default()).conclusion,
        Conclusion::Fail
    );
}

#[test]
fn a_run_stopped_before_its_first_operation_proves_nothing() {
    let mut facts = Facts { interrupted: true, ..Facts::new(1) };
    facts.initial.insert(AccountId::from(1), 1000);
    facts.end.insert(AccountId::from(1), 1000);
    let verdict = judge(&stated(1500), &[], &facts, JudgeOptions::default());
    assert_eq!(
        (verdict.conclusion, codes(&verdict)),
        (Conclusion::Inconclusive, vec!["no_history"])
    );
}

#[test]
fn without_balances_to_start_from_nothing_is_judged() {
    let mut facts = run([(10, Outcome::Ok), (10, Outcome::Ok)], 1010);
    facts.initial.clear();
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!(
        (verdict.conclusion, codes(&verdict)),
        (Conclusion::Inconclusive, vec!["no_initial", "not_judged"])
    );
}

#[test]
fn nothing_acknowledged_is_inconclusive() {
    let facts = run([(10, Outcome::Failed), (-5000, Outcome::Rejected)], 1000);
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
    assert_eq!(codes(&verdict), ["nothing_acknowledged", "floor_inferred"]);
}

#[test]
fn a_run_without_overlap_is_told_and_strict_holds_it_against_it() {
    let mut facts = run([(10, Outcome::Ok), (10, Outcome::Failed)], 1010);
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["no_overlap"]));
    assert_eq!(judge(&Expect::default(), &[], &facts, STRICT).conclusion, Conclusion::Inconclusive);
    facts.end.clear();
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!(codes(&verdict), ["unreadable", "no_overlap"]);
}

#[test]
fn totals_and_overdrafts() {
    let facts = run([(-600, Outcome::Ok), (-600, Outcome::Ok)], -200);
    let expect = Expect { total: Some(1000), non_negative: Some(true), ..Expect::default() };
    let verdict = judge(&expect, &[], &facts, JudgeOptions::default());
    assert_eq!(codes(&verdict), ["total", "overdraft"]);
    let verdict = judge(&Expect::default(), &[], &facts, JudgeOptions::default());
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Pass, vec!["overdraft"]));
}

fn threshold(
    metric: Selector,
    aggregation: Aggregation,
    operator: Operator,
    bound: f64,
) -> Threshold {
    let condition = Condition { aggregation, operator, bound, abort: None };
    Threshold { selector: metric, conditions: vec![condition] }
}

/// Of `operations`, of which [`run`] has two.
fn count(operator: Operator, bound: f64) -> Threshold {
    threshold(Selector::of("operations"), Aggregation::Count, operator, bound)
}

#[test]
fn thresholds_hold_or_fail_by_what_the_run_came_to() {
    let facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    for (operator, bound, ok) in [
        (Operator::Less, 3.0, true),
        (Operator::Less, 2.0, false),
        (Operator::AtMost, 2.0, true),
        (Operator::Greater, 2.0, false),
        (Operator::AtLeast, 2.0, true),
        (Operator::Equal, 2.0, true),
        (Operator::NotEqual, 2.0, false),
    ] {
        let verdict = judge(&stated(1005), &[count(operator, bound)], &facts, STRICT);
        let expected = if ok { Conclusion::Pass } else { Conclusion::Fail };
        assert_eq!(verdict.conclusion, expected, "{operator} {bound}");
        assert_eq!((verdict.thresholds[0].ok, verdict.thresholds[0].actual), (ok, Some(2.0)));
    }
}

#[test]
fn a_threshold_without_data_fails_and_says_so() {
    let mut facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    let custom = threshold(Selector::of("paid"), Aggregation::Count, Operator::Less, 5.0);
    let trend =
        threshold(Selector::of("iteration_duration"), Aggregation::Max, Operator::Less, 5.0);
    let verdict = judge(&stated(1005), &[custom.clone(), trend], &facts, STRICT);
    let messages: Vec<&str> =
        verdict.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "count<5 of paid cannot hold: no data",
            "max<5 of iteration_duration cannot hold: no data"
        ]
    );
    facts.apply(&Event::Sample(Sample {
        workload: 0,
        metric: "paid".into(),
        kind: MetricKind::Trend,
        value: 1.0,
        tags: Tags::default(),
    }));
    let verdict = judge(&stated(1005), &[custom], &facts, STRICT);
    assert_eq!(verdict.thresholds[0].reason.as_deref(), Some("a trend has no count"));
}

#[test]
fn only_what_may_end_the_run_ends_it_and_only_when_it_is_due() {
    let facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    let second = Duration::from_secs(1);
    let mut broken = count(Operator::Less, 2.0);
    assert_eq!(tripped(&[broken.clone()], &facts.metrics, second), None);
    broken.conditions[0].abort = Some(2 * second);
    assert_eq!(tripped(&[broken.clone()], &facts.metrics, second), None);
    let trip = tripped(&[broken], &facts.metrics, 2 * second).expect("it does not hold");
    assert_eq!((trip.expression.as_str(), trip.actual), ("count<2", 2.0));
    // What has no value yet may still hold.
    let mut unknown = threshold(Selector::of("paid"), Aggregation::Count, Operator::Less, 5.0);
    unknown.conditions[0].abort = Some(Duration::ZERO);
    assert_eq!(tripped(&[unknown], &facts.metrics, second), None);
}

#[test]
fn what_ended_the_run_did_not_hold_whatever_came_after() {
    let mut facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    facts.apply(&Event::Aborted { reason: "count<3 of operations does not hold".into() });
    facts.tripped = Some(Trip {
        selector: Selector::of("operations"),
        expression: "count<3".to_owned(),
        actual: 4.0,
        time: Duration::from_millis(3200),
    });
    // And what was stated cannot be expected of a run that was cut short.
    let verdict = judge(&stated(1500), &[count(Operator::Less, 3.0)], &facts, STRICT);
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Fail, vec!["threshold"]));
    let message = &verdict.findings[0].message;
    assert_eq!(
        message,
        "count<3 of operations does not hold: count=4; that ended the run after 3.2s"
    );
}

#[test]
fn a_run_that_was_aborted_is_inconclusive_unless_it_fails() {
    let mut facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    facts.apply(&Event::Aborted { reason: "enough".into() });
    facts.apply(&Event::Aborted { reason: "enough again".into() });
    let verdict = judge(&stated(1500), &[], &facts, JudgeOptions::default());
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Inconclusive, vec!["aborted"]));
    assert!(verdict.findings[0].message.contains("aborted: enough;"));
    facts.end.insert(AccountId::from(1), 1000);
    let verdict = judge(&stated(1500), &[], &facts, JudgeOptions::default());
    let weights: Vec<_> =
        verdict.findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    assert_eq!(weights.first(), Some(&("balance", Severity::Fail)));
    assert_eq!(weights.last(), Some(&("aborted", Severity::Note)));
}

#[test]
fn only_checks_that_count_fail_a_run() {
    let mut facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    let mismatch = Mismatch { expected: "0 or more".to_owned(), actual: "-3".to_owned() };
    let mut check = Check {
        workload: 0,
        name: "left".into(),
        passed: false,
        tags: Tags::default(),
        counts: false,
        mismatch: Some(Arc::new(mismatch)),
    };
    facts.apply(&Event::Check(check.clone()));
    let verdict = judge(&stated(1005), &[], &facts, STRICT);
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    check.counts = true;
    facts.apply(&Event::Check(check));
    let verdict = judge(&stated(1005), &[], &facts, STRICT);
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Fail, vec!["check"]));
    let expected = "check `left` failed 2 of 2 times: expected 0 or more, got -3";
    assert_eq!(verdict.findings[0].message, expected);
}

#[test]
fn an_invariant_fails_the_run_when_it_did_not_hold_once() {
    let mut facts = run([(10, Outcome::Ok), (-5, Outcome::Ok)], 1005);
    facts.await_invariant("total");
    let verdict = judge(&stated(1005), &[], &facts, STRICT);
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
    assert_eq!(verdict.findings[0].message, "`total` was never looked at");
    for (millis, held) in [(500, true), (1204, false), (1400, false)] {
        let (time, seen) = (Duration::from_millis(millis), "total 2990".into());
        facts.apply(&Event::Invariant(Invariant { name: "total".into(), time, held, seen }));
    }
    let verdict = judge(&stated(1005), &[], &facts, STRICT);
    assert_eq!((verdict.conclusion, codes(&verdict)), (Conclusion::Fail, vec!["invariant"]));
    let expected = "`total` did not hold at 1.204 s: total 2990; 2 of 3 looks";
    assert_eq!(verdict.findings[0].message, expected);
}
