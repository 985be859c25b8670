//! When the updates of a run were under way, and how much their answers told:
//! what [`super::detection()`] replays.

use std::collections::HashMap;
use std::ops::Range;

use fastrand::Rng;

use super::components::first_account;
use super::floors::Floors;
use super::model::{Op, Outcome};

/// Who sent an update, beside what the checker knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub process: u32,
    /// When the request was sent whose answer the update writes back; the
    /// update's own invocation where it reads and writes in one request.
    pub read_at: u64,
    /// It sends the next operation when this one is answered, not when it is due.
    pub awaits: bool,
    /// The service said that somebody else was in the way.
    pub in_conflict: bool,
}

/// What is known of the accounts, by their positions in the history's problem.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'a> {
    pub initial: &'a [i64],
    /// Those whose final balance was read.
    pub end: &'a [Option<i64>],
    /// An update that takes money is refused where it would leave less than that.
    pub floors: &'a Floors,
}

/// Updates of a run, or a part of them.
#[derive(Debug, Default)]
pub struct Schedule {
    pub(super) accounts: Vec<Account>,
    /// By the account that they name first, and by invocation.
    pub(super) updates: Vec<Update>,
    /// Where the updates are that name one account first.
    pub(super) groups: Vec<Range<usize>>,
    pub(super) processes: usize,
    /// The lower half of the latencies, ascending: without waiting for others.
    pub(super) latencies: Vec<u64>,
    /// Half of the updates took no longer.
    pub(super) middling: u64,
    /// How many updates the history has.
    pub(super) all: usize,
}

/// An account that some update names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) initial: i64,
    pub(super) floor: Option<i64>,
    pub(super) end_is_known: bool,
    /// Every acknowledged update told its balance.
    pub(super) is_told: bool,
    /// An update has an unknown outcome.
    pub(super) has_unknown: bool,
    /// What is added is never taken, or the other way round.
    pub(super) is_one_way: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Update {
    pub(super) invoked: u64,
    /// Nanoseconds; of one without an answer, those of a middling one.
    pub(super) length: u64,
    /// How long before `invoked` it was read what is written back.
    pub(super) lead: u64,
    /// From 0 without gaps.
    pub(super) process: u32,
    pub(super) awaits: bool,
    pub(super) fate: Fate,
    pub(super) legs: [Option<Leg>; 2],
}

/// How it ended in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Acknowledged,
    Refused,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    /// A position in [`Schedule::accounts`].
    pub(super) account: u32,
    pub(super) delta: i64,
    /// Its answer told the balance.
    pub(super) is_told: bool,
}

impl Update {
    pub(super) fn legs(&self) -> impl Iterator<Item = (usize, Leg)> {
        self.legs.into_iter().flatten().enumerate()
    }
}

/// Whether an operation reads a balance and writes it back, or was too late to.
fn races(op: &Op, in_conflict: bool) -> bool {
    let takes = || op.kind.legs().any(|leg| leg.delta < 0);
    op.is_update()
        && match op.outcome {
            Outcome::Ok | Outcome::Info => true,
            Outcome::Rejected => in_conflict || takes(),
            Outcome::Failed => in_conflict,
        }
}

impl Schedule {
    fn new(accounts: &Accounts<'_>, mut taken: Vec<(Op, Client)>, all: usize) -> Self {
        taken.sort_by_key(|(op, _)| (first_account(op), op.invoked, op.id));
        let known = taken.iter().filter(|(op, _)| op.outcome != Outcome::Info);
        let mut latencies: Vec<u64> = known.map(|(op, _)| op.completed - op.invoked).collect();
        latencies.sort_unstable();
        let middling = latencies.get(latencies.len() / 2).copied().unwrap_or(0);
        latencies.truncate(latencies.len().div_ceil(2));

        let mut schedule = Self { latencies, middling, all, ..Self::default() };
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut signs: Vec<[bool; 2]> = Vec::new();
        let mut processes: HashMap<u32, u32> = HashMap::new();
        for (op, client) in &taken {
            let fate = match op.outcome {
                Outcome::Ok => Fate::Acknowledged,
                Outcome::Info => Fate::Unknown,
                Outcome::Rejected | Outcome::Failed => Fate::Refused,
            };
            let mut legs = [None; 2];
            for (leg, place) in op.kind.legs().zip(&mut legs) {
                let account = *places.entry(leg.account).or_insert_with(|| {
                    schedule.accounts.push(Account {
                        initial: accounts.initial[leg.account as usize],
                        floor: accounts.floors.of(leg.account),
                        end_is_known: accounts.end[leg.account as usize].is_some(),
                        is_told: true,
                        has_unknown: false,
                        is_one_way: true,
                    });
                    signs.push([false; 2]);
                    schedule.accounts.len() as u32 - 1
                });
                let own = &mut schedule.accounts[account as usize];
                own.is_told &= fate != Fate::Acknowledged || leg.balance.is_some();
                own.has_unknown |= fate == Fate::Unknown;
                let signs = &mut signs[account as usize];
                signs[usize::from(leg.delta < 0)] = true;
                own.is_one_way = *signs != [true; 2];
                let is_told = leg.balance.is_some();
                *place = Some(Leg { account, delta: leg.delta, is_told });
            }
            let next = processes.len() as u32;
            let length = match fate {
                Fate::Unknown => middling,
                Fate::Acknowledged | Fate::Refused => op.completed - op.invoked,
            };
            schedule.updates.push(Update {
                invoked: op.invoked,
                length,
                lead: op.invoked - client.read_at.min(op.invoked),
                process: *processes.entry(client.process).or_insert(next),
                awaits: client.awaits,
                fate,
                legs,
            });
        }
        schedule.processes = processes.len();
        // What was refused would have been answered as others were.
        for update in schedule.updates.iter_mut().filter(|update| update.fate == Fate::Refused) {
            for leg in update.legs.iter_mut().flatten() {
                leg.is_told = schedule.accounts[leg.account as usize].is_told;
            }
        }
        for group in taken.chunk_by(|(a, _), (b, _)| first_account(a) == first_account(b)) {
            let start = schedule.groups.last().map_or(0, |group| group.end);
            schedule.groups.push(start..start + group.len());
        }
        schedule
    }

