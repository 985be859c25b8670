use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasherDefault;

use fastrand::Rng;

use super::super::floors::Floors;
use super::super::marks::AsItIs;
use super::super::model::Op;
use super::super::rules::{Role, role};
use super::ranking::Prospect;
use super::slab::{Held, Slab};
use super::steps::CROWD;
use super::under_way::{Slot, UnderWay};
use super::unknown::Unknown;

/// How many steps can be taken back, at least, unless less is asked for; what came
/// before is settled.
pub(in super::super) const REACH: usize = 4_096;
/// What may be taken back in vain, beside twice as many steps as went ahead.
const PATIENCE: u64 = 50_000;

/// Finds an order while operations are pushed in the order of invocation.
///
/// Takes the one operation that fits; of several that which returns first, and
/// goes back where that led nowhere (as [`super::super::search`] does, with
/// fewer ways to choose and a short memory). Some steps for each operation;
/// memory for what is under way and twice [`REACH`] steps.
#[derive(Debug, Default)]
pub(in super::super) struct Settler {
    pub(super) floors: Floors,
    /// Of more than one account, so that operations may pass each other.
    pub(super) joined: bool,
    pub(super) slab: Slab,
    /// Invoked later than anything under way had to return.
    pub(super) pending: VecDeque<Slot>,
    pub(super) under_way: UnderWay,
    pub(super) unknown: Unknown,
    pub(super) trail: Vec<Done>,
    pub(super) frames: Vec<Frame>,
    pub(super) moves: Vec<Move>,
    /// Used again and again, for its memory.
    pub(super) prospects: Vec<Prospect>,
    /// Sets of operations that led nowhere.
    pub(super) failed: HashSet<u128, BuildHasherDefault<AsItIs>>,
    pub(super) mark: u128,
    /// No more operations will come.
    pub(super) ended: bool,
    pub(super) stuck: bool,
    pub(super) ahead: u64,
    pub(super) vain: u64,
    /// How many operations were looked at in all steps.
    pub(super) looked: u64,
    /// The most steps that were ahead at once.
    pub(super) furthest: u64,
    /// How often this place was gone about differently, and how long this try may
    /// go on.
    pub(super) shake: u32,
    pub(super) try_until: u64,
    pub(super) random: Rng,
    reach: usize,
}

/// A step that was taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Done {
    Required(Slot),
    Unknown { group: u32, number: u32 },
}

/// A step that can be taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    /// Its number in the slab, and its place among those under way when it was
    /// offered.
    Required { number: u32, place: u32 },
    /// Groups of unknown outcome.
    Jump(u32, Option<u32>),
}

/// Where there was a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// How many steps were taken before it.
    pub(super) trail: usize,
    /// Its moves are those from here on.
    pub(super) moves: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Settled {
    /// So far all is well.
    More,
    /// Everything has its place, and the end is as it should be.
    All,
    /// No order was found, which proves nothing.
    Stuck,
}

impl Settler {
    /// `joined`: for accounts that are joined, not for one alone.
    /// `reach`: how many steps can be taken back, at least.
    pub(in super::super) fn new(joined: bool, floors: Floors, reach: usize) -> Self {
        let random = Rng::with_seed(1);
        Self { random, joined, floors, reach, ..Self::default() }
    }

    /// An operation, invoked no earlier than those before it, and its position.
    pub(in super::super) fn push(&mut self, op: Op, position: u32) {
        if !self.stuck && role(&op, &self.floors) != Role::Ignored {
            let number = self.slab.insert(Held { op, position });
            self.pending.push_back(Slot::new(self.slab.op(number), number, &self.floors));
        }
    }

    /// How many operations wait to be looked at.
    pub(in super::super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Goes on as far as what was pushed allows. `state`: the balances of all
    /// accounts; those of this component are only changed here. Operations and
    /// their positions are given out as they are settled.
    pub(in super::super) fn advance(
        &mut self,
        state: &mut [i64],
        end: &[Option<i64>],
        accounts: &[u32],
        mut settled: impl FnMut(&Op, u32),
    ) -> Settled {
        while !self.stuck {
            if self.trail.len() >= 2 * self.reach {
                self.settle(self.reach, &mut settled);
            }
            // Where very many are under way, a step takes a look at all of them.
            self.looked += self.under_way.slots().len() as u64;
            if self.vain > PATIENCE + 2 * self.ahead
                || self.looked > CROWD as u64 * (PATIENCE / 5 + self.ahead)
            {
                break;
            }
            if !self.admit() {
                self.settle_what_is_sure(&mut settled);
                return Settled::More;
            }
            if self.is_complete(state, end, accounts) {
                self.frames.clear();
                self.settle(self.trail.len(), &mut settled);
                return Settled::All;
            }
            match self.step(state, end, accounts) {
                Some(true) => {}
                Some(false) if self.go_back(state) => {}
                Some(false) => break,
                None => {
                    self.settle_what_is_sure(&mut settled);
                    return Settled::More;
                }
            }
        }
        self.stuck = true;
        Settled::Stuck
    }

    /// Everything is pushed.
    pub(in super::super) fn finish(&mut self) {
        self.ended = true;
    }

    fn is_complete(&self, state: &[i64], end: &[Option<i64>], accounts: &[u32]) -> bool {
        self.under_way.slots().is_empty()
            && self.pending.is_empty()
            && self.ended
            && accounts.iter().all(|account| {
                end[*account as usize].is_none_or(|end| end == state[*account as usize])
            })
    }

    /// Lets everything in that may come next. False where that is not known yet.
    fn admit(&mut self) -> bool {
        loop {
            let bound = self.under_way.bound();
            match self.pending.front() {
                None => return self.ended,
                Some(slot) if slot.invoked > bound => return true,
                Some(_) => {}
            }
            let Some(slot) = self.pending.pop_front() else { return self.ended };
            match slot.is_required() {
                true => self.under_way.admit(slot),
                false => self.unknown.insert(self.slab.op(slot.number), slot.number),
            }
        }
    }

    /// Where there was no choice, nothing can be taken back.
    fn settle_what_is_sure(&mut self, settled: &mut impl FnMut(&Op, u32)) {
        if self.frames.is_empty() {
            self.settle(self.trail.len(), settled);
        }
    }

    /// The first `count` steps are final.
    fn settle(&mut self, count: usize, settled: &mut impl FnMut(&Op, u32)) {
        for done in self.trail.drain(..count) {
            let number = match done {
                Done::Required(slot) => slot.number,
                Done::Unknown { number, .. } => number,
            };
            settled(self.slab.op(number), self.slab.position(number));
            self.slab.give_back(number);
        }
        let gone = self.frames.partition_point(|frame| frame.trail < count);
        if gone > 0 {
            let moves = self.frames.get(gone).map_or(self.moves.len(), |frame| frame.moves);
            self.moves.drain(..moves);
            self.frames.drain(..gone);
            self.frames.iter_mut().for_each(|frame| frame.moves -= moves);
        }
        self.frames.iter_mut().for_each(|frame| frame.trail -= count);
        self.failed.clear();
    }
}
