//! The definition itself, tried out: every order and every choice of unknown
//! outcomes. For a handful of operations.

use super::attempts::{SmallRun, Try};
use crate::verdict::checker::{Kind, Op, Outcome, Problem};

/// Whether some order explains the history, in real time if asked for.
pub(super) fn explains(problem: &Problem, real_time: bool) -> bool {
    let counts: Vec<usize> = (0..problem.ops.len())
        .filter(|index| problem.ops[*index].outcome != Outcome::Failed)
        .collect();
    permute(problem, &counts, &mut Vec::new(), &problem.initial, real_time)
}

fn permute(
    problem: &Problem,
    counts: &[usize],
    placed: &mut Vec<usize>,
    state: &[i64],
    real_time: bool,
) -> bool {
    let open: Vec<usize> = counts.iter().copied().filter(|index| !placed.contains(index)).collect();
    let ended = (0..state.len()).all(|a| problem.end[a].is_none_or(|end| end == state[a]));
    if ended && open.iter().all(|index| problem.ops[*index].outcome == Outcome::Info) {
        return true;
    }
    open.iter().any(|index| {
        let op = &problem.ops[*index];
        let waits = open
            .iter()
            .map(|other| &problem.ops[*other])
            .any(|other| other.outcome != Outcome::Info && other.completed < op.invoked);
        if real_time && waits {
            return false;
        }
        let refused_later = problem.refused_first.iter().any(|(operation, refusal)| {
            *operation as usize == *index && open.contains(&(*refusal as usize))
        });
        if refused_later {
            return false;
        }
        let floor = |account: u32| problem.floors.of(account);
        let Some(after) = step(op, state, &floor) else { return false };
        placed.push(*index);
        let found = permute(problem, counts, placed, &after, real_time);
        placed.pop();
        found
    })
}

/// The balances after the operation, if it can have been answered like that.
pub(super) fn step(op: &Op, state: &[i64], floor: &dyn Fn(u32) -> Option<i64>) -> Option<Vec<i64>> {
    let mut after = state.to_vec();
    let info = op.outcome == Outcome::Info;
    let refused = op.outcome == Outcome::Rejected;
    let at = |account: u32| state[account as usize];
    let short = |account: u32, amount: i64| floor(account).is_none_or(|f| at(account) - amount < f);
    match op.kind {
        Kind::Read { account, balance } => {
            (info || refused || at(account) == balance).then_some(after)
        }
        Kind::Snapshot { ref balances } => {
            let same = balances.iter().all(|(account, balance)| at(*account) == *balance);
            (info || refused || same).then_some(after)
        }
        Kind::Update { account, delta, balance } => {
            let now = at(account);
            if refused {
                let told = balance.is_none_or(|b| b == now);
                return (told && (delta >= 0 || short(account, -delta))).then_some(after);
            }
            after[account as usize] = now + delta;
            let told = info || balance.is_none_or(|b| b == now + delta);
            let allowed = delta >= 0 || floor(account).is_none_or(|f| now + delta >= f);
            (told && allowed).then_some(after)
        }
        Kind::Transfer { from, to, amount, from_balance, to_balance } => {
            let (a, b) = (at(from), at(to));
            if refused {
                let told = from_balance.is_none_or(|x| x == a) && to_balance.is_none_or(|x| x == b);
                return (told && (amount <= 0 || short(from, amount))).then_some(after);
            }
            after[from as usize] -= amount;
            after[to as usize] += amount;
            let told = info
                || (from_balance.is_none_or(|x| x == after[from as usize])
                    && to_balance.is_none_or(|x| x == after[to as usize]));
            let moves = from != to && amount > 0;
            let allowed = !moves || floor(from).is_none_or(|f| a - amount >= f);
            (told && allowed).then_some(after)
        }
    }
}

/// How often an operation without a key may take effect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effects {
    AsOftenAsSent,
    OnceAtMost,
}

/// Whether some order of all attempts explains a run in real time, told from the meaning of
/// keys alone: who comes first has the effect, and whoever comes later hears of it.
pub(super) fn explains_run(run: &SmallRun, effects: Effects) -> bool {
    let state: Vec<i64> = run.initial.iter().map(|balance| balance.unwrap_or(0)).collect();
    let world = World { state, stored: Vec::new(), done: Vec::new() };
    let counts: Vec<usize> =
        (0..run.tries.len()).filter(|i| run.tries[*i].op.outcome != Outcome::Failed).collect();
    attempt_all(run, &counts, &world, effects)
}

#[derive(Clone)]
struct World {
    state: Vec<i64>,
    /// What is in effect under a key: the operation, and the balances it left.
    stored: Vec<(u64, Vec<i64>)>,
    done: Vec<usize>,
}

