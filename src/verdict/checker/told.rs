//! Whether the service tells balances at all: else only sums can be compared.

use super::model::{Leg, Op, Outcome};

/// What the acknowledged updates of one account told of its balance.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    some: bool,
    nothing: bool,
}

impl Told {
    pub(super) fn see(&mut self, leg: &Leg) {
        match leg.balance {
            Some(_) => self.some = true,
            None => self.nothing = true,
        }
    }

    /// There were updates, and none of them told a balance.
    pub(super) fn is_silent(self) -> bool {
        self.nothing && !self.some
    }
}

/// The legs of an operation that was acknowledged, and of no other.
pub(super) fn acknowledged(op: &Op) -> impl Iterator<Item = Leg> + use<> {
    let counts = op.outcome == Outcome::Ok;
    op.kind.legs().filter(move |_| counts)
}
