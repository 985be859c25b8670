//! Short ways to write a history down.

use crate::verdict::checker::{Floors, Kind, Op, Outcome, Problem};

pub(super) fn problem(initial: i64, end: i64, ops: Vec<Op>) -> Problem {
    Problem {
        initial: vec![initial],
        end: vec![Some(end)],
        ops,
        floors: Floors::new([Some(0)]),
        refused_first: Vec::new(),
    }
}

pub(super) fn op(id: u64, time: (u64, u64), kind: Kind, outcome: Outcome) -> Op {
    Op { id, invoked: time.0, completed: time.1, kind, outcome }
}

/// An acknowledged update of account 0.
pub(super) fn update(id: u64, time: (u64, u64), delta: i64, balance: i64) -> Op {
    op(id, time, Kind::Update { account: 0, delta, balance: Some(balance) }, Outcome::Ok)
}

/// An update of account 0 that has no answer.
pub(super) fn info(id: u64, invoked: u64, delta: i64) -> Op {
    op(id, (invoked, invoked), Kind::Update { account: 0, delta, balance: None }, Outcome::Info)
}

pub(super) fn rejected(id: u64, time: (u64, u64), delta: i64) -> Op {
    op(id, time, Kind::Update { account: 0, delta, balance: None }, Outcome::Rejected)
}

pub(super) fn read(id: u64, time: (u64, u64), balance: i64) -> Op {
    op(id, time, Kind::Read { account: 0, balance }, Outcome::Ok)
}

pub(super) fn transfer(id: u64, time: (u64, u64), amount: i64, after: (i64, i64)) -> Op {
    let (from_balance, to_balance) = (Some(after.0), Some(after.1));
    op(id, time, Kind::Transfer { from: 0, to: 1, amount, from_balance, to_balance }, Outcome::Ok)
}
