//! The required operations that were invoked and have no place yet.

use super::super::floors::Floors;
use super::super::model::{Kind, Op, Outcome};

/// In place of an account: the operation may be possible on any balance, or
/// looks at more than two accounts.
pub(super) const ANY: u32 = u32::MAX;

/// Over how many operations a mean is taken.
const RECENT: u64 = 64;

/// What is looked at in every step of one operation, close together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// The balance of `account` on which alone it is possible.
    pub(super) need: i64,
    /// What it adds to `account`.
    pub(super) gain: i64,
    pub(super) account: u32,
    other: u32,
    pub(super) invoked: u64,
    pub(super) completed: u64,
    /// Its number in the slab.
    pub(super) number: u32,
    required: bool,
    /// An acknowledged update that told its balance: `need` and `gain` say all.
    plain: bool,
    /// It takes more than the account may lose.
    overdraws: bool,
}

#[derive(Debug, Default)]
pub(super) struct UnderWay {
    slots: Vec<Slot>,
    /// The earliest completion of them all; `None`: to be looked for.
    bound: Option<u64>,
    /// How many may be possible on any balance.
    loose: usize,
    /// How long those took that were let in, one after another.
    length: u64,
}

impl Slot {
    pub(super) fn new(op: &Op, number: u32, floors: &Floors) -> Self {
        let mut accounts = op.kind.accounts();
        let (first, second) = (accounts.next().unwrap_or(ANY), accounts.next());
        let first_leg = op.kind.legs().next();
        let need = match (&op.kind, op.outcome) {
            (Kind::Snapshot { .. }, _) | (_, Outcome::Info | Outcome::Failed) => None,
            (_, Outcome::Rejected) => {
                let mut told = op.kind.told_by_refusal();
                told.find(|(account, _)| *account == first).map(|(_, balance)| balance)
            }
            (_, Outcome::Ok) => match first_leg {
                Some(leg) => leg.balance.map(|balance| balance.saturating_sub(leg.delta)),
                None => op.kind.seen().find(|(seen, _)| *seen == first).map(|(_, balance)| balance),
            },
        };
        let (account, need) = need.map_or((ANY, 0), |need| (first, need));
        let other = match op.kind {
            Kind::Transfer { .. } if account != ANY => second.unwrap_or(first),
            _ => account,
        };
        let gain = match op.outcome {
            Outcome::Ok => first_leg.map_or(0, |leg| leg.delta),
            Outcome::Rejected | Outcome::Failed | Outcome::Info => 0,
        };
        let plain = gain != 0 && account != ANY && matches!(op.kind, Kind::Update { .. });
        Self {
            need,
            gain,
            account,
            other,
            invoked: op.invoked,
            completed: op.completed,
            number,
            required: op.outcome != Outcome::Info,
            plain,
            overdraws: gain < 0 && floors.forbid(first, need.saturating_add(gain)),
        }
    }

    /// Whether it has to have its place.
    pub(super) fn is_required(&self) -> bool {
        self.required
    }

    /// Whether it is worth a closer look.
    pub(super) fn may_fit(&self, state: &[i64]) -> bool {
        self.account == ANY || state[self.account as usize] == self.need
    }

    /// Whether it is possible on one balance only.
    pub(super) fn is_fixed(&self) -> bool {
        self.account != ANY
    }

    /// The balances before and after it, the lower one first.
    pub(super) fn span(&self) -> (i64, i64) {
        let after = self.need.saturating_add(self.gain);
        (self.need.min(after), self.need.max(after))
    }

    /// Of equal ones only that which returns first is of interest.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.plain
            && other.plain
            && (self.need, self.gain, self.account) == (other.need, other.gain, other.account)
    }

    /// Whether it is possible on a balance that it may fit; `None`: that takes a
    /// closer look.
    pub(super) fn fits(&self) -> Option<bool> {
        self.plain.then_some(!self.overdraws)
    }

    /// What `account` would have to gain, so that this one could come next.
    pub(super) fn lacks(&self, state: &[i64]) -> Option<i64> {
        (self.account != ANY).then(|| self.need.saturating_sub(state[self.account as usize]))
    }

    /// Whether it may touch an account of the other one.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.account == ANY
            || self.account == other.account
            || self.account == other.other
            || self.other == other.account
            || self.other == other.other
    }
}

impl UnderWay {
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        self.bound = self.bound.map(|bound| bound.min(slot.completed));
        self.loose += usize::from(slot.account == ANY);
        self.slots.push(slot);
    }

    pub(super) fn take(&mut self, place: usize) -> Slot {
        let slot = self.slots.swap_remove(place);
        self.loose -= usize::from(slot.account == ANY);
        if self.bound == Some(slot.completed) {
            self.bound = None;
        }
        slot
    }

    /// How long an operation takes, the last ones counting most.
    pub(super) fn usual_length(&self) -> u64 {
        self.length / RECENT
    }

    /// Lets one in that was not here before.
    pub(super) fn admit(&mut self, slot: Slot) {
        self.length -= self.length / RECENT;
        self.length = self.length.saturating_add(slot.completed.saturating_sub(slot.invoked));
        self.insert(slot);
    }

    /// Whether each is possible on one balance alone.
    pub(super) fn all_fixed(&self) -> bool {
        self.loose == 0
    }

    /// Where it is; it is looked at `place` first.
    pub(super) fn place(&self, number: u32, place: u32) -> Option<usize> {
        match self.slots.get(place as usize) {
            Some(slot) if slot.number == number => Some(place as usize),
            _ => self.slots.iter().position(|slot| slot.number == number),
        }
    }

    /// Nothing that was invoked later may come next: closed intervals.
    pub(super) fn bound(&mut self) -> u64 {
        *self.bound.get_or_insert_with(|| {
            self.slots.iter().map(|slot| slot.completed).min().unwrap_or(u64::MAX)
        })
    }
}
