//! What one operation demands of the balances and does to them.

use super::floors::Floors;
use super::model::{Leg, Op, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Says nothing.
    Ignored,
    /// Must have its place in every order.
    Required,
    /// May have one.
    Optional,
}

pub(super) fn role(op: &Op, floors: &Floors) -> Role {
    match op.outcome {
        Outcome::Ok if op.is_update() || op.kind.seen().next().is_some() => Role::Required,
        Outcome::Rejected if demands_anything(op, floors) => Role::Required,
        Outcome::Info if op.is_update() => Role::Optional,
        Outcome::Ok | Outcome::Rejected | Outcome::Failed | Outcome::Info => Role::Ignored,
    }
}

/// Whether it has no place in any order, whatever the floors are.
pub(super) fn says_nothing(op: &Op) -> bool {
    match op.outcome {
        Outcome::Ok => !op.is_update() && op.kind.seen().next().is_none(),
        Outcome::Rejected => {
            op.kind.takes().is_none() && op.kind.told_by_refusal().next().is_none()
        }
        Outcome::Failed => true,
        Outcome::Info => !op.is_update(),
    }
}

/// Whether the refusal says anything of the balances.
fn demands_anything(op: &Op, floors: &Floors) -> bool {
    op.kind.takes().is_some_and(|(account, _)| floors.of(account).is_some())
        || op.kind.told_by_refusal().next().is_some()
}

/// Whether it leaves every balance as it is.
pub(super) fn preserves(op: &Op) -> bool {
    op.outcome == Outcome::Rejected || !op.is_update()
}

/// Whether it is possible, with this answer, on these balances.
pub(super) fn legal(op: &Op, state: &[i64], floors: &Floors) -> bool {
    let now = |account: u32| state[account as usize];
    let is_there = |(account, balance): (u32, i64)| now(account) == balance;
    match op.outcome {
        Outcome::Failed => false,
        Outcome::Rejected => {
            let mut told = op.kind.told_by_refusal();
            told.all(is_there)
                && op.kind.takes().is_none_or(|(account, delta)| {
                    is_short(now(account), delta, floors.of(account)) != Some(false)
                })
        }
        Outcome::Ok | Outcome::Info => {
            let told = |leg: &Leg, after: i64| {
                op.outcome == Outcome::Info || leg.balance.is_none_or(|balance| balance == after)
            };
            op.kind.seen().all(is_there)
                && op.kind.legs().all(|leg| {
                    // A balance beyond 64 bits is none that could be answered.
                    now(leg.account).checked_add(leg.delta).is_some_and(|after| {
                        told(&leg, after) && !(leg.delta < 0 && floors.forbid(leg.account, after))
                    })
                })
        }
    }
}

/// Whether a balance is too small to take so much from it. `None`: without a floor
/// nobody knows.
pub(super) fn is_short(balance: i64, delta: i64, floor: Option<i64>) -> Option<bool> {
    Some(i128::from(balance) + i128::from(delta) < i128::from(floor?))
}

/// Does it, or undoes it with `sign` -1.
pub(super) fn apply(op: &Op, state: &mut [i64], sign: i64) {
    if matches!(op.outcome, Outcome::Ok | Outcome::Info) {
        for leg in op.kind.legs() {
            state[leg.account as usize] += sign * leg.delta;
        }
    }
}

/// The one balance of its account on which it is possible, if there is one. For
/// components of a single account.
pub(super) fn key(op: &Op) -> Option<i64> {
    match op.outcome {
        Outcome::Info | Outcome::Failed => None,
        Outcome::Rejected => op.kind.told_by_refusal().next().map(|(_, balance)| balance),
        Outcome::Ok => match op.kind.legs().next() {
            Some(leg) => Some(leg.balance?.saturating_sub(leg.delta)),
            None => op.kind.seen().next().map(|(_, balance)| balance),
        },
    }
}

/// Whether balances leave room to calculate with in 64 bits. An answer pins a balance
/// down; what has no answer adds to any of them, in whatever order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Of all that is added and taken by operations without an answer.
    loose: u128,
    /// The largest balance in an answer.
    told: u64,
}

impl Room {
    pub(super) fn see(&mut self, op: &Op) {
        let mut told = |balance: i64| self.told = self.told.max(balance.unsigned_abs());
        match op.outcome {
            Outcome::Failed => return,
            Outcome::Rejected => {
                op.kind.told_by_refusal().for_each(|(_, balance)| told(balance));
                return;
            }
            Outcome::Ok => {
                op.kind.seen().for_each(|(_, balance)| told(balance));
                op.kind.legs().filter_map(|leg| leg.balance).for_each(told);
            }
            Outcome::Info => {}
        }
        for leg in op.kind.legs() {
            if leg.balance.is_none() || op.outcome == Outcome::Info {
                self.loose += u128::from(leg.delta.unsigned_abs());
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.loose += other.loose;
        self.told = self.told.max(other.told);
    }

    /// For accounts with these balances before and after it.
    pub(super) fn is_enough(self, accounts: &[u32], initial: &[i64], end: &[Option<i64>]) -> bool {
        let starts = accounts.iter().map(|account| initial[*account as usize]);
        let ends = accounts.iter().filter_map(|account| end[*account as usize]);
        let largest = starts.chain(ends).map(i64::unsigned_abs).max().unwrap_or(0);
        // The last number of each end stands for what lies beyond.
        u128::from(largest.max(self.told)) + self.loose < i64::MAX as u128
    }
}
