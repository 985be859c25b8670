//! When to stop trying the same again.
//!
//! How long a search takes to get over a hard place has a heavy tail: mostly
//! some steps, sometimes millions, because one choice far back was wrong. To go
//! back some way and to choose a little differently cuts the tail off (Gomes,
//! Selman & Kautz, "Boosting combinatorial search through randomization", 1998).

use super::settler::Settler;

/// Steps taken back in one place before it is gone about differently.
const TRY: u64 = 300;
/// How far back that is: from so many steps up to sixteen times as many.
const BACK: u64 = 32;

impl Settler {
    /// At a dead end. False: nothing is left to try.
    pub(super) fn go_back(&mut self, state: &mut [i64]) -> bool {
        if self.ahead > self.furthest {
            self.furthest = self.ahead;
            self.try_until = self.vain + TRY;
            self.shake = 0;
        }
        if self.vain < self.try_until || self.frames.is_empty() {
            return self.retreat(state);
        }
        let target = self.furthest.saturating_sub(BACK << (self.shake % 5));
        self.shake += 1;
        while self.ahead > target && !self.trail.is_empty() {
            self.undo(state);
        }
        while let Some(frame) = self.frames.pop_if(|frame| frame.trail >= self.trail.len()) {
            self.moves.truncate(frame.moves);
        }
        self.try_until = self.vain + TRY;
        true
    }
}
