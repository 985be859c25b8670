//! What an operation means, told a second time: nothing here is shared with the
//! checker.

use crate::verdict::checker::model::{Kind, Op, Outcome};

/// What an operation does to an account: `None` when it changes nothing there.
pub(super) fn delta(op: &Op, account: usize) -> Option<(i64, Option<i64>)> {
    let of = |a: u32| a as usize == account;
    match op.kind {
        Kind::Update { account: a, delta, balance } if of(a) && delta != 0 => {
            Some((delta, balance))
        }
        Kind::Transfer { from, to, .. } if from == to => None,
        Kind::Transfer { from, amount, from_balance, .. } if of(from) => {
            Some((-amount, from_balance))
        }
        Kind::Transfer { to, amount, to_balance, .. } if of(to) => Some((amount, to_balance)),
        _ => None,
    }
    .filter(|(delta, _)| *delta != 0)
}

/// The balance an operation saw and left alone.
pub(super) fn told(op: &Op, account: usize) -> Option<i64> {
    match (&op.kind, op.outcome) {
        (Kind::Snapshot { balances }, Outcome::Ok) => {
            balances.iter().find(|(a, _)| *a as usize == account).map(|(_, balance)| *balance)
        }
        (Kind::Read { account: a, balance }, Outcome::Ok) => {
            (*a as usize == account).then_some(*balance)
        }
        (Kind::Update { account: a, delta: 0, balance }, Outcome::Ok)
        | (Kind::Update { account: a, balance, .. }, Outcome::Rejected) => {
            if *a as usize == account { *balance } else { None }
        }
        _ => None,
    }
}

/// Whether an operation must be in every order, may be in one, or (false) says
/// nothing: `Some(true)`, `None`, `Some(false)`.
pub(super) fn needed(op: &Op) -> Option<bool> {
    let changes = match op.kind {
        Kind::Update { delta, .. } => delta != 0,
        Kind::Transfer { from, to, amount, .. } => from != to && amount != 0,
        Kind::Read { .. } | Kind::Snapshot { .. } => false,
    };
    let takes = !matches!(op.kind, Kind::Update { delta, .. } if delta > 0);
    match op.outcome {
        Outcome::Ok => Some(changes || told_anything(op)),
        Outcome::Rejected => Some(changes && takes),
        Outcome::Info if changes => None,
        Outcome::Info | Outcome::Failed => Some(false),
    }
}

fn told_anything(op: &Op) -> bool {
    match op.kind {
        Kind::Update { balance, .. } => balance.is_some(),
        Kind::Transfer { .. } => false,
        Kind::Read { .. } | Kind::Snapshot { .. } => true,
    }
}

/// The balances that an operation leaves behind where it changes them; `None`: it
/// is not possible. `now` tells the balance of an account, if it is known at all.
pub(super) fn step(
    overdraft_forbidden: bool,
    op: &Op,
    now: impl Fn(usize) -> Option<i64>,
) -> Option<[Option<(usize, i64)>; 2]> {
    let mut after = [None, None];
    if op.outcome == Outcome::Failed {
        return None;
    }
    if let (Kind::Snapshot { balances }, Outcome::Ok) = (&op.kind, op.outcome) {
        let seen = balances.iter().all(|(a, balance)| now(*a as usize) == Some(*balance));
        return seen.then_some(after);
    }
    let mut short = false;
    let accounts = op.kind.accounts().map(|account| account as usize);
    for (account, slot) in accounts.zip(&mut after) {
        let now = now(account)?;
        if op.outcome == Outcome::Ok && told(op, account).is_some_and(|balance| balance != now) {
            return None;
        }
        let Some((delta, claim)) = delta(op, account) else { continue };
        let (then, claim) = (now + delta, claim.filter(|_| op.outcome != Outcome::Info));
        if op.outcome == Outcome::Rejected {
            short |= delta < 0 && then < 0;
            if claim.is_some_and(|balance| balance != now) {
                return None;
            }
        } else if claim.is_some_and(|balance| balance != then)
            || (overdraft_forbidden && delta < 0 && then < 0)
        {
            return None;
        } else {
            *slot = Some((account, then));
        }
    }
    (op.outcome != Outcome::Rejected || short).then_some(after)
}
