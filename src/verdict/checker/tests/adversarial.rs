//! The hard cases: unknown within the budget, never wrong, and soon.

use std::time::{Duration, Instant};

use fastrand::Rng;

use super::build::{info, problem, update};
use super::simulated::{Mode, Run};
use crate::verdict::Conclusion;
use crate::verdict::checker::case::Case;
use crate::verdict::checker::{Answer, Floors, Options, Problem, Report, check};

/// In a debug build, on a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn judge(problem: &Problem, budget: u64) -> Report {
    let start = Instant::now();
    let report = check(problem, &Options { budget, ..Options::default() });
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    report
}

#[test]
fn constant_amounts_with_many_clients() {
    for seed in 0..6 {
        let run = Run { seed, ops: 2_000, clients: 32, amounts: -10, ..Run::default() };
        assert_eq!(judge(&run.problem(), 100_000).linearizable, Answer::Holds, "seed {seed}");
        let naive = judge(&Run { mode: Mode::Naive, ..run }.problem(), 100_000);
        assert_eq!(naive.conclusion, Conclusion::Fail, "seed {seed}");
    }
}

/// A digraph with a Hamiltonian path has an order; one without has none, and
/// that is hard to find out. Vertices are far apart on the line of balances;
/// every arc is an update, there and back, and each vertex has one update that
/// must fall into a window of its own.
fn hamiltonian(vertices: u64, arcs: &[(u64, u64)], random: &mut Rng) -> Problem {
    let place = |vertex: u64| 1000 + (1 << vertex) as i64;
    let mut ops = Vec::new();
    let (mut balance, start) = (place(0), place(0));
    // Everything overlaps with everything, but for pairs that must be ordered.
    for (index, (from, to)) in arcs.iter().enumerate() {
        let delta = place(*to) - place(*from);
        let early = random.u64(..50);
        ops.push(update(index as u64, (early, early + 30 + random.u64(..40)), delta, place(*to)));
        balance += delta;
    }
    // Back from each arc's end to its start, so that every degree is balanced.
    for (index, (from, to)) in arcs.iter().enumerate() {
        let delta = place(*from) - place(*to);
        let early = random.u64(..50);
        let id = (arcs.len() + index) as u64;
        ops.push(update(id, (early, early + 30 + random.u64(..40)), delta, place(*from)));
        balance += delta;
    }
    let _ = vertices;
    assert_eq!(balance, start);
    Problem { floors: Floors::default(), ..problem(start, start, ops) }
}

#[test]
fn embedded_digraphs() {
    let random = &mut Rng::with_seed(5);
    let (mut refuted, mut unknown) = (0, 0);
    for _ in 0..20 {
        let vertices = 14;
        let arcs: Vec<(u64, u64)> = (0..40)
            .map(|_| (random.u64(..vertices), random.u64(..vertices)))
            .filter(|(from, to)| from != to)
            .collect();
        let problem = hamiltonian(vertices, &arcs, random);
        let report = judge(&problem, 20_000);
        assert_ne!(report.serializable, Answer::Unknown);
        // By itself the search has to give up on some, and is never wrong.
        let all: Vec<u32> = (0..problem.ops.len() as u32).collect();
        let (_, searched) = Case::new(&problem, &[0], &all).answers(20_000);
        refuted += u32::from(searched == Answer::Refuted);
        unknown += u32::from(searched == Answer::Unknown);
        assert!(searched == Answer::Unknown || searched == report.linearizable);
    }
    assert!(unknown > 0, "{refuted} refuted, none unknown");
}

#[test]
fn subset_sums_of_unknown_outcomes() {
    let random = &mut Rng::with_seed(9);
    for _ in 0..4 {
        let amounts: Vec<i64> = (0..40).map(|_| random.i64(1..1 << 40)).collect();
        let ops: Vec<_> = (0..).zip(&amounts).map(|(id, amount)| info(id, id, *amount)).collect();
        let half: i64 = amounts.iter().step_by(2).sum();
        // There is a choice, and it cannot be found in time.
        let report = judge(&problem(0, half, ops.clone()), 50_000);
        assert_eq!(report.conclusion, Conclusion::Inconclusive);
        // There is none, and that cannot be found out either.
        let report = judge(&problem(0, half + 1, ops), 50_000);
        assert_ne!(report.conclusion, Conclusion::Pass);
    }
}

#[test]
fn more_money_than_all_unknown_outcomes_together() {
    let ops: Vec<_> = (0..10).map(|id| info(id, id, 10)).collect();
    assert_eq!(judge(&problem(0, 110, ops.clone()), 1_000).conclusion, Conclusion::Fail);
    assert_eq!(judge(&problem(0, 100, ops.clone()), 1_000).conclusion, Conclusion::Pass);
    assert_eq!(judge(&problem(0, 55, ops), 1_000).conclusion, Conclusion::Fail);
}

#[test]
fn everything_at_once() {
    let ops = (0..400).map(|id| update(id, (0, 1000), 10, 10 * (id as i64 + 1))).collect();
    assert_eq!(judge(&problem(0, 4000, ops), 1_000).linearizable, Answer::Holds);
    let random = &mut Rng::with_seed(3);
    let mut balance = 0;
    let ops = (0..2_000).map(|id| {
        let delta = if random.bool() { 10 } else { -10 };
        balance += delta;
        update(id, (0, 1000), delta, balance)
    });
    let ops: Vec<_> = ops.collect();
    let history = Problem { floors: Floors::default(), ..problem(0, balance, ops) };
    let report = judge(&history, 20_000);
    assert_eq!(report.serializable, Answer::Holds);
    assert_ne!(report.linearizable, Answer::Refuted);
}

#[test]
fn no_budget_at_all_is_never_wrong() {
    for seed in 0..20 {
        let run = Run { seed, lost: 5, clients: 20, amounts: -10, ..Run::default() };
        assert_ne!(judge(&run.problem(), 0).conclusion, Conclusion::Fail, "seed {seed}");
    }
}
