//! How what happens differs from what a file says, in the same way each time.

use std::fmt;

use crate::model::AccountId;

/// What is added to an account, by what the file says is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    AsStated,
    Nothing,
    /// The other way.
    Reversed,
    Times(Ratio),
    /// So much more.
    Plus(i128),
}

/// What the answer tells in the place of the balance after the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    After,
    Before,
    /// What was moved.
    Amount,
    Times(Ratio),
    Plus(i128),
    /// The balance of another account.
    Of(AccountId),
}

/// Lowest terms; the denominator is positive, neither is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) num: i128,
    pub(super) den: i128,
}

/// One balance in an answer, where it is known what the account held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) before: i128,
    pub(super) after: i128,
    /// What the file says is added.
    pub(super) delta: i128,
    pub(super) told: i128,
}

impl Ratio {
    pub(super) fn new(num: i128, den: i128) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let by = gcd(num.unsigned_abs(), den.unsigned_abs()) as i128 * den.signum();
        Some(Self { num: num / by, den: den / by })
    }

    /// `None`: the product is no whole number.
    pub(super) fn of(self, value: i128) -> Option<i128> {
        let product = value.checked_mul(self.num)?;
        (product % self.den == 0).then(|| product / self.den)
    }

    pub(super) fn inverse(self) -> Option<Self> {
        Self::new(self.den, self.num)
    }

    /// Whether it is a whole number, or one by a whole number: another unit, or so
    /// many times the same.
    fn is_plain(self) -> bool {
        (self.num == 1 || self.den == 1) && self.num > 0
    }

    /// Whether it is 10, 100, ... or a part of one by that: another unit.
    pub(super) fn is_unit(self) -> bool {
        let power = |mut number: i128| {
            while number > 1 && number % 10 == 0 {
                number /= 10;
            }
            number == 1
        };
        self.is_plain() && self.num != self.den && power(self.num) && power(self.den)
    }
}

impl Change {
    /// What is added where the file says `delta`.
    pub(super) fn of(&self, delta: i128) -> Option<i128> {
        match self {
            Self::AsStated => Some(delta),
            Self::Nothing => Some(0),
            Self::Reversed => delta.checked_neg(),
            Self::Times(ratio) => ratio.of(delta),
            Self::Plus(more) => delta.checked_add(*more),
        }
    }

    /// The pattern that all of these have, of what the file says is added and what
    /// was added. `None`: there is none.
    pub(super) fn common(samples: &[(i128, i128)]) -> Option<Self> {
        let (delta, change) = *samples.first()?;
        let times = Ratio::new(change, delta).filter(|ratio| ratio.is_plain()).map(Self::Times);
        let candidates = [
            Some(Self::AsStated),
            Some(Self::Nothing),
            Some(Self::Reversed),
            times,
            Some(Self::Plus(change - delta)),
        ];
        let fits = |pattern: &Self| {
            samples.iter().all(|(delta, change)| pattern.of(*delta) == Some(*change))
        };
        candidates.into_iter().flatten().find(fits)
    }
}

impl Told {
    /// What is told; `None` where that depends on something else.
    pub(super) fn of(&self, reading: &Reading) -> Option<i128> {
        match self {
            Self::After => Some(reading.after),
            Self::Before => Some(reading.before),
            // Without its sign, as most services tell it.
            Self::Amount => Some(reading.delta.abs()),
            Self::Times(ratio) => ratio.of(reading.after),
            Self::Plus(more) => reading.after.checked_add(*more),
            Self::Of(_) => None,
        }
    }

    /// The pattern that all of these have. `None`: there is none.
    pub(super) fn common(readings: &[Reading]) -> Option<Self> {
        let first = readings.first()?;
        let unit = Ratio::new(first.told, first.after).filter(|ratio| ratio.is_unit());
        let candidates = [
            Some(Self::After),
            Some(Self::Before),
            Some(Self::Amount),
            unit.map(Self::Times),
            Some(Self::Plus(first.told - first.after)),
        ];
        let fits = |pattern: &Self| {
            readings.iter().all(|reading| pattern.of(reading) == Some(reading.told))
        };
        candidates.into_iter().flatten().find(fits)
    }
}

/// `100 times`, `a hundredth`: `1/100 of`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.num, self.den) {
            (2, 1) => f.write_str("twice"),
            (num, 1) => write!(f, "{num} times"),
            (num, den) => write!(f, "{num}/{den} of"),
        }
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).expect("a ratio")
    }

    #[test]
    fn the_plainest_pattern_that_fits_all_is_the_one() {
        let common = Change::common;
        assert_eq!(common(&[(5, 5), (-2, -2)]), Some(Change::AsStated));
        assert_eq!(common(&[(5, 0)]), Some(Change::Nothing));
        assert_eq!(common(&[(5, -5), (-2, 2)]), Some(Change::Reversed));
        assert_eq!(common(&[(5, 500), (-2, -200)]), Some(Change::Times(ratio(100, 1))));
        assert_eq!(common(&[(500, 5)]), Some(Change::Times(ratio(1, 100))));
        assert_eq!(common(&[(-5, -6), (-2, -3)]), Some(Change::Plus(-1)));
        assert_eq!(common(&[(-5, -6), (-2, -2)]), None);
        assert_eq!(common(&[]), None);
    }

    #[test]
    fn what_an_answer_tells_is_known_by_what_the_account_held() {
        let reading = |before, delta, told| Reading { before, after: before + delta, delta, told };
        let common = |readings: &[Reading]| Told::common(readings);
        assert_eq!(common(&[reading(100, 5, 105)]), Some(Told::After));
        assert_eq!(common(&[reading(100, 5, 100), reading(9, -2, 9)]), Some(Told::Before));
        assert_eq!(common(&[reading(100, -5, 5), reading(9, 2, 2)]), Some(Told::Amount));
        assert_eq!(common(&[reading(100, 5, 10_500)]), Some(Told::Times(ratio(100, 1))));
        assert_eq!(common(&[reading(100, 5, 205), reading(9, 2, 111)]), Some(Told::Plus(100)));
        assert_eq!(common(&[reading(100, 5, 7), reading(9, 2, 111)]), None);
    }
}
