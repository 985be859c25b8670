//! Small runs of all kinds: several attempts at an operation, with a key and without;
//! accounts whose start is not known; transfers to oneself; a floor for each account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::generator::floors;
use crate::facts::{self, Event, Facts, Invocation, Operation};
use crate::model::{self, AccountId, Call, OperationKind};
use crate::scenario::Expect;
use crate::verdict::checker::{Floors, Kind, Op, Outcome};

/// A run as its clients saw it.
#[derive(Debug)]
pub(super) struct SmallRun {
    /// `None`: nobody knows.
    pub(super) initial: Vec<Option<i64>>,
    pub(super) end: Vec<Option<i64>>,
    pub(super) floors: Floors,
    pub(super) tries: Vec<Try>,
}

/// One attempt; `operation` is the same for all attempts at one operation.
#[derive(Clone, Debug)]
pub(super) struct Try {
    pub(super) operation: Option<u64>,
    pub(super) keyed: bool,
    pub(super) op: Op,
}

/// A moment of a try: when it is let in, and whether it is.
struct Moment {
    time: u64,
    index: usize,
    reaches: bool,
}

impl SmallRun {
    /// Of a service that may have any of several faults, or none; then perhaps
    /// tampered with.
    pub(super) fn of(seed: u64) -> Self {
        let random = &mut Rng::with_seed(seed);
        let accounts = random.u32(1..=3);
        let amounts = [1, 2, 3, 50][random.usize(..4)];
        let floors = floors(accounts, random);
        let mut state: Vec<i64> = (0..accounts)
            .map(|account| random.i64(0..=4).max(floors.of(account).unwrap_or(0)))
            .collect();
        let mut initial: Vec<Option<i64>> = state.iter().copied().map(Some).collect();
        let mut tries = Vec::new();
        let mut moments = Vec::new();
        let mut clock = 20;
        for operation in 0..random.u64(1..=4) {
            let kind = draw(accounts, amounts, random);
            let keyed = random.bool();
            let several = random.u8(..10) < 6;
            let count = if several { random.usize(1..=3) } else { 1 };
            let mut time = clock + random.u64(..8);
            for _ in 0..count {
                let (early, late) = (random.u64(..6), random.u64(..6));
                let index = tries.len();
                let op = Op {
                    id: index as u64,
                    invoked: time.saturating_sub(early),
                    completed: time + late,
                    kind: kind.clone(),
                    outcome: Outcome::Info,
                };
                tries.push(Try { operation: several.then_some(operation), keyed, op });
                // What was given up on may come late.
                let delay = if random.u8(..6) == 0 { random.u64(..20) } else { 0 };
                moments.push(Moment { time: time + delay, index, reaches: random.u8(..8) > 0 });
                time += late + random.u64(..6);
            }
            clock += random.u64(..10);
        }
        moments.sort_by_key(|moment| moment.time);
        let faulty = random.bool();
        serve(&mut tries, &moments, &mut state, &floors, faulty, random);
        let mut end: Vec<Option<i64>> = state.into_iter().map(Some).collect();
        for account in 0..accounts as usize {
            if accounts > 1 && random.u8(..5) == 0 {
                initial[account] = None;
            }
            if random.u8(..12) == 0 {
                end[account] = None;
            }
        }
        let mut run = Self { initial, end, floors, tries };
        for _ in 0..[0, 0, 0, 1, 2][random.usize(..5)] {
            run.tamper(random);
        }
        run
    }

    fn tamper(&mut self, random: &mut Rng) {
        let index = random.usize(..self.tries.len());
        let off = [-2, -1, 1, 2][random.usize(..4)];
        let op = &mut self.tries[index].op;
        match random.u8(..4) {
            0 => match &mut op.kind {
                Kind::Update { balance: Some(balance), .. }
                | Kind::Read { balance, .. }
                | Kind::Transfer { to_balance: Some(balance), .. } => *balance += off,
                Kind::Snapshot { balances } => balances[0].1 += off,
                Kind::Update { .. } | Kind::Transfer { .. } => {}
            },
            1 => {
                let account = random.usize(..self.end.len());
                self.end[account] = self.end[account].map(|end| end + off);
            }
            2 => {
                let all = [Outcome::Ok, Outcome::Rejected, Outcome::Info, Outcome::Failed];
                op.outcome = all[random.usize(..4)];
            }
            _ => {
                let later = random.u64(1..12);
                (op.invoked, op.completed) = (op.invoked + later, op.completed + later);
            }
        }
    }

    /// What bankrun would have recorded of it.
    pub(super) fn facts(&self) -> (Facts, Expect) {
        let name = |account: u32| AccountId::from(u64::from(account));
        let named = |balances: &[Option<i64>]| -> BTreeMap<AccountId, i64> {
            let known = (0..).zip(balances).filter_map(|(a, balance)| Some((name(a), (*balance)?)));
            known.collect()
        };
        let mut facts = Facts::new(1);
        facts.initial = named(&self.initial);
        for (process, one) in (0..).zip(&self.tries) {
            let (call, balance, to_balance, snapshot) = spoken(&one.op.kind, name);
            let call = Arc::new(call);
            let [invoked, completed] = [one.op.invoked, one.op.completed].map(Duration::from_nanos);
            let attempt =
                one.operation.map(|operation| facts::Attempt { operation, keyed: one.keyed });
            let invocation =
                Invocation { process, call: call.clone(), time: invoked, attempt, read_at: None };
            facts.apply(&Event::Invoked(invocation));
            let outcome = match one.op.outcome {
                Outcome::Ok => model::Outcome::Ok,
                Outcome::Rejected => model::Outcome::Rejected,
                Outcome::Failed => model::Outcome::Failed,
                Outcome::Info => model::Outcome::Unknown,
            };
            let operation = Operation { process, invoked, completed, ..Operation::done(call) };
            facts.apply(&Event::Operation(Operation {
                outcome,
                balance,
                to_balance,
                snapshot,
                ..operation
            }));
        }
        facts.apply(&Event::Ended { balances: named(&self.end) });
        let accounts = 0..self.initial.len() as u32;
        let minimum = accounts.filter_map(|a| Some((name(a), self.floors.of(a)?))).collect();
        let expect = Expect { minimum, non_negative: Some(false), ..Expect::default() };
        (facts, expect)
    }
}

