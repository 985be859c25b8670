//! One step ahead, and steps back.

use super::super::marks::zobrist;
use super::super::rules::{apply, legal, preserves};
use super::super::safe::conflicts;
use super::settler::{Done, Frame, Move, Settler};
use super::under_way::Slot;

/// Nobody looks further ahead than so many operations, nor for long at more.
pub(super) const CROWD: usize = 512;

impl Settler {
    /// Takes a step. `Some(false)`: there is none; `None`: it takes more
    /// operations to know.
    pub(super) fn step(
        &mut self,
        state: &mut [i64],
        end: &[Option<i64>],
        accounts: &[u32],
    ) -> Option<bool> {
        let start = self.moves.len();
        let bound = self.under_way.bound();
        let mut place = 0;
        let mut took = false;
        while let Some(slot) = self.under_way.slots().get(place).copied() {
            if slot.invoked > bound || !slot.may_fit(state) {
                place += 1;
                continue;
            }
            let fits = slot
                .fits()
                .unwrap_or_else(|| legal(self.slab.op(slot.number), state, &self.floors));
            if fits && slot.gain == 0 && preserves(self.slab.op(slot.number)) {
                self.take(place, state);
                took = true;
                continue;
            }
            if fits {
                self.offer(start, &slot, place);
            }
            place += 1;
        }
        if took {
            self.moves.truncate(start);
            return Some(true);
        }
        if self.moves.len() == start {
            self.jumps(state, end, accounts);
        }
        if self.moves.len() > start + 1 {
            if self.joined && self.take_safe(start, state)? {
                self.moves.truncate(start);
                return Some(true);
            }
            let slots = self.under_way.slots();
            let is_fixed = |offer: &Move| match *offer {
                Move::Required { place, .. } => slots[place as usize].is_fixed(),
                Move::Jump(..) => false,
            };
            if !self.joined && self.moves[start..].iter().all(is_fixed) {
                self.rank(start)?;
            } else {
                self.sort(start);
                if self.shake > 0 {
                    self.random.shuffle(&mut self.moves[start..]);
                }
            }
            if self.moves.len() > start + 1 && self.failed.contains(&self.mark) {
                self.moves.truncate(start);
            }
        }
        match self.moves.len() - start {
            0 => Some(false),
            1 => {
                if let Some(only) = self.moves.pop() {
                    self.perform(only, state);
                }
                Some(true)
            }
            _ => {
                self.frames.push(Frame { trail: self.trail.len(), moves: start });
                if let Some(first) = self.moves.pop() {
                    self.perform(first, state);
                }
                Some(true)
            }
        }
    }

    /// Of equal updates only the one that returns first.
    fn offer(&mut self, start: usize, slot: &Slot, place: usize) {
        let ours = Move::Required { number: slot.number, place: place as u32 };
        for offered in &mut self.moves[start..] {
            if let Move::Required { place: other, number } = *offered {
                let other = &self.under_way.slots()[other as usize];
                let equals = slot.equals(other)
                    || (slot.fits().is_none()
                        && self.slab.op(number).kind == self.slab.op(slot.number).kind);
                if equals {
                    if slot.completed < other.completed {
                        *offered = ours;
                    }
                    return;
                }
            }
        }
        self.moves.push(ours);
    }

    /// What is tried first stands last: what tells its balances, and then what
    /// returns first. Jumps stand as they are.
    fn sort(&mut self, start: usize) {
        let slab = &self.slab;
        self.moves[start..].sort_by_key(|offer| match offer {
            Move::Required { number, .. } => {
                let op = slab.op(*number);
                (op.kind.legs().all(|leg| leg.balance.is_some()), std::cmp::Reverse(op.completed))
            }
            Move::Jump(..) => (false, std::cmp::Reverse(0)),
        });
    }

    /// Takes all that nothing else can come before on their accounts: see
    /// [`super::super::safe`]. `None`: it takes more operations to know.
    fn take_safe(&mut self, start: usize, state: &mut [i64]) -> Option<bool> {
        let horizon = self.pending.back().map_or(0, |last| last.invoked);
        let (mut took, mut known) = (false, true);
        for index in (start..self.moves.len()).rev() {
            let Move::Required { number, place } = self.moves[index] else { continue };
            let Some(place) = self.under_way.place(number, place) else { continue };
            let own = self.under_way.slots()[place];
            if own.completed >= horizon && !self.ended {
                known &= self.pending.len() > CROWD;
            } else if self.is_safe(&own, state) {
                self.take(place, state);
                took = true;
            }
        }
        if !took && !known {
            self.moves.truncate(start);
            return None;
        }
        Some(took)
    }

    fn is_safe(&self, own: &Slot, state: &[i64]) -> bool {
        let op = self.slab.op(own.number);
        if op.kind.legs().any(|leg| leg.balance.is_none()) {
            return false;
        }
        let is_rival = |rival: &Slot| {
            rival.meets(own)
                && rival.number != own.number
                && rival.is_required()
                && conflicts(self.slab.op(rival.number), op, state, &self.floors)
        };
        let later = self.pending.iter().take_while(|later| later.invoked <= own.completed);
        !self.under_way.slots().iter().chain(later).any(is_rival)
    }

    fn perform(&mut self, next: Move, state: &mut [i64]) {
        match next {
            Move::Required { number, place } => {
                if let Some(place) = self.under_way.place(number, place) {
                    self.take(place, state);
                }
            }
            Move::Jump(first, second) => {
                [Some(first), second].into_iter().flatten().for_each(|group| {
                    self.take_unknown(group, state);
                });
            }
        }
    }

    fn take(&mut self, place: usize, state: &mut [i64]) {
        let slot = self.under_way.take(place);
        apply(self.slab.op(slot.number), state, 1);
        self.mark ^= zobrist(self.slab.position(slot.number));
        self.trail.push(Done::Required(slot));
        self.ahead += 1;
    }

    pub(super) fn take_unknown(&mut self, group: u32, state: &mut [i64]) {
        let Some(number) = self.unknown.next(group, u64::MAX) else { return };
        self.unknown.take(group);
        apply(self.slab.op(number), state, 1);
        self.mark ^= zobrist(self.slab.position(number));
        self.trail.push(Done::Unknown { group, number });
        self.ahead += 1;
    }

    /// Back to the last choice that has something left, and on from there.
    /// False where there is none.
    pub(super) fn retreat(&mut self, state: &mut [i64]) -> bool {
        while let Some(frame) = self.frames.last().copied() {
            while self.trail.len() > frame.trail {
                self.undo(state);
            }
            if self.moves.len() > frame.moves
                && let Some(next) = self.moves.pop()
            {
                self.perform(next, state);
                return true;
            }
            self.failed.insert(self.mark);
            self.frames.pop();
        }
        false
    }

    pub(super) fn undo(&mut self, state: &mut [i64]) {
        let number = match self.trail.pop() {
            None => return,
            Some(Done::Required(slot)) => {
                self.under_way.insert(slot);
                slot.number
            }
            Some(Done::Unknown { group, number }) => {
                self.unknown.put_back(group);
                number
            }
        };
        apply(self.slab.op(number), state, -1);
        self.mark ^= zobrist(self.slab.position(number));
        self.ahead -= 1;
        self.vain += 1;
    }
}
