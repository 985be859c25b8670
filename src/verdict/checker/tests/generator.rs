//! Small histories of all kinds, about half of them impossible.

use fastrand::Rng;

use crate::verdict::checker::{Floors, Kind, Op, Outcome, Problem};

/// A history of up to `most` operations, from a bank that is atomic or not, and
/// then perhaps tampered with.
pub(super) fn history(seed: u64, most: usize) -> Problem {
    let random = &mut Rng::with_seed(seed);
    let accounts = if random.u8(..10) < 6 { 1 } else { random.u32(2..=3) };
    let amounts = [1, 2, 3, 50][random.usize(..4)];
    let mut problem = Problem {
        initial: (0..accounts).map(|_| random.i64(0..=4)).collect(),
        end: Vec::new(),
        ops: Vec::new(),
        floors: floors(accounts, random),
        refused_first: Vec::new(),
    };
    let atomic = random.u8(..10) < 6;
    let width = [2, 6, 20][random.usize(..3)];
    let mut points: Vec<(u64, usize, bool)> = Vec::new();
    for index in 0..random.usize(1..=most) {
        let read = random.u64(20..40);
        let write = if atomic { read } else { read + random.u64(..width) };
        let account = random.u32(..accounts);
        let amount = random.i64(1..=amounts);
        let to = random.u32(..accounts);
        let delta = if random.bool() { amount } else { -amount };
        let kind = match random.u8(..10) {
            0 | 1 => Kind::Read { account, balance: 0 },
            2 if accounts > 1 => {
                Kind::Snapshot { balances: (0..accounts).map(|a| (a, 0)).collect() }
            }
            3..=5 if to != account || random.u8(..4) == 0 => {
                Kind::Transfer { from: account, to, amount, from_balance: None, to_balance: None }
            }
            _ => Kind::Update { account, delta, balance: None },
        };
        let (invoked, completed) = (read - random.u64(..width), write + random.u64(..width));
        problem.ops.push(Op { id: index as u64, invoked, completed, kind, outcome: Outcome::Ok });
        points.push((read, index, false));
        points.push((write, index, true));
    }
    points.sort_unstable();
    run(&mut problem, &points, random);
    for _ in 0..[0, 0, 1, 1, 2][random.usize(..5)] {
        tamper(&mut problem, random);
    }
    problem
}

/// Alike for all accounts, or of each its own.
pub(super) fn floors(accounts: u32, random: &mut Rng) -> Floors {
    let one = |random: &mut Rng| [None, Some(0), Some(0), Some(-2), Some(1)][random.usize(..5)];
    let same = one(random);
    let each = random.bool();
    Floors::new((0..accounts).map(|_| if each { one(random) } else { same }))
}

/// The balances that it found.
fn refusal_tells(kind: &mut Kind, seen: &[i64]) {
    match kind {
        Kind::Update { account, balance, .. } => *balance = Some(seen[*account as usize]),
        Kind::Transfer { from, to, from_balance, to_balance, .. } => {
            *from_balance = Some(seen[*from as usize]);
            *to_balance = Some(seen[*to as usize]);
        }
        Kind::Read { .. } | Kind::Snapshot { .. } => {}
    }
}

fn run(problem: &mut Problem, points: &[(u64, usize, bool)], random: &mut Rng) {
    let mut state = problem.initial.clone();
    let mut seen: Vec<Vec<i64>> = vec![Vec::new(); problem.ops.len()];
    // A service that enforces what is stated, or something else.
    let strict = random.u8(..4) > 0;
    let least = |account: u32| match problem.floors.of(account) {
        Some(floor) if strict => Some(floor),
        _ => [None, Some(0), Some(-2)][usize::from(strict) + (account as usize) % 2],
    };
    let least: Vec<Option<i64>> = (0..problem.initial.len() as u32).map(least).collect();
    for (_, index, write) in points {
        if !*write {
            seen[*index] = state.clone();
            continue;
        }
        let (op, seen) = (&mut problem.ops[*index], &seen[*index]);
        let lost = random.u8(..10) < 2;
        let applied = !lost || random.bool();
        let fails = random.u8(..20) == 0;
        let told = random.u8(..10) > 0;
        let tell = |balance: i64| told.then_some(balance);
        let legs: Vec<_> = op.kind.legs().collect();
        let short = |(account, delta): (u32, i64)| {
            least[account as usize].is_some_and(|least| seen[account as usize] + delta < least)
        };
        if op.kind.takes().is_some_and(short) {
            op.outcome = if lost { Outcome::Info } else { Outcome::Rejected };
            if random.u8(..4) == 0 {
                refusal_tells(&mut op.kind, seen);
            }
            continue;
        }
        match &mut op.kind {
            Kind::Read { account, balance } => *balance = seen[*account as usize],
            Kind::Snapshot { balances } => {
                balances
                    .iter_mut()
                    .for_each(|(account, balance)| *balance = seen[*account as usize]);
            }
            Kind::Update { account, delta, balance } => {
                *balance = tell(seen[*account as usize] + *delta)
            }
            Kind::Transfer { from, to, from_balance, to_balance, .. } if from == to => {
                *from_balance = tell(seen[*from as usize]);
                *to_balance = from_balance.filter(|_| random.bool());
            }
            Kind::Transfer { from, to, amount, from_balance, to_balance } => {
                *from_balance = tell(seen[*from as usize] - *amount);
                *to_balance = tell(seen[*to as usize] + *amount);
            }
        }
        if lost {
            op.outcome = Outcome::Info;
        } else if fails {
            op.outcome = Outcome::Failed;
        }
        if applied && op.outcome != Outcome::Failed {
            legs.iter().for_each(|leg| {
                state[leg.account as usize] = seen[leg.account as usize] + leg.delta
            });
        }
    }
    let known = random.u8(..10) > 0;
    problem.end = state.iter().map(|balance| known.then_some(*balance)).collect();
}

fn tamper(problem: &mut Problem, random: &mut Rng) {
    let index = random.usize(..problem.ops.len());
    let other = random.usize(..problem.ops.len());
    let off = [-2, -1, 1, 2][random.usize(..4)];
    match random.u8(..6) {
        0 => match &mut problem.ops[index].kind {
            Kind::Update { balance: Some(balance), .. } | Kind::Read { balance, .. } => {
                *balance += off
            }
            Kind::Transfer { to_balance: Some(balance), .. } => *balance += off,
            Kind::Snapshot { balances } => balances[0].1 += off,
            _ => {}
        },
        1 => {
            let account = random.usize(..problem.end.len());
            problem.end[account] = problem.end[account].map(|end| end + off);
        }
        2 => {
            let (a, b) = (problem.ops[index].clone(), problem.ops[other].clone());
            (problem.ops[index].invoked, problem.ops[index].completed) = (b.invoked, b.completed);
            (problem.ops[other].invoked, problem.ops[other].completed) = (a.invoked, a.completed);
        }
        3 => {
            problem.ops[index].outcome =
                [Outcome::Ok, Outcome::Rejected, Outcome::Info][random.usize(..3)]
        }
        4 => {
            let later = random.u64(1..20);
            problem.ops[index].invoked += later;
            problem.ops[index].completed += later;
        }
        _ => {
            let copy = Op { id: problem.ops.len() as u64, ..problem.ops[index].clone() };
            if problem.ops.len() < 7 {
                problem.ops.push(copy);
            }
        }
    }
}
