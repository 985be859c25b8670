//! Which of several steps is tried first, where all of them are possible.
//!
//! With constant amounts balances come back, and at most of them something can
//! be added as well as taken. What is left over in the end lies where the walk
//! cannot return to in time. So it stays where most is to be done: a step is
//! worth as much as there are operations over the same balances, those that have
//! to be done soon counting most.

use super::cuts::Cut;
use super::settler::{Move, Settler};
use super::steps::CROWD;
use super::under_way::Slot;

/// A step that could come next, and what speaks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prospect {
    offer: Move,
    number: u32,
    cut: Cut,
    low: i64,
    high: i64,
    worth: u64,
}

impl Prospect {
    fn new(offer: Move, slot: &Slot) -> Self {
        let (low, high) = slot.span();
        Self { offer, number: slot.number, cut: Cut::of(slot), low, high, worth: 0 }
    }

    fn see(&mut self, slot: &Slot, bound: u64, usual: u64) {
        const WHOLE: u64 = 1 << 40;
        let (from, to) = slot.span();
        if from < self.high && self.low < to && slot.invoked <= bound {
            self.worth += WHOLE / usual.saturating_add(slot.completed.saturating_sub(bound));
        }
        if slot.number != self.number {
            self.cut.see(slot);
        }
    }
}

impl Settler {
    /// Sorts the offers from `start` on, the best one last, without those that
    /// would leave something behind for good. `None`: it takes more operations
    /// to know.
    pub(super) fn rank(&mut self, start: usize) -> Option<()> {
        let mut prospects = std::mem::take(&mut self.prospects);
        prospects.clear();
        for offer in &self.moves[start..] {
            if let Move::Required { place, .. } = *offer
                && let Some(slot) = self.under_way.slots().get(place as usize)
            {
                prospects.push(Prospect::new(*offer, slot));
            }
        }
        let (bound, usual) = (self.under_way.bound(), self.under_way.usual_length().max(1));
        for slot in self.under_way.slots() {
            prospects.iter_mut().for_each(|prospect| prospect.see(slot, bound, usual));
        }
        let mut known = true;
        prospects.retain_mut(|prospect| {
            let may = self.may_return(&mut prospect.cut);
            known &= may.is_some();
            may != Some(false)
        });
        if self.shake > 0 {
            // Not the same way again.
            for prospect in &mut prospects {
                prospect.worth = prospect.worth / 8 * self.random.u64(4..12);
            }
        }
        prospects.sort_unstable_by_key(|prospect| prospect.worth);
        self.moves.truncate(start);
        if known {
            self.moves.extend(prospects.iter().map(|prospect| prospect.offer));
        }
        self.prospects = prospects;
        known.then_some(())
    }

    /// Whether the step leaves nothing behind that can no longer be reached.
    fn may_return(&self, cut: &mut Cut) -> Option<bool> {
        if cut.has_way_back() || !self.under_way.all_fixed() || !self.unknown.is_empty() {
            return Some(true);
        }
        for (count, later) in self.pending.iter().enumerate() {
            if later.invoked > cut.due() {
                return Some(false);
            }
            cut.see(later);
            if !later.is_fixed() || count > CROWD || cut.has_way_back() {
                return Some(true);
            }
        }
        self.ended.then_some(false)
    }
}