type Snapshot = Option<Arc<[(AccountId, i64)]>>;

fn spoken(
    kind: &Kind,
    name: impl Fn(u32) -> AccountId,
) -> (Call, Option<i64>, Option<i64>, Snapshot) {
    let call = |kind| Call { name: "try".into(), kind };
    match *kind {
        Kind::Update { account, delta, balance } => {
            (call(OperationKind::Update { account: name(account), delta }), balance, None, None)
        }
        Kind::Read { account, balance } => {
            (call(OperationKind::Read { account: name(account) }), Some(balance), None, None)
        }
        Kind::Transfer { from, to, amount, from_balance, to_balance } => {
            let kind = OperationKind::Transfer { from: name(from), to: name(to), amount };
            (call(kind), from_balance, to_balance, None)
        }
        Kind::Snapshot { ref balances } => {
            let all = balances.iter().map(|(account, balance)| (name(*account), *balance));
            (call(OperationKind::Snapshot), None, None, Some(all.collect()))
        }
    }
}

fn draw(accounts: u32, amounts: i64, random: &mut Rng) -> Kind {
    let (account, to) = (random.u32(..accounts), random.u32(..accounts));
    let amount = random.i64(1..=amounts);
    let delta = if random.bool() { amount } else { -amount };
    match random.u8(..10) {
        0 => Kind::Read { account, balance: 0 },
        1 => Kind::Snapshot { balances: (0..accounts).map(|a| (a, 0)).collect() },
        2..=4 => Kind::Transfer { from: account, to, amount, from_balance: None, to_balance: None },
        _ => Kind::Update { account, delta, balance: None },
    }
}

/// Carries out what reaches the service. A faulty one forgets keys, answers with what it
/// saw before, or refuses what it has carried out.
fn serve(
    tries: &mut [Try],
    moments: &[Moment],
    state: &mut Vec<i64>,
    floors: &Floors,
    faulty: bool,
    random: &mut Rng,
) {
    let mut stored: BTreeMap<u64, Kind> = BTreeMap::new();
    let mut earlier = state.clone();
    for Moment { time, index, reaches } in moments {
        let one = &mut tries[*index];
        let answered = random.u8(..10) > 2 && *time <= one.op.completed;
        if !reaches {
            one.op.outcome = if random.bool() { Outcome::Failed } else { Outcome::Info };
            continue;
        }
        let key = one.operation.filter(|_| one.keyed);
        let forgets = faulty && random.u8(..4) == 0;
        let seen = if faulty && random.u8(..5) == 0 { earlier.clone() } else { state.clone() };
        let outcome;
        if let Some(kind) = key.and_then(|key| stored.get(&key)).filter(|_| !forgets) {
            one.op.kind = kind.clone();
            let refuses = faulty && random.u8(..3) == 0;
            outcome = if refuses { Outcome::Rejected } else { Outcome::Ok };
            if refuses {
                silence(&mut one.op.kind);
            }
        } else {
            let short = one.op.kind.takes().is_some_and(|(account, delta)| {
                let least = floors.of(account).unwrap_or(-1);
                state[account as usize] + delta < least
            });
            let refuses = short != (faulty && random.u8(..8) == 0);
            if short || (refuses && one.op.kind.takes().is_some()) {
                outcome = Outcome::Rejected;
            } else {
                outcome = Outcome::Ok;
                answer(&mut one.op.kind, &seen, random);
                earlier.clone_from(state);
                for leg in one.op.kind.legs() {
                    state[leg.account as usize] += leg.delta;
                }
                if let Some(key) = key
                    && !matches!(one.op.kind, Kind::Read { .. } | Kind::Snapshot { .. })
                {
                    stored.insert(key, one.op.kind.clone());
                }
            }
        }
        one.op.outcome = if answered { outcome } else { Outcome::Info };
    }
}

fn silence(kind: &mut Kind) {
    match kind {
        Kind::Update { balance, .. } => *balance = None,
        Kind::Transfer { from_balance, to_balance, .. } => {
            (*from_balance, *to_balance) = (None, None);
        }
        Kind::Read { .. } | Kind::Snapshot { .. } => {}
    }
}

fn answer(kind: &mut Kind, seen: &[i64], random: &mut Rng) {
    let told = random.u8(..8) > 0;
    let mut after = seen.to_vec();
    kind.legs().for_each(|leg| after[leg.account as usize] += leg.delta);
    let tell = |account: u32| told.then_some(after[account as usize]);
    match kind {
        Kind::Read { account, balance } => *balance = after[*account as usize],
        Kind::Snapshot { balances } => {
            balances.iter_mut().for_each(|(a, balance)| *balance = after[*a as usize]);
        }
        Kind::Update { account, balance, .. } => *balance = tell(*account),
        Kind::Transfer { from, to, from_balance, to_balance, .. } => {
            (*from_balance, *to_balance) = (tell(*from), tell(*to));
        }
    }
}
