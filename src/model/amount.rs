use std::fmt;

/// Money, stock, seats or quota in whole minor units (cents, not euros).
///
/// Signed, so that the same type carries a balance, a change and a difference.
/// Arithmetic on it is checked wherever the numbers come from outside.
pub type Amount = i64;

/// An amount, or a range to draw one from: `10`, `1..1000`. Both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountRange {
    pub min: Amount,
    /// Never below `min`.
    pub max: Amount,
}

impl AmountRange {
    pub const fn fixed(amount: Amount) -> Self {
        Self { min: amount, max: amount }
    }

    pub fn is_fixed(&self) -> bool {
        self.min == self.max
    }

    /// An amount drawn uniformly from the range.
    pub fn draw(&self, random: &mut fastrand::Rng) -> Amount {
        random.i64(self.min..=self.max)
    }
}

impl fmt::Display for AmountRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_fixed() {
            true => write!(f, "{}", self.min),
            false => write!(f, "{}..{}", self.min, self.max),
        }
    }
}
