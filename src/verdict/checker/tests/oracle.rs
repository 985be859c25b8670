//! The definition itself, tried out: every order and every choice of unknown
//! outcomes. For a handful of operations.

use crate::verdict::checker::{Kind, Op, Outcome, Problem};

/// Whether some order explains the history, in real time if asked for.
pub(super) fn explains(problem: &Problem, real_time: bool) -> bool {
    let counts: Vec<&Op> = problem.ops.iter().filter(|op| op.outcome != Outcome::Failed).collect();
    permute(problem, &counts, &mut Vec::new(), &problem.initial, real_time)
}

fn permute(
    problem: &Problem,
    ops: &[&Op],
    placed: &mut Vec<usize>,
    state: &[i64],
    real_time: bool,
) -> bool {
    let open: Vec<usize> = (0..ops.len()).filter(|index| !placed.contains(index)).collect();
    let ended = (0..state.len()).all(|a| problem.end[a].is_none_or(|end| end == state[a]));
    if ended && open.iter().all(|index| ops[*index].outcome == Outcome::Info) {
        return true;
    }
    open.iter().any(|index| {
        let op = ops[*index];
        let waits = open.iter().any(|other| {
            ops[*other].outcome != Outcome::Info && ops[*other].completed < op.invoked
        });
        if real_time && waits {
            return false;
        }
        let Some(after) = step(op, state, problem.overdraft_forbidden) else { return false };
        placed.push(*index);
        let found = permute(problem, ops, placed, &after, real_time);
        placed.pop();
        found
    })
}

fn step(op: &Op, state: &[i64], forbidden: bool) -> Option<Vec<i64>> {
    let mut after = state.to_vec();
    let info = op.outcome == Outcome::Info;
    let refused = op.outcome == Outcome::Rejected;
    match op.kind {
        Kind::Read { account, balance } => {
            (info || refused || state[account as usize] == balance).then_some(after)
        }
        Kind::Snapshot { ref balances } => {
            let same =
                balances.iter().all(|(account, balance)| state[*account as usize] == *balance);
            (info || refused || same).then_some(after)
        }
        Kind::Update { account, delta, balance } => {
            let now = state[account as usize];
            if refused {
                let told = delta >= 0 || balance.is_none_or(|b| b == now);
                return (told && (delta >= 0 || now + delta < 0)).then_some(after);
            }
            after[account as usize] = now + delta;
            let told = info || balance.is_none_or(|b| b == now + delta);
            let allowed = !forbidden || delta >= 0 || now + delta >= 0;
            (told && allowed).then_some(after)
        }
        Kind::Transfer { from, to, .. } if from == to => Some(after),
        Kind::Transfer { from, to, amount, from_balance, to_balance } => {
            let (a, b) = (state[from as usize], state[to as usize]);
            if refused {
                let told = from_balance.is_none_or(|x| x == a) && to_balance.is_none_or(|x| x == b);
                return (told && a < amount).then_some(after);
            }
            after[from as usize] = a - amount;
            after[to as usize] = b + amount;
            let told = info
                || (from_balance.is_none_or(|x| x == a - amount)
                    && to_balance.is_none_or(|x| x == b + amount));
            (told && (!forbidden || a >= amount)).then_some(after)
        }
    }
}
