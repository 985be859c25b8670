//! What an operation means, told a second time: nothing here is shared with the
//! checker.

use crate::verdict::checker::floors::Floors;
use crate::verdict::checker::model::{Kind, Op, Outcome};

/// What an operation adds to an account, and the balance that it answered with;
/// `None` when it changes nothing there.
pub(super) fn delta(op: &Op, account: usize) -> Option<(i64, Option<i64>)> {
    let of = |a: u32| a as usize == account;
    match op.kind {
        Kind::Update { account: a, delta, balance } if of(a) => Some((delta, balance)),
        Kind::Transfer { from, to, .. } if from == to => None,
        Kind::Transfer { from, amount, from_balance, .. } if of(from) => {
            Some((-amount, from_balance))
        }
        Kind::Transfer { to, amount, to_balance, .. } if of(to) => Some((amount, to_balance)),
        _ => None,
    }
    .filter(|(delta, _)| *delta != 0)
}

fn changes_nothing(kind: &Kind) -> bool {
    match *kind {
        Kind::Update { delta, .. } => delta == 0,
        Kind::Transfer { from, to, amount, .. } => from == to || amount == 0,
        Kind::Read { .. } | Kind::Snapshot { .. } => true,
    }
}

/// The balances in its answer that are those of the moment, unchanged by itself.
pub(super) fn told(op: &Op) -> Vec<(usize, i64)> {
    let mut all: Vec<(u32, i64)> = Vec::new();
    match (&op.kind, op.outcome) {
        (_, Outcome::Info | Outcome::Failed) => {}
        (Kind::Snapshot { balances }, Outcome::Ok) => all.extend(balances.iter()),
        (Kind::Read { account, balance }, Outcome::Ok) => all.push((*account, *balance)),
        (Kind::Read { .. } | Kind::Snapshot { .. }, Outcome::Rejected) => {}
        (kind, Outcome::Ok) if !changes_nothing(kind) => {}
        (Kind::Update { account, balance, .. }, _) => all.extend(balance.map(|b| (*account, b))),
        (Kind::Transfer { from, to, from_balance, to_balance, .. }, _) => {
            all.extend(from_balance.map(|balance| (*from, balance)));
            all.extend(to_balance.map(|balance| (*to, balance)));
        }
    }
    all.into_iter().map(|(account, balance)| (account as usize, balance)).collect()
}

/// The account that a refusal is about, how much was wanted of it, and the least that
/// may be left. `None`: nothing is wanted, or nothing is known of the least.
pub(super) fn wanted(op: &Op, floors: &Floors) -> Option<(usize, i128, i128)> {
    let (account, amount) = match op.kind {
        Kind::Update { account, delta, .. } if delta < 0 => (account, -i128::from(delta)),
        Kind::Transfer { from, amount, .. } if amount > 0 => (from, i128::from(amount)),
        _ => return None,
    };
    Some((account as usize, amount, i128::from(floors.of(account)?)))
}

/// Whether an operation must be in every order, may be in one, or (false) says
/// nothing: `Some(true)`, `None`, `Some(false)`.
pub(super) fn needed(op: &Op, floors: &Floors) -> Option<bool> {
    match op.outcome {
        Outcome::Ok => Some(!changes_nothing(&op.kind) || !told(op).is_empty()),
        Outcome::Rejected => Some(wanted(op, floors).is_some() || !told(op).is_empty()),
        Outcome::Info if !changes_nothing(&op.kind) => None,
        Outcome::Info | Outcome::Failed => Some(false),
    }
}

/// The balances that an operation leaves behind where it changes them; `None`: it
/// is not possible. `now` tells the balance of an account, if it is known at all.
pub(super) fn step(
    floors: &Floors,
    op: &Op,
    now: impl Fn(usize) -> Option<i64>,
) -> Option<[Option<(usize, i64)>; 2]> {
    let mut after = [None, None];
    if told(op).iter().any(|(account, balance)| now(*account) != Some(*balance)) {
        return None;
    }
    match op.outcome {
        Outcome::Failed => return None,
        Outcome::Rejected => {
            let Some((account, amount, least)) = wanted(op, floors) else { return Some(after) };
            let left = i128::from(now(account)?) - amount;
            return (left < least).then_some(after);
        }
        Outcome::Ok | Outcome::Info => {}
    }
    if changes_nothing(&op.kind) {
        return Some(after);
    }
    let accounts = op.kind.accounts().map(|account| account as usize);
    for (account, slot) in accounts.zip(&mut after) {
        let Some((delta, claim)) = delta(op, account) else { continue };
        let then = i64::try_from(i128::from(now(account)?) + i128::from(delta)).ok()?;
        let claim = claim.filter(|_| op.outcome == Outcome::Ok);
        let floor = floors.of(account as u32);
        if claim.is_some_and(|balance| balance != then)
            || (delta < 0 && floor.is_some_and(|least| then < least))
        {
            return None;
        }
        *slot = Some((account, then));
    }
    Some(after)
}
