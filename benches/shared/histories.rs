//! Histories as banks make them, right and wrong, for benchmarks of the checker.

use std::sync::Arc;
use std::time::Duration;

use bankrun::facts::{Facts, Operation, Tags};
use bankrun::model::{AccountId, Call, OperationKind, Outcome};
use bankrun::verdict::checker::{Kind, Op, Problem};
use bankrun::verdict::{Conclusion, JudgeOptions, judge};
use bankrun::{scenario::Expect, verdict::checker};
use fastrand::Rng;

/// Nanoseconds from one operation's moment to the next one's, and how far from
/// its moment an operation may begin and end.
const STEP: u64 = 100;
const REACH: u64 = 4_000;

pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) accounts: u32,
    pub(crate) amounts: Amounts,
    pub(crate) bank: Bank,
}

#[derive(Clone, Copy)]
pub(crate) enum Amounts {
    /// From 1 to 1,000, at random.
    Random,
    /// Always 10, so that balances come back again and again.
    Ten,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bank {
    /// Deposits and withdrawals.
    Correct,
    /// The same, and every second operation is a transfer.
    Transfers,
    /// One update in a thousand works with the balance before the last one.
    Naive,
}

pub(crate) const SHAPES: [Shape; 5] = [
    Shape {
        name: "1,000 accounts",
        accounts: 1_000,
        amounts: Amounts::Random,
        bank: Bank::Correct,
    },
    Shape { name: "one account", accounts: 1, amounts: Amounts::Random, bank: Bank::Correct },
    Shape {
        name: "one account, always 10",
        accounts: 1,
        amounts: Amounts::Ten,
        bank: Bank::Correct,
    },
    Shape {
        name: "1,000 accounts, half of it transfers",
        accounts: 1_000,
        amounts: Amounts::Random,
        bank: Bank::Transfers,
    },
    Shape {
        name: "1,000 accounts, updates lost",
        accounts: 1_000,
        amounts: Amounts::Random,
        bank: Bank::Naive,
    },
];

/// What is known after a run with such a history.
pub(crate) fn facts(shape: &Shape, operations: usize) -> Facts {
    let problem = history(shape, operations);
    let accounts: Vec<AccountId> = (0..problem.initial.len() as u64).map(AccountId::from).collect();
    let mut facts = Facts::new(1);
    facts.initial = accounts.iter().cloned().zip(problem.initial).collect();
    let end = problem.end.into_iter().flatten();
    facts.end = accounts.iter().cloned().zip(end).collect();
    for op in problem.ops {
        facts.history.complete(&operation(&op, &accounts));
    }
    facts.history.close();
    facts
}

fn operation(op: &Op, accounts: &[AccountId]) -> Operation {
    let of = |account: u32| accounts[account as usize].clone();
    let (name, kind, balance, to_balance) = match op.kind {
        Kind::Update { account, delta, balance } => {
            ("deposit", OperationKind::Update { account: of(account), delta }, balance, None)
        }
        Kind::Transfer { from, to, amount, from_balance, to_balance } => {
            let kind = OperationKind::Transfer { from: of(from), to: of(to), amount };
            ("transfer", kind, from_balance, to_balance)
        }
        Kind::Read { .. } | Kind::Snapshot { .. } => unreachable!("there are updates only"),
    };
    Operation {
        workload: 0,
        process: (op.id % 64) as u32,
        call: Arc::new(Call { name: name.into(), kind }),
        invoked: Duration::from_nanos(op.invoked),
        completed: Duration::from_nanos(op.completed),
        late: Duration::ZERO,
        tags: Tags::default(),
        outcome: Outcome::Ok,
        balance,
        to_balance,
        snapshot: None,
        status: Some(200),
        is_leg: false,
        error: None,
    }
}

/// The whole verdict, as after a run.
pub(crate) fn conclusion(facts: &Facts) -> Conclusion {
    judge(&Expect::default(), &[], facts, JudgeOptions::default()).conclusion
}

/// Operation `n` takes effect at its own moment, `n * STEP`, within an interval
/// around it.
fn history(shape: &Shape, operations: usize) -> Problem {
    const START: i64 = 1_000_000_000_000;
    let random = &mut Rng::with_seed(1);
    let initial = vec![START; shape.accounts as usize];
    let (mut state, mut last) = (initial.clone(), initial.clone());
    let mut ops = Vec::with_capacity(operations);
    for number in 0..operations as u64 {
        let moment = REACH + number * STEP;
        let amount = match shape.amounts {
            Amounts::Random => random.i64(1..=1_000),
            Amounts::Ten => 10,
        };
        let account = random.u32(..shape.accounts);
        let kind = if shape.bank == Bank::Transfers && random.bool() {
            let to = (account + random.u32(1..shape.accounts)) % shape.accounts;
            state[account as usize] -= amount;
            state[to as usize] += amount;
            Kind::Transfer {
                from: account,
                to,
                amount,
                from_balance: Some(state[account as usize]),
                to_balance: Some(state[to as usize]),
            }
        } else {
            let place = account as usize;
            let stale = shape.bank == Bank::Naive && random.u32(..1_000) == 0;
            let from = if stale { last[place] } else { state[place] };
            let delta = if random.bool() { amount } else { -amount };
            last[place] = state[place];
            state[place] = from + delta;
            Kind::Update { account, delta, balance: Some(state[place]) }
        };
        ops.push(Op {
            id: number,
            invoked: moment - random.u64(1..REACH),
            completed: moment + random.u64(1..REACH),
            kind,
            outcome: checker::Outcome::Ok,
        });
    }
    // A history is written in the order of completion.
    ops.sort_unstable_by_key(|op| op.completed);
    let end = state.into_iter().map(Some).collect();
    let floors = checker::Floors::new(vec![Some(0); initial.len()]);
    Problem { initial, end, ops, floors, refused_first: Vec::new() }
}
