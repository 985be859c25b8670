//! What one operation demands of the balances and does to them.

use super::model::{Kind, Op, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Says nothing.
    Ignored,
    /// Must have its place in every order.
    Required,
    /// May have one.
    Optional,
}

pub(super) fn role(op: &Op) -> Role {
    let takes = op.kind.legs().any(|leg| leg.delta < 0);
    let moves = op.is_update();
    match op.outcome {
        Outcome::Ok if moves => Role::Required,
        Outcome::Ok => match op.kind {
            Kind::Read { .. } | Kind::Snapshot { .. } => Role::Required,
            Kind::Update { balance: Some(_), .. } => Role::Required,
            Kind::Update { .. } | Kind::Transfer { .. } => Role::Ignored,
        },
        Outcome::Rejected if takes => Role::Required,
        Outcome::Info if moves => Role::Optional,
        _ => Role::Ignored,
    }
}

/// Whether it leaves every balance as it is.
pub(super) fn preserves(op: &Op) -> bool {
    op.outcome == Outcome::Rejected || !op.is_update()
}

/// Whether it is possible, with this answer, on these balances.
pub(super) fn legal(op: &Op, state: &[i64], overdraft_forbidden: bool) -> bool {
    let now = |account: u32| state[account as usize];
    match op.outcome {
        Outcome::Rejected => {
            let answers =
                op.kind.legs().all(|leg| leg.balance.is_none_or(|b| b == now(leg.account)));
            answers && op.kind.legs().any(|leg| leg.delta < 0 && now(leg.account) + leg.delta < 0)
        }
        Outcome::Failed => false,
        Outcome::Ok | Outcome::Info => match &op.kind {
            Kind::Read { account, balance } => now(*account) == *balance,
            Kind::Snapshot { balances } => balances.iter().all(|(a, b)| now(*a) == *b),
            Kind::Update { account, delta: 0, balance } => {
                balance.is_none_or(|b| b == now(*account))
            }
            Kind::Update { .. } | Kind::Transfer { .. } => op.kind.legs().all(|leg| {
                let after = now(leg.account) + leg.delta;
                let told = op.outcome == Outcome::Info || leg.balance.is_none_or(|b| b == after);
                told && !(overdraft_forbidden && leg.delta < 0 && after < 0)
            }),
        },
    }
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
    match (&op.kind, op.outcome) {
        (_, Outcome::Info | Outcome::Failed) => None,
        (Kind::Read { balance, .. }, _) => Some(*balance),
        (Kind::Update { balance, .. }, Outcome::Rejected) => *balance,
        (Kind::Update { delta, balance, .. }, Outcome::Ok) => balance.map(|b| b - delta),
        (Kind::Snapshot { balances }, _) => balances.first().map(|(_, balance)| *balance),
        (Kind::Transfer { .. }, _) => None,
    }
}

/// Balances must leave room to calculate with: every sum of this component
/// stays far from the limits of 64 bits.
pub(super) fn has_room<'a>(initial: i64, ops: impl Iterator<Item = &'a Op>) -> bool {
    const ROOM: u128 = 1 << 61;
    let mut sum = u128::from(initial.unsigned_abs());
    for op in ops {
        let told = match &op.kind {
            Kind::Read { balance, .. } => balance.unsigned_abs(),
            Kind::Snapshot { balances } => {
                balances.iter().map(|(_, b)| b.unsigned_abs()).max().unwrap_or(0)
            }
            Kind::Update { delta, balance, .. } => {
                sum += u128::from(delta.unsigned_abs());
                balance.map_or(0, i64::unsigned_abs)
            }
            Kind::Transfer { amount, from_balance, to_balance, .. } => {
                sum += u128::from(amount.unsigned_abs());
                let told = |b: &Option<i64>| b.map_or(0, i64::unsigned_abs);
                told(from_balance).max(told(to_balance))
            }
        };
        if u128::from(told) > ROOM {
            return false;
        }
    }
    sum <= ROOM
}
