use crate::model::Amount;

/// One account.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) initial: Option<Amount>,
    /// The sum of all updates that were acknowledged.
    pub(super) acknowledged: Amount,
    /// All updates that were sent, and those of them that are known to be over.
    pub(super) asked: Reach,
    pub(super) over: Reach,
    /// The balance that was read at the start, or in the latest answer.
    pub(super) told: Option<Amount>,
    /// How far that is from all that it can have been.
    pub(super) off: Amount,
}

/// Amounts that may or may not count, added up by their sign.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    down: Amount,
    up: Amount,
}

impl Book {
    /// What it holds by all that was acknowledged.
    pub(super) fn expected(&self) -> Option<Amount> {
        Some(self.initial?.saturating_add(self.acknowledged))
    }

    /// What was sent and is not known to be over.
    pub(super) fn open(&self) -> Reach {
        self.asked.without(self.over)
    }

    /// What it holds by all that was acknowledged, with any of what is open.
    pub(super) fn low_and_high(&self) -> Option<(Amount, Amount)> {
        let (expected, open) = (self.expected()?, self.open());
        Some((expected.saturating_add(open.down), expected.saturating_add(open.up)))
    }

    /// How far `told` is from what it holds by that which is certain, and any of
    /// that which is not.
    pub(super) fn off_by(&self, told: Amount, certain: Amount, optional: Reach) -> Amount {
        let Some(initial) = self.initial else { return 0 };
        let sure = initial.saturating_add(certain);
        let low = sure.saturating_add(optional.down);
        let high = sure.saturating_add(optional.up);
        if told < low {
            told.saturating_sub(low)
        } else if told > high {
            told.saturating_sub(high)
        } else {
            0
        }
    }
}

impl Reach {
    pub(super) fn add(&mut self, delta: Amount) {
        let side = if delta < 0 { &mut self.down } else { &mut self.up };
        *side = side.saturating_add(delta);
    }

    pub(super) fn take(&mut self, delta: Amount) {
        let side = if delta < 0 { &mut self.down } else { &mut self.up };
        *side = side.saturating_sub(delta);
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self { down: self.down.saturating_add(other.down), up: self.up.saturating_add(other.up) }
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self { down: self.down.saturating_sub(other.down), up: self.up.saturating_sub(other.up) }
    }
}
