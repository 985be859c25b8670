//! Attempts at one logical operation.
//!
//! Under one idempotency key they are one operation: however often it is tried, it
//! happens at most once; every acknowledgement says the same; once it is in effect a
//! later attempt is acknowledged, never refused. A refusal is about a moment of its
//! own attempt, at which the operation is not in effect. Without a key each attempt is
//! an operation of its own.

use std::collections::HashMap;

use super::anomaly::{Anomaly, AnomalyKind};
use super::model::{Kind, Op, Outcome};

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// A number that stands for the logical operation.
    pub operation: u64,
    /// Whether the service can tell it from a new operation.
    pub keyed: bool,
    pub op: Op,
}

/// Attempts as operations for [`super::check()`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// In the order of their first attempts.
    pub ops: Vec<Op>,
    /// As in [`Problem::refused_first`](super::Problem::refused_first): positions in `ops`.
    pub refused_first: Vec<(u32, u32)>,
    /// What is wrong with the attempts themselves, whatever the balances are.
    pub anomalies: Vec<Anomaly>,
}

/// How often an operation without a key may take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkeyed {
    /// As often as it was sent.
    EachTime,
    /// Once, as its caller wants it to: beside an acknowledgement no attempt without
    /// an answer, and of several without an answer one.
    Once,
}

