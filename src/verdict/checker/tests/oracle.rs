//! The definition itself, tried out: every order and every choice of unknown
//! outcomes. For a handful of operations.

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
