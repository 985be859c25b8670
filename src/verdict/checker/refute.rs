//! Refutations that need no search: each is a proof by itself.

use super::model::{Kind, Op, Outcome, Problem};
use super::report::Certificate;
use super::rules::is_short;
use super::sums;
use super::trail::Trail;

/// By the edges and the sum of one account.
pub(super) fn by_trail(problem: &Problem, trail: &Trail) -> Vec<Certificate> {
    let account = trail.account;
    let mut found = Vec::new();
    if let Some(floor) = problem.floors.of(account) {
        let below = trail.edges.iter().filter(|edge| edge.to < floor && edge.to < edge.from);
        found.extend(below.map(|edge| Certificate::Overdraft { op: edge.op }));
    }
    let forks: Vec<_> = trail.excesses(trail.end).into_iter().filter(|ex| ex.count > 0).collect();
    let excess: i64 = forks.iter().map(|fork| fork.count).sum();
    if excess > trail.floating() as i64 {
        let balances = forks.iter().map(|fork| fork.balance).collect();
        found.push(Certificate::Forks { account, balances });
    } else if let Some(end) = trail.end
        && sums::reachable(deltas(problem, trail), i128::from(end) - trail.expected())
            == Some(false)
    {
        found.push(Certificate::Sum { account });
    }
    found
}

fn deltas(problem: &Problem, trail: &Trail) -> impl Iterator<Item = i64> {
    trail.unknown.iter().flat_map(|position| {
        let legs = problem.ops[*position as usize].kind.legs();
        legs.filter(|leg| leg.account == trail.account).map(|leg| leg.delta)
    })
}

/// By what the updates of an account cannot reach. Only where the place of
/// every update is known; `walk` is the trail as far as it goes, `lookers` the
/// operations that look at the account and leave it alone.
pub(super) fn by_reach(
    problem: &Problem,
    trail: &Trail,
    walk: &[u32],
    lookers: impl Iterator<Item = u32>,
) -> Vec<Certificate> {
    let mut found = Vec::new();
    if trail.floating() > 0 {
        return found;
    }
    if walk.len() < trail.edges.len() {
        let mut reached = vec![false; trail.edges.len()];
        walk.iter().for_each(|edge| reached[*edge as usize] = true);
        let beyond = trail.edges.iter().zip(&reached).filter(|(_, reached)| !**reached);
        let mut balances: Vec<i64> = beyond.flat_map(|(edge, _)| [edge.from, edge.to]).collect();
        balances.sort_unstable();
        balances.dedup();
        found.push(Certificate::Unreachable { account: trail.account, balances });
    }
    let lowest = trail.lowest();
    for position in lookers {
        let op = &problem.ops[position as usize];
        if never_short(problem, op, trail.account, lowest) {
            found.push(Certificate::NeverShort { op: position });
        } else if seen(op, trail.account).any(|balance| !trail.visits(balance)) {
            found.push(Certificate::NeverThere { op: position });
        }
    }
    found
}

fn never_short(problem: &Problem, op: &Op, account: u32, lowest: i64) -> bool {
    let told = op.kind.told_by_refusal().find(|(other, _)| *other == account);
    op.outcome == Outcome::Rejected
        && op.kind.takes().is_some_and(|(from, delta)| {
            let balance = told.map_or(lowest, |(_, balance)| balance);
            from == account && is_short(balance, delta, problem.floors.of(account)) == Some(false)
        })
}

/// The balances of the account that it claims to have seen and left alone.
fn seen(op: &Op, account: u32) -> impl Iterator<Item = i64> + '_ {
    let acknowledged = op.kind.seen().filter(|_| op.outcome == Outcome::Ok);
    let refused = op.kind.told_by_refusal().filter(|_| op.outcome == Outcome::Rejected);
    let all = acknowledged.chain(refused);
    all.filter(move |(other, _)| *other == account).map(|(_, balance)| balance)
}

/// By the total of accounts between which money only moves.
pub(super) fn by_total(problem: &Problem, accounts: &[u32], ops: &[u32]) -> Vec<Certificate> {
    let mut found = Vec::new();
    let op = |position: &u32| &problem.ops[*position as usize];
    let flows = |op: &Op| {
        let counts = matches!(op.outcome, Outcome::Ok | Outcome::Info);
        counts && op.kind.legs().map(|leg| i128::from(leg.delta)).sum::<i128>() != 0
    };
    if accounts.len() < 2 || ops.iter().any(|position| flows(op(position))) {
        return found;
    }
    let total: i128 = accounts.iter().map(|a| i128::from(problem.initial[*a as usize])).sum();
    for position in ops {
        if let (Kind::Snapshot { balances }, Outcome::Ok) =
            (&op(position).kind, op(position).outcome)
            && balances.len() == accounts.len()
            && accounts.iter().all(|account| balances.iter().any(|(other, _)| other == account))
            && balances.iter().map(|(_, balance)| i128::from(*balance)).sum::<i128>() != total
        {
            found.push(Certificate::Total { snapshot: Some(*position) });
        }
    }
    let end: Option<i128> =
        accounts.iter().map(|account| problem.end[*account as usize].map(i128::from)).sum();
    if end.is_some_and(|end| end != total) {
        found.push(Certificate::Total { snapshot: None });
    }
    found
}