fn attempt_all(run: &SmallRun, counts: &[usize], world: &World, effects: Effects) -> bool {
    let open: Vec<usize> = counts.iter().copied().filter(|i| !world.done.contains(i)).collect();
    let optional = |index: &usize| run.tries[*index].op.outcome == Outcome::Info;
    let known = |account: usize| run.initial[account].is_some();
    let ended = (0..world.state.len())
        .all(|a| !known(a) || run.end[a].is_none_or(|end| end == world.state[a]));
    if ended && open.iter().all(optional) {
        return true;
    }
    open.iter().any(|index| {
        let op = &run.tries[*index].op;
        let waits = open
            .iter()
            .any(|other| !optional(other) && run.tries[*other].op.completed < op.invoked);
        if waits {
            return false;
        }
        try_one(run, *index, world, effects)
            .is_some_and(|next| attempt_all(run, counts, &next, effects))
    })
}

/// The world after the attempt has had its turn.
fn try_one(run: &SmallRun, index: usize, world: &World, effects: Effects) -> Option<World> {
    let Try { operation, keyed, op } = &run.tries[index];
    let is_look = matches!(op.kind, Kind::Read { .. } | Kind::Snapshot { .. });
    let mut next = world.clone();
    next.done.push(index);
    let key = operation.filter(|_| *keyed && !is_look);
    let stored = key.and_then(|key| world.stored.iter().find(|(other, _)| *other == key));
    if let Some((_, left)) = stored {
        return match op.outcome {
            Outcome::Info => Some(next),
            Outcome::Rejected | Outcome::Failed => None,
            Outcome::Ok => told(run, &op.kind).iter().all(|(a, b)| left[*a] == *b).then_some(next),
        };
    }
    if op.outcome == Outcome::Info && is_look {
        return Some(next);
    }
    if op.outcome == Outcome::Info
        && effects == Effects::OnceAtMost
        && operation.is_some()
        && !keyed
        && others_take_effect(run, index, world)
    {
        return None;
    }
    let hidden = |account: u32| run.initial[account as usize].is_none();
    let floor = |account: u32| if hidden(account) { None } else { run.floors.of(account) };
    let visible = Op { kind: visible(run, &op.kind), ..op.clone() };
    next.state = step(&visible, &world.state, &floor)?;
    if op.outcome != Outcome::Rejected
        && let Some(key) = key
    {
        next.stored.push((key, next.state.clone()));
    }
    Some(next)
}

/// Whether another attempt at the same operation is acknowledged, or was in effect.
fn others_take_effect(run: &SmallRun, index: usize, world: &World) -> bool {
    let own = &run.tries[index];
    let mut others = run
        .tries
        .iter()
        .enumerate()
        .filter(|(other, one)| *other != index && one.operation == own.operation && !one.keyed);
    others.any(|(other, one)| {
        one.op.outcome == Outcome::Ok
            || (one.op.outcome == Outcome::Info && world.done.contains(&other))
    })
}

/// The balances that the answer tells of accounts whose start is known.
fn told(run: &SmallRun, kind: &Kind) -> Vec<(usize, i64)> {
    let pairs = match *kind {
        Kind::Update { account, balance, .. } => vec![(account, balance)],
        Kind::Transfer { from, to, from_balance, to_balance, .. } => {
            vec![(from, from_balance), (to, to_balance)]
        }
        Kind::Read { .. } | Kind::Snapshot { .. } => Vec::new(),
    };
    let known = pairs.into_iter().filter(|(account, _)| run.initial[*account as usize].is_some());
    known.filter_map(|(account, balance)| Some((account as usize, balance?))).collect()
}

/// Without the answers about accounts whose start is not known: anything may be there.
fn visible(run: &SmallRun, kind: &Kind) -> Kind {
    let known = |account: u32| run.initial[account as usize].is_some();
    match kind.clone() {
        Kind::Update { account, delta, balance } => {
            Kind::Update { account, delta, balance: balance.filter(|_| known(account)) }
        }
        Kind::Transfer { from, to, amount, from_balance, to_balance } => Kind::Transfer {
            from,
            to,
            amount,
            from_balance: from_balance.filter(|_| known(from)),
            to_balance: to_balance.filter(|_| known(to)),
        },
        Kind::Read { account, .. } if !known(account) => Kind::Snapshot { balances: [].into() },
        Kind::Read { account, balance } => Kind::Read { account, balance },
        Kind::Snapshot { balances } => Kind::Snapshot {
            balances: balances.iter().copied().filter(|(account, _)| known(*account)).collect(),
        },
    }
}
