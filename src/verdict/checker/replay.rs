//! One run of a naive service under the schedule of a recorded run.
//!
//! The service reads a balance, lets a gap pass, and writes the balance back,
//! changed. Virtual users that wait for their answers are simulated anew: think
//! times as recorded, latencies from the lower half of those recorded (which is
//! free of waiting for one another), and the gap on top. Operations that begin
//! when they are due begin as recorded.

use fastrand::Rng;

use super::model::{Kind, Op, Outcome, Problem};
use super::refute::by_trail;
use super::schedule::{Fate, Schedule, Update};
use super::trail::Trail;

/// Replays a schedule any number of times, in the same memory.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    schedule: &'a Schedule,
    /// Of each process: when it is free again, and when it was in the record.
    free: Vec<Option<(u64, u64)>>,
    points: Vec<u128>,
    /// Of each chosen update: the balances it read, and how often they had been
    /// written until then.
    seen: Vec<[(i64, u32); 2]>,
    /// Of each chosen update: the balances it wrote. `None`: it was refused.
    wrote: Vec<Option<[i64; 2]>>,
    balances: Vec<Balance>,
}

#[derive(Clone, Copy, Debug)]
struct Balance {
    now: i64,
    /// Where no update is lost.
    expected: i64,
    writes: u32,
    /// Somebody wrote what was computed from an old balance.
    collided: bool,
}

/// A read or a write of an update, by its moment: one number, because numbers are
/// what is sorted fastest.
fn point(moment: u64, index: usize, write: bool) -> u128 {
    (u128::from(moment) << 64) | ((index as u128) << 1) | u128::from(write)
}

/// The index of the update, and whether it is a write.
fn taken_apart(point: u128) -> (usize, bool) {
    (point as u64 as usize >> 1, point & 1 == 1)
}

impl<'a> Replay<'a> {
    pub(super) fn new(schedule: &'a Schedule) -> Self {
        Self {
            schedule,
            free: Vec::new(),
            points: Vec::new(),
            seen: Vec::new(),
            wrote: Vec::new(),
            balances: Vec::new(),
        }
    }

    /// Whether the checker catches a naive service with this gap, in nanoseconds.
    /// `chosen`: positions of updates, by invocation.
    pub(super) fn is_caught(&mut self, chosen: &[u32], gap: u64, random: &mut Rng) -> bool {
        self.draw_moments(chosen, gap, random);
        self.run(chosen);
        let collided = self.balances.iter().any(|balance| balance.collided);
        collided && self.shows(chosen)
    }

    /// When each update reads and when it writes.
    fn draw_moments(&mut self, chosen: &[u32], gap: u64, random: &mut Rng) {
        let Self { schedule, free, points, .. } = self;
        free.clear();
        free.resize(schedule.processes, None);
        points.clear();
        for (index, update) in chosen.iter().enumerate() {
            let update = &schedule.updates[*update as usize];
            let (begin, latency, before) = if update.awaits {
                let latency = match schedule.latencies.len() {
                    // Nothing was answered: all that is known is how long it was waited for.
                    0 => update.length,
                    count => schedule.latencies[random.usize(..count)],
                };
                let free = &mut free[update.process as usize];
                let begin = match *free {
                    Some((free, was_free)) => free + update.invoked.saturating_sub(was_free),
                    None => update.invoked,
                };
                // Half of it lies around the middle: the way there and the way back.
                let before = latency / 4 + part(latency / 2, random);
                let own = if update.lead == 0 { gap } else { 0 };
                let done = begin.saturating_add(latency).saturating_add(own);
                *free = Some((done, update.invoked + update.length));
                (begin, latency, before)
            } else {
                (update.invoked, update.length, part(update.length, random))
            };
            let (read, write) = match update.lead {
                0 => (begin + before, (begin + before).saturating_add(gap)),
                // It was read by another request, which took about as long.
                lead => {
                    (begin.saturating_sub(lead) + part(latency.min(lead), random), begin + before)
                }
            };
            points.push(point(read, index, false));
            points.push(point(write, index, true));
        }
        points.sort_unstable();
    }

