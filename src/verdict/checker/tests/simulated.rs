//! A bank in process: clients that run at the same time, a clock, and a way to
//! do updates.

use fastrand::Rng;

use crate::verdict::checker::{Floors, Kind, Op, Outcome, Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Read and write at one instant.
    Atomic,
    /// Read, and write later what was computed.
    Naive,
    /// Check, and add later without checking again.
    CheckThenAct,
    /// Transfers take from one account, and give to the other later, from what
    /// is there by then; answers are right for each leg.
    Torn,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) mode: Mode,
    pub(super) seed: u64,
    pub(super) ops: usize,
    pub(super) clients: usize,
    pub(super) accounts: u32,
    pub(super) initial: i64,
    /// Amounts are drawn from 1 up to this; or are always this, if negative.
    pub(super) amounts: i64,
    /// In percent: reads, transfers, answers that got lost, answers without a balance.
    pub(super) reads: u8,
    pub(super) transfers: u8,
    pub(super) lost: u8,
    pub(super) silent: u8,
    pub(super) deposits: u8,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            mode: Mode::Atomic,
            seed: 1,
            ops: 200,
            clients: 10,
            accounts: 1,
            initial: 1000,
            amounts: 1000,
            reads: 10,
            transfers: 0,
            lost: 0,
            silent: 0,
            deposits: 60,
        }
    }
}

impl Run {
    pub(super) fn problem(&self) -> Problem {
        let random = &mut Rng::with_seed(self.seed);
        let mut free: Vec<u64> = (0..self.clients as u64).collect();
        let (mut ops, mut points) =
            (Vec::with_capacity(self.ops), Vec::with_capacity(2 * self.ops));
        for id in 0..self.ops {
            let client = random.usize(..free.len());
            let invoked = free[client] + random.u64(1..20);
            let read = invoked + random.u64(1..200);
            let write = read + if self.mode == Mode::Atomic { 0 } else { random.u64(1..200) };
            let completed = write + random.u64(1..100);
            free[client] = completed;
            ops.push(Op {
                id: id as u64,
                invoked,
                completed,
                kind: self.kind(random),
                outcome: Outcome::Ok,
            });
            points.push((read, id, false));
            points.push((write, id, true));
        }
        points.sort_unstable();
        let mut problem = Problem {
            initial: vec![self.initial; self.accounts as usize],
            end: Vec::new(),
            ops,
            floors: Floors::new(vec![Some(0); self.accounts as usize]),
            refused_first: Vec::new(),
        };
        self.perform(&mut problem, &points, random);
        problem
    }

    fn kind(&self, random: &mut Rng) -> Kind {
        let account = random.u32(..self.accounts);
        let amount = if self.amounts < 0 { -self.amounts } else { random.i64(1..=self.amounts) };
        let dice = random.u8(..100);
        if dice < self.reads {
            if self.transfers > 0 && random.bool() {
                return Kind::Snapshot { balances: (0..self.accounts).map(|a| (a, 0)).collect() };
            }
            return Kind::Read { account, balance: 0 };
        }
        if dice < self.reads + self.transfers {
            let to = (account + random.u32(1..self.accounts)) % self.accounts;
            return Kind::Transfer {
                from: account,
                to,
                amount,
                from_balance: None,
                to_balance: None,
            };
        }
        let delta = if random.u8(..100) < self.deposits { amount } else { -amount };
        Kind::Update { account, delta, balance: None }
    }

    fn perform(&self, problem: &mut Problem, points: &[(u64, usize, bool)], random: &mut Rng) {
        let mut state = problem.initial.clone();
        let mut seen: Vec<Vec<i64>> = vec![Vec::new(); problem.ops.len()];
        for (_, index, write) in points {
            let op = &mut problem.ops[*index];
            if !*write {
                seen[*index] = state.clone();
                if self.mode == Mode::Torn && enough(op, &state) {
                    op.kind.legs().take(1).for_each(|leg| state[leg.account as usize] += leg.delta);
                }
                continue;
            }
            let seen = std::mem::take(&mut seen[*index]);
            let silent = random.u8(..100) < self.silent;
            let lost = random.u8(..100) < self.lost
                && !matches!(op.kind, Kind::Read { .. } | Kind::Snapshot { .. });
            let applied = !lost || random.bool();
            if !enough(op, &seen) {
                op.outcome = if lost { Outcome::Info } else { Outcome::Rejected };
                continue;
            }
            let mut after = [0_i64; 2];
            for (n, leg) in op.kind.legs().enumerate() {
                let from = match self.mode {
                    Mode::Naive => seen[leg.account as usize],
                    Mode::Torn if n == 0 => seen[leg.account as usize],
                    _ => state[leg.account as usize],
                };
                after[n] = from + leg.delta;
                if applied && !(self.mode == Mode::Torn && n == 0) {
                    state[leg.account as usize] = after[n];
                }
            }
            if lost {
                op.outcome = Outcome::Info;
            }
            let tell = |n: usize| (!silent).then_some(after[n]);
            match &mut op.kind {
                Kind::Read { account, balance } => *balance = seen[*account as usize],
                Kind::Snapshot { balances } => {
                    balances
                        .iter_mut()
                        .for_each(|(account, balance)| *balance = seen[*account as usize]);
                }
                Kind::Update { balance, .. } => *balance = tell(0),
                Kind::Transfer { from_balance, to_balance, .. } => {
                    (*from_balance, *to_balance) = (tell(0), tell(1));
                }
            }
        }
        problem.end = state.into_iter().map(Some).collect();
    }
}

fn enough(op: &Op, state: &[i64]) -> bool {
    op.kind.legs().all(|leg| leg.delta > 0 || state[leg.account as usize] + leg.delta >= 0)
}
