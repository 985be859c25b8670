//! When the updates of a run were under way: what [`super::power()`] replays.

use std::ops::Range;

use fastrand::Rng;

use super::components::first_account;
use super::model::{Op, Problem};
use super::rules::{Role, role};

/// Updates, account by account and by invocation, and how many there were.
#[derive(Debug, Default)]
pub struct Schedule {
    pub(super) initial: Vec<i64>,
    pub(super) updates: Vec<Op>,
    /// Where the updates are that name one account first.
    pub(super) groups: Vec<Range<usize>>,
    pub(super) all: usize,
}

impl Schedule {
    /// Of a whole history.
    pub fn of(problem: &Problem) -> Self {
        let updates = problem.ops.iter().filter(|op| counts(op)).cloned().collect();
        Self::new(problem.initial.clone(), updates)
    }

    fn new(initial: Vec<i64>, mut updates: Vec<Op>) -> Self {
        updates.sort_by_key(|op| (first_account(op), op.invoked));
        let mut groups: Vec<Range<usize>> = Vec::new();
        for group in updates.chunk_by(|a, b| first_account(a) == first_account(b)) {
            let start = groups.last().map_or(0, |group| group.end);
            groups.push(start..start + group.len());
        }
        Self { all: updates.len(), initial, updates, groups }
    }
}

/// Of groups that are too large together, a stretch of each, in proportion; of
/// very many groups only some. Within a stretch what overlapped still does.
pub(super) fn stretches(
    groups: &[Range<usize>],
    most: usize,
    random: &mut Rng,
) -> Vec<Range<usize>> {
    if groups.iter().map(ExactSizeIterator::len).sum::<usize>() <= most {
        return groups.to_vec();
    }
    let every = (groups.len() * 50).div_ceil(most.max(1)).max(1);
    let first = random.usize(..every.min(groups.len()));
    let chosen: Vec<&Range<usize>> = groups.iter().skip(first).step_by(every).collect();
    let taken: usize = chosen.iter().map(|group| group.len()).sum();
    let stretch = |group: &&Range<usize>| {
        let length = (group.len() * most / taken.max(1)).clamp(1, group.len());
        let start = group.start + random.usize(..=group.len() - length);
        start..start + length
    };
    chosen.iter().map(stretch).collect()
}

/// Takes a part of the updates that go by in the order of invocation.
#[derive(Debug)]
pub struct Sampler {
    /// Of each account: which of its updates are taken, and how many went by.
    accounts: Vec<(Range<usize>, usize)>,
    taken: Vec<Op>,
    all: usize,
}

impl Sampler {
    /// At most about so many updates are kept.
    const MOST: usize = 20_000;

    /// `updates`: at most so many name each account first.
    pub fn new(updates: impl Iterator<Item = u64>, seed: u64) -> Self {
        let mut groups: Vec<Range<usize>> = Vec::new();
        for count in updates {
            let start = groups.last().map_or(0, |group| group.end);
            groups.push(start..start + count as usize);
        }
        let mut accounts: Vec<(Range<usize>, usize)> =
            groups.iter().map(|group| (0..0, group.start)).collect();
        let full: Vec<Range<usize>> =
            groups.iter().filter(|group| !group.is_empty()).cloned().collect();
        for stretch in stretches(&full, Self::MOST, &mut Rng::with_seed(seed)) {
            let account = groups.partition_point(|group| group.end <= stretch.start);
            accounts[account].0 = stretch;
        }
        Self { accounts, taken: Vec::new(), all: 0 }
    }

    pub fn see(&mut self, op: &Op) {
        let Some(account) = first_account(op).filter(|_| counts(op)) else { return };
        let (stretch, next) = &mut self.accounts[account as usize];
        self.all += 1;
        if stretch.contains(next) {
            self.taken.push(op.clone());
        }
        *next += 1;
    }

    /// `initial`: the balance of each account before the run.
    pub fn schedule(self, initial: Vec<i64>) -> Schedule {
        Schedule { all: self.all, ..Schedule::new(initial, self.taken) }
    }
}

fn counts(op: &Op) -> bool {
    op.is_update() && role(op) != Role::Ignored
}

#[cfg(test)]
mod tests {
    use super::super::model::{Kind, Outcome};
    use super::*;

    fn update(id: u64, account: u32) -> Op {
        let kind = Kind::Update { account, delta: 1, balance: None };
        Op { id, invoked: id, completed: id + 1, kind, outcome: Outcome::Ok }
    }

    #[test]
    fn few_are_all_taken_and_of_many_a_stretch_of_each_account() {
        let few = (0..100).map(|id| update(id, (id % 3) as u32));
        let mut sampler = Sampler::new([34, 33, 33].into_iter(), 1);
        few.for_each(|op| sampler.see(&op));
        let schedule = sampler.schedule(vec![0; 3]);
        assert_eq!((schedule.updates.len(), schedule.all), (100, 100));
        assert_eq!(schedule.groups, [0..34, 34..67, 67..100]);

        let mut sampler = Sampler::new([300_000, 0, 100_000].into_iter(), 1);
        (0..400_000).for_each(|id| sampler.see(&update(id, if id % 4 == 0 { 2 } else { 0 })));
        let schedule = sampler.schedule(vec![0; 3]);
        assert_eq!(schedule.all, 400_000);
        assert_eq!(schedule.groups, [0..15_000, 15_000..20_000]);
        for group in schedule.groups {
            let stretch = &schedule.updates[group];
            let account = first_account(&stretch[0]);
            let gaps = stretch.windows(2).map(|pair| pair[1].id - pair[0].id);
            let most = if account == Some(2) { 4 } else { 2 };
            assert!(gaps.max() <= Some(most), "one after another");
        }
    }
}
