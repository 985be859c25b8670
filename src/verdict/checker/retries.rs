//! Attempts of one logical operation that carry one idempotency key.
//!
//! However often it is tried, it happens at most once, and every
//! acknowledgement must say the same. Attempts without a key are operations of
//! their own and do not belong here.

use std::collections::HashMap;

use super::anomaly::{Anomaly, AnomalyKind};
use super::model::{Kind, Op, Outcome};

/// One attempt, with a number that stands for its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub key: u64,
    pub op: Op,
}

/// One operation for each key, for [`super::check()`], and what is wrong with
/// the attempts themselves. In the order of their first attempts; linear.
///
/// An operation lasts from its first attempt to its first acknowledgement. It
/// happened if one attempt was acknowledged; else nobody knows, if one attempt
/// was left open; else it did not happen.
pub fn retries(attempts: &[Attempt]) -> (Vec<Op>, Vec<Anomaly>) {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Op>> = Vec::new();
    for attempt in attempts {
        let place = *places.entry(attempt.key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(&attempt.op);
    }
    let operations = groups.iter().filter_map(|group| merge(group)).collect();
    let anomalies = groups.iter().filter_map(|group| conflict(group)).collect();
    (operations, anomalies)
}

fn merge(group: &[&Op]) -> Option<Op> {
    // What certainly failed does not make the operation begin any earlier.
    let first = group.iter().min_by_key(|op| (op.outcome == Outcome::Failed, op.invoked, op.id))?;
    let acknowledged = group.iter().filter(|op| op.outcome == Outcome::Ok);
    let open = group.iter().filter(|op| op.outcome == Outcome::Info);
    let decisive = acknowledged
        .min_by_key(|op| op.completed)
        .or_else(|| open.min_by_key(|op| op.invoked))
        .or_else(|| group.iter().max_by_key(|op| op.completed))?;
    // A refusal is about its own moment only, not about the attempts before it.
    let refused = decisive.outcome == Outcome::Rejected;
    let invoked = if refused { decisive.invoked } else { first.invoked };
    let id = group.iter().map(|op| op.id).min()?;
    Some(Op { id, invoked, ..(*decisive).clone() })
}

/// Two acknowledgements that do not say the same.
fn conflict(group: &[&Op]) -> Option<Anomaly> {
    let mut acknowledged: Vec<&&Op> = group.iter().filter(|op| op.outcome == Outcome::Ok).collect();
    acknowledged.sort_by_key(|op| (op.completed, op.id));
    let (first, rest) = acknowledged.split_first()?;
    let other = rest.iter().find(|op| op.kind != first.kind)?;
    let twice = match (&first.kind, &other.kind) {
        (
            Kind::Update { account: a, delta, balance: Some(before) },
            Kind::Update { account: b, delta: again, balance: Some(after) },
        ) => a == b && delta == again && before != after,
        (
            Kind::Transfer { from: a, to: b, amount, from_balance: Some(before), .. },
            Kind::Transfer { from: c, to: d, amount: again, from_balance: Some(after), .. },
        ) => (a, b, amount) == (c, d, again) && before != after,
        _ => false,
    };
    let kind =
        if twice { AnomalyKind::DuplicateApplication } else { AnomalyKind::DifferingAnswers };
    let account = first.kind.accounts().next()?;
    let pair = Some((first.id, other.id));
    Some(Anomaly { pair, certain: !twice, ..Anomaly::new(kind, account, vec![first.id, other.id]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(key: u64, id: u64, outcome: Outcome, balance: Option<i64>) -> Attempt {
        let kind = Kind::Update { account: 0, delta: 10, balance };
        Attempt { key, op: Op { id, invoked: id * 10, completed: id * 10 + 5, kind, outcome } }
    }

    #[test]
    fn attempts_become_one_operation() {
        let attempts = [
            attempt(7, 0, Outcome::Info, None),
            attempt(8, 1, Outcome::Failed, None),
            attempt(7, 2, Outcome::Ok, Some(110)),
            attempt(7, 3, Outcome::Ok, Some(110)),
        ];
        let (ops, anomalies) = retries(&attempts);
        assert!(anomalies.is_empty());
        let short: Vec<_> =
            ops.iter().map(|op| (op.id, op.invoked, op.completed, op.outcome)).collect();
        assert_eq!(short, [(0, 0, 25, Outcome::Ok), (1, 10, 15, Outcome::Failed)]);
    }

    #[test]
    fn open_beats_refused_and_refused_keeps_its_own_time() {
        let open = [attempt(1, 0, Outcome::Info, None), attempt(1, 1, Outcome::Rejected, None)];
        assert_eq!(retries(&open).0[0].outcome, Outcome::Info);
        let refused =
            [attempt(1, 0, Outcome::Failed, None), attempt(1, 1, Outcome::Rejected, None)];
        assert_eq!((retries(&refused).0[0].invoked, retries(&refused).0[0].id), (10, 0));
    }

    #[test]
    fn two_balances_for_one_key_were_two_applications() {
        let twice = [attempt(1, 0, Outcome::Ok, Some(110)), attempt(1, 1, Outcome::Ok, Some(120))];
        let anomalies = retries(&twice).1;
        assert_eq!(anomalies[0].kind, AnomalyKind::DuplicateApplication);
        assert_eq!(anomalies[0].operations, [0, 1]);
    }

    #[test]
    fn another_request_under_the_same_key_differs() {
        let mut other = attempt(1, 1, Outcome::Ok, Some(110));
        other.op.kind = Kind::Update { account: 0, delta: 20, balance: Some(120) };
        let anomalies = retries(&[attempt(1, 0, Outcome::Ok, Some(110)), other]).1;
        assert_eq!(anomalies[0].kind, AnomalyKind::DifferingAnswers);
    }
}
