//! Steps after which something could never be reached in time.
//!
//! As in Fleury's way to walk an Eulerian trail (1883): who crosses a bridge
//! leaves behind what lies on this side of it. A step over a line between two
//! balances needs a way back over that line, invoked before the first of the
//! operations left behind has to be done.

use super::under_way::Slot;

/// The line that a step crosses first, and what is known of both its sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The highest balance below the line.
    below: i64,
    upward: bool,
    /// When the first of those left behind has to be done.
    due: u64,
    /// When the first way back was invoked.
    back: u64,
}

impl Cut {
    /// Of the operation in this slot, from the balance that it needs.
    pub(super) fn of(step: &Slot) -> Self {
        let upward = step.gain > 0;
        let below = if upward { step.need } else { step.need.saturating_sub(1) };
        Self { below, upward, due: u64::MAX, back: u64::MAX }
    }

    /// Takes another operation into account.
    pub(super) fn see(&mut self, slot: &Slot) {
        let starts_behind = (slot.need <= self.below) == self.upward;
        let ends_behind = (slot.need.saturating_add(slot.gain) <= self.below) == self.upward;
        if starts_behind {
            self.due = self.due.min(slot.completed);
        } else if ends_behind {
            self.back = self.back.min(slot.invoked);
        }
    }

    pub(super) fn has_way_back(&self) -> bool {
        self.back <= self.due
    }

    /// Whoever is invoked later than this comes too late.
    pub(super) fn due(&self) -> u64 {
        self.due
    }
}
