//! A service with one rare fault: the first proof names the operation that it befell.

use fastrand::Rng;

use super::build::{op, update};
use crate::verdict::Conclusion;
use crate::verdict::checker::{
    Anomaly, AnomalyKind, Floors, Kind, Op, Options, Outcome, Problem, check,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Loses,
    Doubles,
    AnswersStale,
    RefusesFalsely,
    AppliesLate,
    OffByOne,
}

const FAULTS: [Fault; 6] = [
    Fault::Loses,
    Fault::Doubles,
    Fault::AnswersStale,
    Fault::RefusesFalsely,
    Fault::AppliesLate,
    Fault::OffByOne,
];

/// A correct service with some ten clients, but for one operation in the middle; the id of
/// that one. `amounts`: drawn up to this.
fn run(fault: Option<Fault>, amounts: i64, seed: u64) -> (Problem, u64) {
    const OPERATIONS: u64 = 60;
    let random = &mut Rng::with_seed(seed);
    let mut state = 100_000;
    let mut before = state;
    let victim = random.u64(20..40);
    let mut late: Option<(u64, i64)> = None;
    let mut ops: Vec<Op> = Vec::new();
    for id in 0..OPERATIONS {
        let moment = 1_000 + id * 100;
        let time = (moment - random.u64(1..400), moment + random.u64(1..400));
        let amount = random.i64(1..=amounts);
        let mut delta = if random.bool() { amount } else { -amount };
        if id == victim && fault == Some(Fault::RefusesFalsely) {
            delta = -amount;
            let kind = Kind::Update { account: 0, delta, balance: None };
            ops.push(op(id, time, kind, Outcome::Rejected));
            continue;
        }
        if let Some((_, change)) = late.take_if(|(due, _)| id >= *due) {
            state += change;
        }
        let is_victim = fault.filter(|_| id == victim);
        let mut told = state + delta;
        let applied = match is_victim {
            None | Some(Fault::RefusesFalsely) => state + delta,
            Some(Fault::Loses) => state,
            Some(Fault::Doubles) => state + 2 * delta,
            Some(Fault::AnswersStale) => {
                told = before + delta;
                state + delta
            }
            Some(Fault::AppliesLate) => {
                late = Some((id + 4, delta));
                state
            }
            Some(Fault::OffByOne) => {
                told += 1;
                state + delta + 1
            }
        };
        before = state;
        state = applied;
        ops.push(update(id, time, delta, told));
    }
    let problem = Problem {
        initial: vec![100_000],
        end: vec![Some(state)],
        ops,
        floors: Floors::new([Some(0)]),
        refused_first: Vec::new(),
    };
    (problem, victim)
}

fn first(problem: &Problem) -> Option<Anomaly> {
    let report = check(problem, &Options::default());
    let mut anomalies = report.components.into_iter().flat_map(|part| part.anomalies);
    (report.conclusion == Conclusion::Fail).then(|| anomalies.next()).flatten()
}

fn names(anomaly: &Anomaly, id: u64) -> bool {
    let pair = anomaly.pair.is_some_and(|(a, b)| a == id || b == id);
    pair || anomaly.operations.contains(&id)
}

#[test]
fn without_a_fault_nobody_is_blamed() {
    for seed in 0..60 {
        assert_eq!(first(&run(None, [1_000, 10][seed as usize % 2], seed).0), None, "seed {seed}");
    }
}

#[test]
fn the_first_proof_names_the_operation_at_fault() {
    const RUNS: u64 = 100;
    for fault in FAULTS {
        let mut named = 0;
        for seed in 0..RUNS {
            let (problem, victim) = run(Some(fault), 1_000, seed);
            let found = first(&problem).unwrap_or_else(|| panic!("{fault:?}, seed {seed}"));
            named += u64::from(names(&found, victim));
        }
        assert!(named * 100 >= RUNS * 95, "{fault:?}: {named} of {RUNS}");
    }
}

#[test]
fn where_all_is_there_nothing_was_lost() {
    for fault in [Fault::AnswersStale, Fault::AppliesLate] {
        for seed in 0..60 {
            let (problem, _) = run(Some(fault), [1_000, 20][seed as usize % 2], seed);
            let kinds: Vec<AnomalyKind> = first(&problem).iter().map(|found| found.kind).collect();
            let lost = [
                AnomalyKind::LostUpdate,
                AnomalyKind::LostWrite,
                AnomalyKind::DuplicateApplication,
            ];
            assert!(kinds.iter().all(|kind| !lost.contains(kind)), "seed {seed}: {kinds:?}");
        }
    }
}