    fn run(&mut self, chosen: &[u32]) {
        let Self { schedule, points, seen, wrote, balances, .. } = self;
        balances.clear();
        let accounts = schedule.accounts.iter();
        balances.extend(accounts.map(|account| Balance {
            now: account.initial,
            expected: account.initial,
            writes: 0,
            collided: false,
        }));
        seen.clear();
        seen.resize(chosen.len(), [(0, 0); 2]);
        wrote.clear();
        wrote.resize(chosen.len(), None);
        for point in points {
            let (index, write) = taken_apart(*point);
            let update = &schedule.updates[chosen[index] as usize];
            if !write {
                for (n, leg) in update.legs() {
                    let balance = balances[leg.account as usize];
                    seen[index][n] = (balance.now, balance.writes);
                }
                continue;
            }
            let after = |n: usize, delta: i64| seen[index][n].0.saturating_add(delta);
            let refuses = |(n, leg): (usize, super::schedule::Leg)| {
                let floor = schedule.accounts[leg.account as usize].floor;
                leg.delta < 0 && floor.is_some_and(|floor| after(n, leg.delta) < floor)
            };
            if update.legs().any(refuses) {
                continue;
            }
            let mut left = [0; 2];
            for (n, leg) in update.legs() {
                let balance = &mut balances[leg.account as usize];
                balance.collided |= balance.writes != seen[index][n].1;
                balance.now = after(n, leg.delta);
                balance.expected = balance.expected.saturating_add(leg.delta);
                balance.writes += 1;
                left[n] = balance.now;
            }
            wrote[index] = Some(left);
        }
    }

    /// Whether answers and final balances refute what happened to the accounts on
    /// which updates collided: their ends, and their balance trails.
    fn shows(&self, chosen: &[u32]) -> bool {
        let Self { schedule, balances, .. } = self;
        let accounts = || balances.iter().zip(&schedule.accounts).zip(0_u32..);
        let is_off = |balance: &Balance| balance.now != balance.expected;
        if accounts().any(|((balance, account), _)| {
            account.end_is_known && !account.has_unknown && is_off(balance)
        }) {
            return true;
        }
        let end = |(balance, account): (&Balance, &super::schedule::Account)| {
            account.end_is_known.then_some(balance.now)
        };
        let mut answered = Problem {
            initial: schedule.accounts.iter().map(|account| account.initial).collect(),
            end: balances.iter().zip(&schedule.accounts).map(end).collect(),
            ..Problem::default()
        };
        accounts().filter(|((balance, _), _)| balance.collided).any(|(_, account)| {
            answered.ops.clear();
            answered.ops.extend(self.answers_about(account, chosen));
            let ops: Vec<u32> = (0..answered.ops.len() as u32).collect();
            !by_trail(&answered, &Trail::new(&answered, account, &ops)).is_empty()
        })
    }

    /// What was answered to the updates of an account, as richly as in the record.
    fn answers_about(&self, account: u32, chosen: &[u32]) -> impl Iterator<Item = Op> {
        let answer = move |(index, update): (usize, &u32)| {
            let left = self.wrote[index]?;
            let update: &Update = &self.schedule.updates[*update as usize];
            let (n, leg) = update.legs().find(|(_, leg)| leg.account == account)?;
            let balance = leg.is_told.then_some(left[n]);
            let outcome = match update.fate {
                Fate::Acknowledged | Fate::Refused => Outcome::Ok,
                Fate::Unknown => Outcome::Info,
            };
            let kind = Kind::Update { account, delta: leg.delta, balance };
            Some(Op { id: index as u64, invoked: 0, completed: 0, kind, outcome })
        };
        chosen.iter().enumerate().filter_map(answer)
    }
}

/// Up to so much of it.
fn part(length: u64, random: &mut Rng) -> u64 {
    ((u128::from(length) * u128::from(random.u32(..))) >> 32) as u64
}
