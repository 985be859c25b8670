//! The order that is found on the way against the exact checks: whatever it is
//! that finds an order, the verdict is the same.

use fastrand::Rng;

use super::generator::history;
use super::oracle::explains;
use crate::verdict::checker::case::{Case, keeps_refusals_first};
use crate::verdict::checker::components::{Component, components};
use crate::verdict::checker::verifier::Verifier;
use crate::verdict::checker::{
    Answer, Attempt, Certificate, Kind, Op, Options, Outcome, Problem, Retried, Unkeyed, check,
    proof, retries,
};

const BUDGET: u64 = 5_000;

/// How many components had an order, and how many of these were found on the way.
#[derive(Debug, Default)]
struct Count {
    explained: u32,
    settled: u32,
    refuted: u32,
}

fn compare(problem: &Problem, count: &mut Count, name: &str) {
    let parts = components(problem);
    let verifier = Verifier::new(problem, parts.iter().map(|part| &part.accounts[..]));
    for (number, Component { accounts, ops }) in parts.iter().enumerate() {
        let exact = Case::new(problem, accounts, ops).answers(BUDGET);
        let order = proof::order(problem, accounts, ops, &mut problem.initial.clone());
        count.explained += u32::from(exact.1 == Answer::Holds);
        count.refuted += u32::from(exact.1 == Answer::Refuted);
        let Some(order) = order.filter(|order| keeps_refusals_first(problem, order)) else {
            continue;
        };
        count.settled += u32::from(exact.1 == Answer::Holds);
        assert_ne!(exact.0, Answer::Refuted, "{name}: {problem:#?}\n{order:?}");
        assert_ne!(exact.1, Answer::Refuted, "{name}: {problem:#?}\n{order:?}");
        let certificate = Certificate::Order { real_time: true, order };
        assert_eq!(verifier.verify(number, &certificate, 0), Ok(()), "{name}: {problem:#?}");
    }
}

#[test]
fn small_histories_of_all_kinds() {
    let mut count = Count::default();
    for seed in 0..20_000 {
        let problem = history(seed + 3_000_000, 7);
        compare(&problem, &mut count, &format!("seed {seed}"));
        if seed % 10 == 0 && !explains(&problem, true) {
            let settled = components(&problem).iter().all(|part| {
                let state = &mut problem.initial.clone();
                proof::order(&problem, &part.accounts, &part.ops, state).is_some()
            });
            assert!(!settled, "seed {seed}: {problem:#?}");
        }
    }
    assert!(count.refuted > 5_000 && count.explained > 5_000, "{count:?}");
    assert!(count.settled * 100 > count.explained * 98, "{count:?}");
}

#[test]
fn longer_histories_of_all_kinds() {
    let mut count = Count::default();
    for seed in 0..400 {
        compare(&history(seed + 4_000_000, 40), &mut count, &format!("seed {seed}"));
    }
    assert!(count.refuted > 100 && count.explained > 100, "{count:?}");
    assert!(count.settled * 100 > count.explained * 70, "{count:?}");
}

/// Some operations were sent before, and nobody knows what became of that.
fn repeated(problem: Problem, random: &mut Rng) -> Problem {
    let mut attempts = Vec::new();
    for op in problem.ops {
        let (operation, keyed) = (op.id, true);
        if random.u8(..3) == 0 {
            let mut kind = op.kind.clone();
            if let Kind::Update { balance, .. } = &mut kind {
                *balance = None;
            }
            let invoked = op.invoked.saturating_sub(random.u64(..10));
            let (id, outcome) = (op.id + 1_000, Outcome::Info);
            let op = Op { id, invoked, completed: invoked, kind, outcome };
            attempts.push(Attempt { operation, keyed, op });
        }
        attempts.push(Attempt { operation, keyed, op });
    }
    let Retried { ops, refused_first, .. } = retries(&attempts, Unkeyed::Once);
    Problem { ops, refused_first, ..problem }
}

#[test]
fn histories_with_retries() {
    let (mut count, random) = (Count::default(), &mut Rng::with_seed(5));
    for seed in 0..5_000 {
        let problem = repeated(history(seed + 5_000_000, 7), random);
        compare(&problem, &mut count, &format!("seed {seed}"));
    }
    assert!(count.refuted > 500 && count.explained > 1_000, "{count:?}");
    assert!(count.settled * 100 > count.explained * 95, "{count:?}");
}

/// A correct bank with some forty operations under way at any time.
pub(super) fn busy(operations: u64, accounts: u32, amounts: &[i64], transfers: bool) -> Problem {
    let random = &mut Rng::with_seed(7);
    let initial = vec![10_000; accounts as usize];
    let mut state = initial.clone();
    let mut ops = Vec::new();
    for id in 0..operations {
        let moment = 4_000 + id * 100;
        let (account, amount) = (random.u32(..accounts), amounts[random.usize(..amounts.len())]);
        let other = (account + 1) % accounts;
        let kind = if transfers && random.bool() {
            state[account as usize] -= amount.abs();
            state[other as usize] += amount.abs();
            Kind::Transfer {
                from: account,
                to: other,
                amount: amount.abs(),
                from_balance: Some(state[account as usize]),
                to_balance: Some(state[other as usize]),
            }
        } else {
            state[account as usize] += amount;
            Kind::Update { account, delta: amount, balance: Some(state[account as usize]) }
        };
        let (invoked, completed) = (moment - random.u64(1..4_000), moment + random.u64(1..4_000));
        ops.push(Op { id, invoked, completed, kind, outcome: Outcome::Ok });
    }
    let end = state.into_iter().map(Some).collect();
    Problem { initial, end, ops, ..Problem::default() }
}

#[test]
fn a_busy_bank_is_settled_in_one_step_each() {
    let random: Vec<i64> = (1..=1_000).flat_map(|amount| [amount, -amount]).collect();
    for (name, problem) in [
        ("one account", busy(20_000, 1, &random, false)),
        ("always 10", busy(20_000, 1, &[10, -10], false)),
        ("10 and 5", busy(20_000, 1, &[10, -5, -5], false)),
        ("transfers", busy(20_000, 50, &random, true)),
    ] {
        let report = check(&problem, &Options::default());
        assert_eq!(report.linearizable, Answer::Holds, "{name}");
        assert!(report.components.iter().all(|part| part.verified == Some(true)), "{name}");
        assert_eq!(report.stats.steps, 20_000, "{name}: the exact checks had to help");
    }
}
