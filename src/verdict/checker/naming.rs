//! From refutations to anomalies with names and culprits.

use super::anomaly::{Anomaly, AnomalyKind, Money};
use super::case::Case;
use super::fork;
use super::model::{Kind, Problem};
use super::report::Certificate;
use super::stuck::Stuck;
use super::trail::Trail;
use super::{culprit, torn};

/// How many anomalies of a component are described; the rest is counted.
const HANDFUL: usize = 5;

/// The clearest first, and how many more there are.
pub(super) fn anomalies(
    case: &Case<'_>,
    certificates: &[Certificate],
    stuck: Option<&Stuck>,
    budget: u64,
) -> (Vec<Anomaly>, usize) {
    let refuted = certificates.iter().any(|c| !matches!(c, Certificate::Order { .. }));
    if !refuted {
        return (Vec::new(), 0);
    }
    let mut found: Vec<Anomaly> = Vec::new();
    let mut more = 0;
    let mut explained: Vec<(u32, i64)> = Vec::new();
    if certificates.iter().any(|c| {
        !matches!(
            c,
            Certificate::Forks { .. } | Certificate::Order { .. } | Certificate::Overdraft { .. }
        )
    }) {
        found.extend(torn::anomaly(case, budget));
    }
    for certificate in certificates {
        if let Certificate::Forks { account, balances } = certificate {
            if let Some(trail) = case.trail(*account) {
                let faults = fork::faults(case, trail, balances, HANDFUL);
                found.extend(faults.described);
                more += faults.more;
                explained.extend(faults.explained.iter().map(|balance| (*account, *balance)));
            }
        } else if found.len() < 4 * HANDFUL {
            found.extend(named(case, certificate, stuck));
        } else {
            more += 1;
        }
    }
    // Those who saw a balance that another fault explains are not to blame.
    found.retain(|anomaly| {
        let seen = anomaly.balance.map(|balance| (anomaly.account, balance));
        anomaly.kind != AnomalyKind::GarbageRead || !seen.is_some_and(|b| explained.contains(&b))
    });
    found.sort_by_key(Anomaly::clarity);
    more += found.len().saturating_sub(HANDFUL);
    found.truncate(HANDFUL);
    (found, more)
}

fn named(case: &Case<'_>, certificate: &Certificate, stuck: Option<&Stuck>) -> Option<Anomaly> {
    let problem = case.problem;
    match certificate {
        Certificate::Order { .. } | Certificate::Forks { .. } => None,
        Certificate::Overdraft { op } => overdraft(case, *op),
        Certificate::NeverThere { op } => Some(about(case, AnomalyKind::GarbageRead, *op)),
        Certificate::NeverShort { op } => Some(about(case, AnomalyKind::FalseRejection, *op)),
        Certificate::Unreachable { account, balances } => {
            let trail = case.trail(*account)?;
            let inside =
                trail.edges.iter().filter(|edge| balances.binary_search(&edge.from).is_ok());
            let ids = inside.map(|edge| problem.ops[edge.op as usize].id).take(10).collect();
            let balance = balances.first().copied();
            Some(Anomaly {
                balance,
                money: money(trail),
                ..Anomaly::new(AnomalyKind::GarbageRead, *account, ids)
            })
        }
        Certificate::Sum { account } => {
            let trail = case.trail(*account)?;
            let ids = trail.unknown.iter().map(|p| problem.ops[*p as usize].id).take(10).collect();
            let kind = AnomalyKind::FinalBalance;
            Some(Anomaly {
                balance: trail.end,
                money: money(trail),
                ..Anomaly::new(kind, *account, ids)
            })
        }
        Certificate::Total { snapshot } => {
            let ids = snapshot.map(|op| problem.ops[op as usize].id).into_iter().collect();
            let expected = sum(case.accounts.iter().map(|a| problem.initial[*a as usize]));
            let actual = match snapshot.map(|op| &problem.ops[op as usize].kind) {
                Some(Kind::Snapshot { balances }) => Some(sum(balances.iter().map(|(_, b)| *b))),
                _ => sum_of_all(case.accounts.iter().map(|a| problem.end[*a as usize])),
            };
            let money = Money { expected: in_words(expected), actual: actual.and_then(in_words) };
            let kind = AnomalyKind::TotalNotConserved;
            Some(Anomaly { money, ..Anomaly::new(kind, case.accounts[0], ids) })
        }
        Certificate::Exhausted { real_time } => {
            let found = culprit::anomaly(case, stuck);
            // Where no order does at all, the clock is not to blame.
            let blameless = found.kind == AnomalyKind::RealTime && !real_time;
            let kind = if blameless { AnomalyKind::NoOrder } else { found.kind };
            Some(Anomaly { kind, ..found })
        }
    }
}

fn overdraft(case: &Case<'_>, position: u32) -> Option<Anomaly> {
    let op = &case.problem.ops[position as usize];
    let leg = op.kind.legs().find(|leg| {
        leg.delta < 0 && leg.balance.is_some_and(|b| case.problem.floors.forbid(leg.account, b))
    })?;
    let trail = case.trail(leg.account)?;
    // Whoever took the money it had counted on, if that can be said.
    let before = trail
        .reaching(leg.balance?.saturating_sub(leg.delta))
        .map(|edge| &case.problem.ops[edge.op as usize]);
    let other = before.filter(|other| other.overlaps(op)).min_by_key(|other| other.completed);
    let kind = AnomalyKind::Overdraft;
    Some(Anomaly {
        pair: other.map(|other| (other.id, op.id)),
        balance: leg.balance,
        money: money(trail),
        ..Anomaly::new(kind, leg.account, vec![op.id])
    })
}

/// An anomaly about one operation that changes nothing.
pub(super) fn about(case: &Case<'_>, kind: AnomalyKind, position: u32) -> Anomaly {
    let op = &case.problem.ops[position as usize];
    let account = op.kind.accounts().next().unwrap_or(case.accounts[0]);
    let balance = match op.kind {
        Kind::Read { balance, .. } => Some(balance),
        Kind::Update { balance, .. } => balance,
        Kind::Transfer { from_balance, .. } => from_balance,
        Kind::Snapshot { .. } => None,
    };
    let money = case.trail(account).map(money).unwrap_or_default();
    Anomaly { balance, money, ..Anomaly::new(kind, account, vec![op.id]) }
}

pub(super) fn money(trail: &Trail) -> Money {
    Money { expected: in_words(trail.expected()), actual: trail.end }
}

/// For a report: what is beyond 64 bits is left out.
pub(super) fn in_words(sum: i128) -> Option<i64> {
    i64::try_from(sum).ok()
}

pub(super) fn sum(balances: impl Iterator<Item = i64>) -> i128 {
    balances.map(i128::from).sum()
}

/// `None`: one of them is not known.
pub(super) fn sum_of_all(balances: impl Iterator<Item = Option<i64>>) -> Option<i128> {
    balances.map(|balance| balance.map(i128::from)).sum()
}

pub(super) fn ids<'a>(problem: &'a Problem, positions: impl Iterator<Item = u32> + 'a) -> Vec<u64> {
    positions.map(|position| problem.ops[position as usize].id).collect()
}