    /// Whether a part of it that is caught is caught in the whole: losses are seen
    /// where they happen, or cannot make up for each other at the end.
    pub(super) fn adds_up(&self) -> bool {
        self.accounts.iter().all(|account| account.is_told || account.is_one_way)
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
    taken: Vec<(Op, Client)>,
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

    pub fn see(&mut self, op: &Op, client: Client) {
        let counts = races(op, client.in_conflict);
        let Some(account) = first_account(op).filter(|_| counts) else { return };
        let (stretch, next) = &mut self.accounts[account as usize];
        self.all += 1;
        if stretch.contains(next) {
            self.taken.push((op.clone(), client));
        }
        *next += 1;
    }

    pub fn schedule(self, accounts: &Accounts<'_>) -> Schedule {
        Schedule::new(accounts, self.taken, self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Kind;
    use super::*;

    fn update(id: u64, account: u32) -> Op {
        let kind = Kind::Update { account, delta: 1, balance: None };
        Op { id, invoked: id, completed: id + 1, kind, outcome: Outcome::Ok }
    }

    fn see(sampler: &mut Sampler, op: &Op) {
        let client = Client { process: 0, read_at: op.invoked, awaits: true, in_conflict: false };
        sampler.see(op, client);
    }

    fn taken(sampler: Sampler) -> Schedule {
        let floors = Floors::new([Some(0); 3]);
        let accounts = Accounts { initial: &[0; 3], end: &[None; 3], floors: &floors };
        sampler.schedule(&accounts)
    }

    #[test]
    fn few_are_all_taken_and_of_many_a_stretch_of_each_account() {
        let few = (0..100).map(|id| update(id, (id % 3) as u32));
        let mut sampler = Sampler::new([34, 33, 33].into_iter(), 1);
        few.for_each(|op| see(&mut sampler, &op));
        let schedule = taken(sampler);
        assert_eq!((schedule.updates.len(), schedule.all), (100, 100));
        assert_eq!(schedule.groups, [0..34, 34..67, 67..100]);

        let mut sampler = Sampler::new([300_000, 0, 100_000].into_iter(), 1);
        (0..400_000).for_each(|id| see(&mut sampler, &update(id, if id % 4 == 0 { 2 } else { 0 })));
        let schedule = taken(sampler);
        assert_eq!(schedule.all, 400_000);
        assert_eq!(schedule.groups, [0..15_000, 15_000..20_000]);
        for (group, most) in schedule.groups.iter().zip([2, 4]) {
            let stretch = &schedule.updates[group.clone()];
            let steps = stretch.windows(2).map(|pair| pair[1].invoked - pair[0].invoked);
            assert!(steps.max() <= Some(most), "one after another");
        }
    }

    #[test]
    fn a_refusal_counts_where_it_was_late_and_not_where_it_is_no_race() {
        let refused = |outcome, delta, in_conflict| {
            let kind = Kind::Update { account: 0, delta, balance: None };
            races(&Op { outcome, kind, ..update(0, 0) }, in_conflict)
        };
        assert!(refused(Outcome::Rejected, -1, false), "one of many wins a seat");
        assert!(refused(Outcome::Failed, 5, true), "If-Match: 412");
        assert!(!refused(Outcome::Rejected, 5, false));
        assert!(!refused(Outcome::Failed, -5, false), "never sent, or not authorized");
    }
}
