//! Changes that must not change the verdict, or not for the worse.

use fastrand::Rng;

use super::generator::history;
use crate::verdict::Conclusion;
use crate::verdict::checker::{Answer, Floors, Kind, Op, Options, Outcome, Problem, check};

const CASES: u64 = 1_500;

fn answers(problem: &Problem) -> (Conclusion, Answer, Answer) {
    let report = check(problem, &Options::default());
    (report.conclusion, report.serializable, report.linearizable)
}

fn each(
    mut change: impl FnMut(&mut Problem, &mut Rng),
    holds: impl Fn(&Problem, &Problem) -> bool,
) {
    for seed in 0..CASES {
        let before = history(seed + 1_000_000, 7);
        let mut after = before.clone();
        change(&mut after, &mut Rng::with_seed(seed));
        assert!(holds(&before, &after), "seed {seed}\n{before:#?}\n{after:#?}");
    }
}

fn same(before: &Problem, after: &Problem) -> bool {
    answers(before) == answers(after)
}

/// What was not a fail does not become one.
fn no_worse(before: &Problem, after: &Problem) -> bool {
    answers(before).0 == Conclusion::Fail || answers(after).0 != Conclusion::Fail
}

#[test]
fn other_ids_and_another_order_of_the_record() {
    each(
        |problem, random| {
            problem.ops.iter_mut().for_each(|op| op.id = 1000 - op.id);
            random.shuffle(&mut problem.ops);
        },
        same,
    );
}

#[test]
fn other_numbers_for_the_accounts() {
    each(
        |problem, _| {
            let last = problem.initial.len() as u32 - 1;
            problem.initial.reverse();
            problem.end.reverse();
            problem.floors =
                Floors::new((0..=last).map(|account| problem.floors.of(last - account)));
            for op in &mut problem.ops {
                match &mut op.kind {
                    Kind::Update { account, .. } | Kind::Read { account, .. } => {
                        *account = last - *account
                    }
                    Kind::Transfer { from, to, .. } => (*from, *to) = (last - *from, last - *to),
                    Kind::Snapshot { balances } => {
                        balances.iter_mut().for_each(|(account, _)| *account = last - *account);
                    }
                }
            }
        },
        same,
    );
}

#[test]
fn every_amount_times_seven() {
    let scale = |balance: &mut Option<i64>| *balance = balance.map(|b| b * 7);
    each(
        |problem, _| {
            problem.initial.iter_mut().for_each(|balance| *balance *= 7);
            problem.end.iter_mut().for_each(scale);
            let accounts = 0..problem.initial.len() as u32;
            let floors = accounts.map(|account| problem.floors.of(account).map(|floor| floor * 7));
            problem.floors = Floors::new(floors);
            for op in &mut problem.ops {
                match &mut op.kind {
                    Kind::Update { delta, balance, .. } => {
                        *delta *= 7;
                        scale(balance);
                    }
                    Kind::Read { balance, .. } => *balance *= 7,
                    Kind::Transfer { amount, from_balance, to_balance, .. } => {
                        *amount *= 7;
                        scale(from_balance);
                        scale(to_balance);
                    }
                    Kind::Snapshot { balances } => balances.iter_mut().for_each(|(_, b)| *b *= 7),
                }
            }
        },
        same,
    );
}

#[test]
fn the_clock_may_run_at_any_speed() {
    each(
        |problem, _| {
            for op in &mut problem.ops {
                (op.invoked, op.completed) = (op.invoked * 1000 + 5, op.completed * 1000 + 5);
            }
        },
        same,
    );
}

#[test]
fn wider_intervals_are_never_worse() {
    let widen = |op: &mut Op, random: &mut Rng| {
        op.invoked = op.invoked.saturating_sub(random.u64(..10));
        op.completed += random.u64(..10);
    };
    each(|problem, random| problem.ops.iter_mut().for_each(|op| widen(op, random)), no_worse);
}

#[test]
fn knowing_less_is_never_worse() {
    each(
        |problem, random| {
            let index = random.usize(..problem.ops.len());
            if problem.ops[index].outcome == Outcome::Ok {
                problem.ops[index].outcome = Outcome::Info;
            }
        },
        no_worse,
    );
    each(|problem, _| problem.end.iter_mut().for_each(|end| *end = None), no_worse);
    each(
        |problem, random| {
            let index = random.usize(..problem.ops.len());
            if let Kind::Update { balance, .. } = &mut problem.ops[index].kind {
                *balance = None;
            }
        },
        no_worse,
    );
}