/// The operations that the attempts stand for. Linear.
pub fn retries(attempts: &[Attempt], unkeyed: Unkeyed) -> Retried {
    let mut places: HashMap<(u64, bool, Effect), usize> = HashMap::new();
    let mut groups: Vec<(bool, Vec<&Op>)> = Vec::new();
    for Attempt { operation, keyed, op } in attempts {
        let Some(effect) = effect(&op.kind) else {
            // A look tells of its own moment, however it came about.
            groups.push((false, vec![op]));
            continue;
        };
        let place = *places.entry((*operation, *keyed, effect)).or_insert_with(|| {
            groups.push((*keyed, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(op);
    }
    let mut retried = Retried::default();
    for (keyed, group) in &groups {
        match (keyed, unkeyed) {
            (true, _) => under_one_key(group, &mut retried),
            (false, Unkeyed::EachTime) => retried.ops.extend(group.iter().map(|op| (*op).clone())),
            (false, Unkeyed::Once) => once(group, &mut retried.ops),
        }
    }
    retried.anomalies.extend(other_requests(attempts));
    retried
}

/// The accounts of an update, and what it adds.
type Effect = (u32, u32, i64);

fn effect(kind: &Kind) -> Option<Effect> {
    match *kind {
        Kind::Update { account, delta, .. } => Some((account, account, delta)),
        Kind::Transfer { from, to, amount, .. } => Some((from, to, -amount)),
        Kind::Read { .. } | Kind::Snapshot { .. } => None,
    }
}

fn of(group: &[&Op], outcome: Outcome) -> Vec<Op> {
    group.iter().filter(|op| op.outcome == outcome).map(|op| (*op).clone()).collect()
}

fn under_one_key(group: &[&Op], retried: &mut Retried) {
    let refusals = of(group, Outcome::Rejected);
    retried.ops.extend(of(group, Outcome::Failed));
    let first = retried.ops.len() as u32;
    let Some(operation) = in_effect(group, &refusals) else {
        retried.ops.extend(refusals);
        return;
    };
    retried.anomalies.extend(conflict(group, &operation));
    let before = (1..).zip(&refusals).filter(|(_, refusal)| refusal.invoked <= operation.end());
    retried.refused_first.extend(before.map(|(place, _)| (first, first + place)));
    retried.ops.push(operation);
    retried.ops.extend(refusals);
}

/// The operation itself, if it may be in effect: from the first attempt that can have
/// been it, and not before the last refusal began, to the first acknowledgement.
fn in_effect(group: &[&Op], refusals: &[Op]) -> Option<Op> {
    let mut acknowledged = of(group, Outcome::Ok);
    acknowledged.sort_by_key(|op| (op.completed, op.id));
    let open = of(group, Outcome::Info);
    let all = || acknowledged.iter().chain(&open);
    let decisive = acknowledged.first().or_else(|| open.iter().min_by_key(|op| op.invoked))?;
    let end = decisive.end();
    let refused = refusals.iter().map(|op| op.invoked).filter(|invoked| *invoked <= end);
    let invoked = all().map(|op| op.invoked).min()?.max(refused.max().unwrap_or(0));
    let mut kind = decisive.kind.clone();
    acknowledged.iter().for_each(|other| complete(&mut kind, &other.kind));
    // Reports know an operation by its first attempt.
    let id = all().map(|op| op.id).min()?;
    Some(Op { id, invoked, kind, ..decisive.clone() })
}

/// Takes from `other` the balances that the answer lacks.
fn complete(kind: &mut Kind, other: &Kind) {
    match (kind, other) {
        (Kind::Update { balance, .. }, Kind::Update { balance: other, .. }) => {
            *balance = balance.or(*other);
        }
        (
            Kind::Transfer { from_balance, to_balance, .. },
            Kind::Transfer { from_balance: other_from, to_balance: other_to, .. },
        ) => {
            *from_balance = from_balance.or(*other_from);
            *to_balance = to_balance.or(*other_to);
        }
        _ => {}
    }
}

/// Whether one answer contradicts another: where both tell a balance.
fn contradicts(kind: &Kind, other: &Kind) -> bool {
    let differ = |a: &Option<i64>, b: &Option<i64>| a.zip(*b).is_some_and(|(a, b)| a != b);
    match (kind, other) {
        (Kind::Update { balance, .. }, Kind::Update { balance: other, .. }) => {
            differ(balance, other)
        }
        (
            Kind::Transfer { from_balance, to_balance, .. },
            Kind::Transfer { from_balance: other_from, to_balance: other_to, .. },
        ) => differ(from_balance, other_from) || differ(to_balance, other_to),
        _ => false,
    }
}

/// Two acknowledgements that say different things, or a refusal after one.
fn conflict(group: &[&Op], operation: &Op) -> Option<Anomaly> {
    let of = |outcome| group.iter().copied().filter(move |op| op.outcome == outcome);
    let mut acknowledged: Vec<&Op> = of(Outcome::Ok).collect();
    acknowledged.sort_by_key(|op| (op.completed, op.id));
    let first = acknowledged.first()?;
    for (place, one) in acknowledged.iter().enumerate() {
        let mut later = acknowledged[place + 1..].iter();
        if let Some(other) = later.find(|other| contradicts(&one.kind, &other.kind)) {
            return anomaly(AnomalyKind::DifferingAnswers, one, other);
        }
    }
    let late = of(Outcome::Rejected).filter(|op| operation.end() < op.invoked);
    anomaly(AnomalyKind::RefusedAfterEffect, first, late.min_by_key(|op| op.invoked)?)
}

/// Two acknowledgements of different requests under one key.
fn other_requests(attempts: &[Attempt]) -> Vec<Anomaly> {
    let mut first: HashMap<u64, &Op> = HashMap::new();
    let mut found = Vec::new();
    let acknowledged = |attempt: &&Attempt| attempt.keyed && attempt.op.outcome == Outcome::Ok;
    for Attempt { operation, op, .. } in attempts.iter().filter(acknowledged) {
        let Some(own) = effect(&op.kind) else { continue };
        let known = *first.entry(*operation).or_insert(op);
        if effect(&known.kind) != Some(own) {
            found.extend(anomaly(AnomalyKind::DifferingAnswers, known, op));
        }
    }
    found
}

fn anomaly(kind: AnomalyKind, one: &Op, other: &Op) -> Option<Anomaly> {
    let account = one.kind.accounts().next()?;
    let pair = Some((one.id, other.id));
    Some(Anomaly { pair, ..Anomaly::new(kind, account, vec![one.id, other.id]) })
}

/// What an operation without a key comes to where it takes effect once at most.
fn once(group: &[&Op], ops: &mut Vec<Op>) {
    let acknowledged = of(group, Outcome::Ok);
    if acknowledged.is_empty() {
        let open = of(group, Outcome::Info);
        ops.extend(open.into_iter().min_by_key(|op| (op.invoked, op.id)));
    }
    ops.extend(acknowledged);
    ops.extend(of(group, Outcome::Rejected));
    ops.extend(of(group, Outcome::Failed));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(operation: u64, id: u64, outcome: Outcome, balance: Option<i64>) -> Attempt {
        let kind = Kind::Update { account: 0, delta: -10, balance };
        let op = Op { id, invoked: id * 10, completed: id * 10 + 5, kind, outcome };
        Attempt { operation, keyed: true, op }
    }

    fn short(retried: &Retried) -> Vec<(u64, u64, u64, Outcome)> {
        let ops = retried.ops.iter();
        ops.map(|op| (op.id, op.invoked, op.completed, op.outcome)).collect()
    }

    fn kinds(attempts: &[Attempt]) -> Vec<(AnomalyKind, Vec<u64>)> {
        let anomalies = retries(attempts, Unkeyed::EachTime).anomalies.into_iter();
        anomalies.map(|anomaly| (anomaly.kind, anomaly.operations)).collect()
    }

    #[test]
    fn under_a_key_they_are_one_operation_up_to_its_first_acknowledgement() {
        let attempts = [
            attempt(7, 0, Outcome::Info, None),
            attempt(8, 1, Outcome::Failed, None),
            attempt(7, 2, Outcome::Ok, None),
            attempt(7, 3, Outcome::Ok, Some(110)),
        ];
        let retried = retries(&attempts, Unkeyed::EachTime);
        assert!(retried.anomalies.is_empty() && retried.refused_first.is_empty());
        assert_eq!(short(&retried), [(0, 0, 25, Outcome::Ok), (1, 10, 15, Outcome::Failed)]);
        let told = Kind::Update { account: 0, delta: -10, balance: Some(110) };
        assert_eq!(retried.ops[0].kind, told, "a later acknowledgement tells the balance");
    }

    #[test]
    fn a_refusal_stands_and_comes_before_the_operation_is_in_effect() {
        let attempts = [
            attempt(1, 0, Outcome::Info, None),
            attempt(1, 1, Outcome::Rejected, None),
            attempt(1, 2, Outcome::Ok, Some(5)),
        ];
        let open = retries(&attempts[..2], Unkeyed::EachTime);
        assert_eq!(short(&open), [(0, 10, 5, Outcome::Info), (1, 10, 15, Outcome::Rejected)]);
        assert_eq!(open.refused_first, [(0, 1)]);
        let done = retries(&attempts, Unkeyed::EachTime);
        assert_eq!(short(&done), [(0, 10, 25, Outcome::Ok), (1, 10, 15, Outcome::Rejected)]);
        let alone = retries(&attempts[1..2], Unkeyed::EachTime);
        assert_eq!((short(&alone).len(), alone.refused_first.len()), (1, 0));
    }

    #[test]
    fn acknowledgements_agree_and_none_is_followed_by_a_refusal() {
        let [first, second] =
            [110, 120].map(|balance| attempt(1, balance as u64, Outcome::Ok, Some(balance)));
        let differing = (AnomalyKind::DifferingAnswers, vec![110, 120]);
        assert_eq!(kinds(&[first.clone(), second.clone()]), [differing]);
        let refused = attempt(1, 115, Outcome::Rejected, None);
        let late = (AnomalyKind::RefusedAfterEffect, vec![110, 115]);
        assert_eq!(kinds(&[first.clone(), refused]), [late]);
        let mut other = attempt(1, 120, Outcome::Ok, Some(105));
        other.op.kind = Kind::Update { account: 0, delta: -5, balance: Some(105) };
        let differing = (AnomalyKind::DifferingAnswers, vec![110, 120]);
        assert_eq!(kinds(&[first, other]), [differing], "another request under the same key");
    }

    #[test]
    fn without_a_key_each_attempt_is_an_operation_of_its_own() {
        let attempts = [
            attempt(1, 0, Outcome::Info, None),
            attempt(1, 1, Outcome::Info, None),
            attempt(1, 2, Outcome::Ok, Some(110)),
        ];
        let unkeyed = attempts.map(|attempt| Attempt { keyed: false, ..attempt });
        let ids = |attempts: &[Attempt], unkeyed| -> Vec<u64> {
            retries(attempts, unkeyed).ops.iter().map(|op| op.id).collect()
        };
        assert_eq!(ids(&unkeyed, Unkeyed::EachTime), [0, 1, 2]);
        assert_eq!(ids(&unkeyed, Unkeyed::Once), [2]);
        assert_eq!(ids(&unkeyed[..2], Unkeyed::Once), [0]);
    }
}
