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

/// Whether balances leave room to calculate with: every sum of a component must
/// stay far from the limits of 64 bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Of all that is added and taken.
    sum: u128,
    /// The largest balance in an answer.
    told: u64,
}

impl Room {
    /// What a single balance may come to.
    const MOST: u64 = 1 << 61;

    pub(super) fn see(&mut self, op: &Op) {
        let mut told = |balance: i64| self.told = self.told.max(balance.unsigned_abs());
        match &op.kind {
            Kind::Read { balance, .. } => told(*balance),
            Kind::Snapshot { balances } => balances.iter().for_each(|(_, balance)| told(*balance)),
            Kind::Update { delta, balance, .. } => {
                balance.iter().for_each(|balance| told(*balance));
                self.sum += u128::from(delta.unsigned_abs());
            }
            Kind::Transfer { amount, from_balance, to_balance, .. } => {
                from_balance.iter().chain(to_balance).for_each(|balance| told(*balance));
                self.sum += u128::from(amount.unsigned_abs());
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.told = self.told.max(other.told);
    }

    /// For accounts with these balances before and after it.
    pub(super) fn is_enough(self, accounts: &[u32], initial: &[i64], end: &[Option<i64>]) -> bool {
        let of = |account: &u32| initial[*account as usize].unsigned_abs();
        let largest = accounts.iter().map(of).max().unwrap_or(0);
        let ends = accounts.iter().filter_map(|account| end[*account as usize]);
        ends.map(i64::unsigned_abs).all(|end| end < Self::MOST)
            && self.told <= Self::MOST
            && u128::from(largest) + self.sum <= u128::from(Self::MOST)
    }
}
