//! How much a run proves: would this very schedule have caught a naive bank?
//!
//! The recorded intervals are replayed through a bank that reads somewhere in
//! the first half of each interval and writes somewhere in the second half, with
//! nothing in between. The share of replays whose answers or final balances the
//! trail refutes is the power of the run.

use fastrand::Rng;
use serde::Serialize;

use super::guard::guarded;
use super::model::{Kind, Op, Outcome, Problem};
use super::refute::by_trail;
use super::schedule::{Schedule, stretches};
use super::trail::Trail;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerOptions {
    pub seed: u64,
    /// How many times the schedule is replayed; less often where it is long.
    pub replays: u32,
    /// At most so many operations are replayed each time: a stretch of each
    /// account, in proportion.
    pub operations: usize,
}

/// Updates are replayed so many times altogether, where that is often enough.
const STEPS: usize = 200_000;
/// Replays that tell enough.
const ENOUGH: usize = 40;

impl Default for PowerOptions {
    fn default() -> Self {
        Self { seed: 1, replays: 200, operations: 5_000 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Power {
    pub replays: u32,
    /// Replays in which the naive bank was caught.
    pub caught: u32,
    /// Updates replayed each time, at most, and how many the history has.
    pub replayed: usize,
    pub updates: usize,
}

impl Power {
    /// `None` when there was nothing to replay.
    pub fn share(&self) -> Option<f64> {
        (self.replays > 0 && self.updates > 0)
            .then(|| f64::from(self.caught) / f64::from(self.replays))
    }

    /// Only a part of the history was replayed: the true power is higher.
    pub fn is_sample(&self) -> bool {
        self.replayed < self.updates
    }
}

/// Deterministic by seed; however long the history is, as much work as
/// [`ENOUGH`] replays of `options.operations` updates are.
pub fn power(schedule: &Schedule, options: &PowerOptions) -> Power {
    let Schedule { updates, groups, all, .. } = schedule;
    let replayed = (*all).min(options.operations);
    let replays = match replayed {
        0 => 0,
        _ => options.replays.min((STEPS / replayed).max(ENOUGH) as u32),
    };
    let caught = guarded(|| {
        let random = &mut Rng::with_seed(options.seed);
        let replay = |_: &u32| {
            let stretches = stretches(groups, options.operations, random);
            let ops: Vec<&Op> =
                stretches.into_iter().flat_map(|stretch| &updates[stretch]).collect();
            naive_is_caught(&schedule.initial, &ops, random)
        };
        (0..replays).filter(replay).count() as u32
    });
    match caught {
        Ok(caught) => Power { replays, caught, replayed, updates: *all },
        // Numbers too large to calculate with: nothing is claimed.
        Err(_) => Power { replays: 0, caught: 0, replayed: 0, updates: *all },
    }
}

/// A read or a write of an update, by its moment: one number, because numbers are
/// what is sorted fastest.
fn point(moment: u64, index: usize, write: bool) -> u128 {
    u128::from(moment) << 64 | (index as u128) << 1 | u128::from(write)
}

/// The index of the update, and whether it is a write.
fn taken_apart(point: u128) -> (usize, bool) {
    (point as u64 as usize >> 1, point & 1 == 1)
}

fn naive_is_caught(initial: &[i64], updates: &[&Op], random: &mut Rng) -> bool {
    let longest = 1_000_000;
    let mut points: Vec<u128> = Vec::with_capacity(2 * updates.len());
    for (index, op) in updates.iter().enumerate() {
        // An unknown outcome ran as long as the client knew about it.
        let length = op.completed.saturating_sub(op.invoked);
        let (early, late) = (random.u64(0..=longest / 2), random.u64(longest / 2..=longest));
        let at = |part: u64| {
            let part = u128::from(length) * u128::from(part) / u128::from(longest);
            op.invoked.saturating_add(part as u64)
        };
        points.push(point(at(early), index, false));
        points.push(point(at(late), index, true));
    }
    points.sort_unstable();
    let mut state = initial.to_vec();
    // Where no update is lost.
    let mut expected = initial.to_vec();
    let mut seen = vec![[0_i64; 2]; updates.len()];
    let mut answered: Vec<Op> = Vec::with_capacity(updates.len());
    let mut touched: Vec<(u32, u32)> = Vec::with_capacity(updates.len());
    for point in points {
        let (index, write) = taken_apart(point);
        let op = updates[index];
        let legs = || op.kind.legs().zip(0..);
        if !write {
            legs().for_each(|(leg, n)| seen[index][n] = state[leg.account as usize]);
            continue;
        }
        let after = |n: usize, delta: i64| seen[index][n].saturating_add(delta);
        if legs().any(|(leg, n)| leg.delta < 0 && after(n, leg.delta) < 0) {
            continue;
        }
        for (leg, n) in legs() {
            let balance = after(n, leg.delta);
            state[leg.account as usize] = balance;
            expected[leg.account as usize] =
                expected[leg.account as usize].saturating_add(leg.delta);
            touched.push((leg.account, answered.len() as u32));
            let kind =
                Kind::Update { account: leg.account, delta: leg.delta, balance: Some(balance) };
            answered.push(Op { kind, outcome: Outcome::Ok, ..op.clone() });
        }
    }
    // Most replays show in the end, and no trail has to be looked for.
    if state != expected {
        return true;
    }
    let end = state.into_iter().map(Some).collect();
    let replay =
        Problem { initial: initial.to_vec(), end, ops: answered, overdraft_forbidden: false };
    touched.sort_unstable();
    touched.chunk_by(|a, b| a.0 == b.0).any(|group| {
        let ops: Vec<u32> = group.iter().map(|(_, op)| *op).collect();
        !by_trail(&replay, &Trail::new(&replay, group[0].0, &ops)).is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(count: u64, gap: u64, long: u64) -> Problem {
        let op = |id| Op {
            id,
            invoked: id * gap,
            completed: id * gap + long,
            kind: Kind::Update { account: 0, delta: 7 + id as i64 % 11, balance: None },
            outcome: Outcome::Ok,
        };
        Problem {
            initial: vec![0],
            end: vec![None],
            ops: (0..count).map(op).collect(),
            overdraft_forbidden: true,
        }
    }

    #[test]
    fn one_after_another_proves_nothing() {
        let power = power(&Schedule::of(&schedule(100, 20, 10)), &PowerOptions::default());
        assert_eq!((power.caught, power.share()), (0, Some(0.0)));
    }

    #[test]
    fn much_overlap_proves_much_and_the_seed_decides() {
        let problem = Schedule::of(&schedule(100, 10, 100));
        let options = PowerOptions::default();
        let first = power(&problem, &options);
        assert!(first.share() > Some(0.99), "{first:?}");
        assert_eq!(first, power(&problem, &options));
    }

    #[test]
    fn little_overlap_is_in_between() {
        let mut problem = schedule(4, 100, 10);
        problem.ops[1].invoked = 5;
        problem.ops[1].completed = 15;
        let share = power(&Schedule::of(&problem), &PowerOptions::default()).share().unwrap_or(0.0);
        assert!(share > 0.05 && share < 0.95, "{share}");
    }

    #[test]
    fn a_large_history_is_sampled_and_nothing_is_nothing() {
        let power_of = |problem: &Problem| {
            power(&Schedule::of(problem), &PowerOptions { replays: 5, operations: 1_000, seed: 3 })
        };
        let large = power_of(&schedule(50_000, 10, 100));
        assert!(large.is_sample() && large.caught == 5, "{large:?}");
        assert_eq!(power_of(&schedule(0, 1, 1)).share(), None);
    }
}
