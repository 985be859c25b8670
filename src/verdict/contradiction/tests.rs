//! Whole verdicts: a file that is wrong, and services that are.

use std::time::Duration;

use crate::facts::{Event, Facts, Operation};
use crate::model::{AccountId, Amount, Call, OperationKind, Outcome};
use crate::scenario::Expect;
use crate::verdict::{Conclusion, JudgeOptions, Verdict, judge};

/// What the file says is added, and what was answered.
type Said = (&'static str, Amount, Option<Amount>);

/// Operations on account a; those with the same time overlap.
fn history(initial: Amount, said: &[(u64, Said, Outcome)], end: Amount) -> Facts {
    let mut facts = Facts::new(1);
    let account = AccountId::from("a");
    facts.initial.insert(account.clone(), initial);
    facts.end.insert(account.clone(), end);
    for (process, (time, (name, delta, balance), outcome)) in (0..).zip(said) {
        let kind = match delta {
            0 => OperationKind::Read { account: account.clone() },
            delta => OperationKind::Update { account: account.clone(), delta: *delta },
        };
        let call = Call { name: (*name).into(), kind };
        facts.apply(&Event::Operation(Operation {
            process,
            invoked: Duration::from_nanos(time * 10),
            completed: Duration::from_nanos(time * 10 + 5),
            balance: *balance,
            outcome: *outcome,
            ..Operation::done(call)
        }));
    }
    facts
}

/// One after another, all acknowledged.
fn in_turn(initial: Amount, said: &[Said], end: Amount) -> Facts {
    let said: Vec<_> = (0..).zip(said).map(|(time, said)| (time, *said, Outcome::Ok)).collect();
    history(initial, &said, end)
}

/// All at once.
fn together(initial: Amount, said: &[Said], end: Amount) -> Facts {
    let said: Vec<_> = said.iter().map(|said| (0, *said, Outcome::Ok)).collect();
    history(initial, &said, end)
}

fn judged(facts: &Facts) -> Verdict {
    judge(&Expect::default(), &[], facts, JudgeOptions::default())
}

fn contradicts(verdict: &Verdict) -> bool {
    verdict.findings.iter().any(|finding| finding.code == "contradicts_file")
}

#[track_caller]
fn the_file_is_wrong(facts: &Facts, told: &str) {
    let verdict = judged(facts);
    assert!(contradicts(&verdict), "{:#?}", verdict.findings);
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{:#?}", verdict.findings);
    assert!(verdict.witnesses.is_empty(), "{:#?}", verdict.witnesses);
    let said = verdict.findings.iter().any(|finding| finding.message.contains(told));
    assert!(said, "{told}: {:#?}", verdict.findings);
}

#[track_caller]
fn the_service_is_wrong(facts: &Facts) {
    let verdict = judged(facts);
    assert!(!contradicts(&verdict), "{:#?}", verdict.findings);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{:#?}", verdict.findings);
}

/// A service that does everything in turn and answers with what `told` makes of
/// the balance before it and after it; what the file says is what `stated` makes of
/// what is added.
fn service(
    deltas: &[Amount],
    stated: fn(Amount) -> Amount,
    told: fn(Amount, Amount) -> Option<Amount>,
) -> (Vec<Said>, Amount) {
    let mut balance = 1000;
    let said = deltas.iter().map(|delta| {
        let before = balance;
        balance += delta;
        ("op", stated(*delta), told(before, balance))
    });
    let said = said.collect();
    (said, balance)
}

const DELTAS: [Amount; 8] = [5, 3, -2, 7, 1, -4, 9, 2];
const UP: [Amount; 5] = [5, 3, 7, 1, 9];

#[test]
fn a_pattern_of_all_answers_is_a_contradiction_concurrent_or_not() {
    type Shape = (fn(Amount) -> Amount, fn(Amount, Amount) -> Option<Amount>, &'static str);
    let shapes: [Shape; 8] = [
        (|delta| -delta, |_, after| Some(after), "has the other sign"),
        (|delta| delta, |before, _| Some(before), "the balance before the operation"),
        (|delta| -delta, |before, _| Some(before), "has the other sign, and"),
        (|delta| delta * 100, |_, after| Some(after), "adds 1/100 of what its `delta` says"),
        (|delta| delta - 20, |_, after| Some(after), "off its `delta` by +20"),
        (|delta| delta, |_, after| Some(after * 100), "answers with 100 times the balance"),
        (|delta| delta, |_, after| Some(after + 500), "by +500, each time"),
        (|delta| delta, |before, after| Some((after - before).abs()), "the amount that was moved"),
    ];
    for (stated, told, words) in shapes {
        let (said, end) = service(&DELTAS, stated, told);
        the_file_is_wrong(&in_turn(1000, &said, end), words);
        the_file_is_wrong(&together(1000, &said, end), words);
    }
}

#[test]
fn sums_alone_contradict_where_no_fault_leads_there() {
    let (said, end) = service(&UP, |delta| -delta, |_, _| None);
    the_file_is_wrong(&in_turn(1000, &said, end), "has the other sign");
    the_file_is_wrong(&together(1000, &said, end), "has the other sign");
    let mut balance = 1000;
    let said: Vec<Said> = UP.iter().map(|delta| ("op", *delta, None)).collect();
    balance += 100 * UP.iter().sum::<Amount>();
    the_file_is_wrong(&together(1000, &said, balance), "100 times");
}

#[test]
fn one_request_is_enough() {
    the_file_is_wrong(&in_turn(1000, &[("op", 5, Some(995))], 995), "the other sign");
    the_file_is_wrong(&in_turn(1000, &[("op", 5, None)], 995), "the other sign");
    the_file_is_wrong(&in_turn(1000, &[("op", 5, Some(1000))], 1005), "before the operation");
}

#[test]
fn one_operation_of_several_can_be_the_wrong_one() {
    let mut balance = 1000;
    let mut said: Vec<Said> = Vec::new();
    for delta in DELTAS {
        balance += delta;
        said.push(("right", delta, Some(balance)));
        balance += delta;
        said.push(("wrong", -delta, Some(balance)));
    }
    the_file_is_wrong(&in_turn(1000, &said, balance), "`delta` of `wrong`");
    the_file_is_wrong(&together(1000, &said, balance), "`delta` of `wrong`");
}

#[test]
fn answers_that_are_no_balance_at_all_contradict() {
    let ids: [Amount; 8] = [71, 9313, 55, 40, 8, 12, 77_777, 3];
    let mut balance = 1000;
    let said: Vec<Said> = (DELTAS.iter().zip(ids))
        .map(|(delta, id)| {
            balance += delta;
            ("op", *delta, Some(id))
        })
        .collect();
    the_file_is_wrong(&in_turn(1000, &said, balance), "next to none was answered");
}

#[test]
fn a_single_odd_answer_is_an_anomaly() {
    let right = |before, after| if before == 1006 { Some(before) } else { Some(after) };
    let (said, end) = service(&DELTAS, |delta| delta, right);
    the_service_is_wrong(&in_turn(1000, &said, end));
    // The only refund of the day.
    let mut said = said;
    said.retain(|(_, _, told)| *told != Some(1006));
    let (mut said, end) = service(&DELTAS, |delta| delta, |_, after| Some(after));
    said.push(("refund", 4, Some(end)));
    the_service_is_wrong(&in_turn(1000, &said, end + 4));
}

#[test]
fn lost_and_doubled_writes_are_faults_of_the_service() {
    // The last one is lost, after its answer.
    let (said, end) = service(&DELTAS, |delta| delta, |_, after| Some(after));
    the_service_is_wrong(&in_turn(1000, &said, end - 2));
    // All of them are, after a crash.
    the_service_is_wrong(&in_turn(1000, &said, 1000));
    let silent: Vec<Said> = UP.iter().map(|delta| ("op", *delta, None)).collect();
    the_service_is_wrong(&in_turn(1000, &silent, 1000));
    the_service_is_wrong(&in_turn(1000, &[("op", 5, Some(1005))], 1000));
    // Each is acknowledged by what it read, and never written.
    let dropped: Vec<Said> = UP.iter().map(|delta| ("op", *delta, Some(1000 + delta))).collect();
    the_service_is_wrong(&in_turn(1000, &dropped, 1000));
    let same: Vec<Said> = UP.iter().map(|_| ("op", 5, Some(1005))).collect();
    the_service_is_wrong(&in_turn(1000, &same, 1000));
    // One is done twice.
    the_service_is_wrong(&in_turn(1000, &said, end + 5));
    the_service_is_wrong(&in_turn(1000, &[("op", 5, Some(1005))], 1010));
    the_service_is_wrong(&in_turn(1000, &[("op", 5, None)], 1010));
}

#[test]
fn a_race_is_a_race() {
    let both = [("op", 10, Some(1010)), ("op", 10, Some(1010))];
    the_service_is_wrong(&together(1000, &both, 1010));
    // Half of it is gone, or of several all but one: as if `delta` were half of it.
    let silent: Vec<Said> = vec![("op", 10, None); 4];
    for lost in 1..=4 {
        the_service_is_wrong(&together(1000, &silent, 1040 - 10 * lost));
    }
    // The withdrawal is lost, as if both went the other way.
    let mixed = [("in", 10, None), ("out", -20, None)];
    the_service_is_wrong(&together(1000, &mixed, 1010));
}

#[test]
fn stale_answers_of_a_replica_are_faults() {
    // Two operations behind, and back again.
    let behind = [1000, 1005, 1000, 1005, 1006, 1008, 1013, 1009];
    let mut balance = 1000;
    let said: Vec<Said> = (DELTAS.iter().zip(behind))
        .map(|(delta, told)| {
            balance += delta;
            ("op", *delta, Some(told))
        })
        .collect();
    the_service_is_wrong(&in_turn(1000, &said, balance));
}

#[test]
fn a_false_refusal_is_no_mistake_of_the_file() {
    let ok = |time, delta, told| (time, ("op", delta, Some(told)), Outcome::Ok);
    let said =
        [ok(0, 5, 1005), (1, ("op", -5, None), Outcome::Rejected), ok(2, 7, 1012), ok(3, 1, 1013)];
    the_service_is_wrong(&history(1000, &said, 1013));
}

/// A naive service under a right file: reads, and writes later.
fn naive(seed: u64) -> Facts {
    let mut random = fastrand::Rng::with_seed(seed);
    let (clients, rounds) = (random.u64(2..6), random.u64(1..6));
    let fixed = random.bool();
    let silent = random.u8(0..3) == 0;
    let mut balance = 1000;
    let mut said = Vec::new();
    for round in 0..rounds {
        let read = balance;
        for client in 0..clients {
            let delta = if fixed { 10 } else { random.i64(-20..=20) };
            let base = if random.bool() { read } else { balance };
            balance = base + delta;
            let told = (!silent).then_some(balance);
            if delta != 0 {
                said.push((round * 10 + client % 2, ("op", delta, told), Outcome::Ok));
            }
        }
    }
    history(1000, &said, balance)
}

#[test]
fn no_naive_service_is_excused() {
    let mut failed = 0;
    for seed in 0..1500 {
        let verdict = judged(&naive(seed));
        assert!(!contradicts(&verdict), "seed {seed}: {:#?}", verdict.findings);
        failed += u32::from(verdict.conclusion == Conclusion::Fail);
    }
    assert!(failed > 500, "{failed} of 1500 failed");
}

#[test]
fn money_that_goes_where_the_file_does_not_say() {
    let moved = |a: Amount, b: Amount| {
        let said: Vec<Said> = UP.iter().map(|delta| ("op", -delta, None)).collect();
        let mut facts = together(1000, &said, a);
        facts.initial.insert("b".into(), 1000);
        facts.end.insert("b".into(), b);
        facts
    };
    let sum: Amount = UP.iter().sum();
    the_file_is_wrong(&moved(1000 - sum, 1000 + sum), "has a `to`");
    the_file_is_wrong(&moved(1000, 1000 - sum), "Does `account` name the right one?");
    the_service_is_wrong(&moved(1000 - sum, 1001));
    the_service_is_wrong(&moved(1000, 1000));
}
