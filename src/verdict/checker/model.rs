use serde::Serialize;

use super::floors::Floors;

/// One operation of a history, as the checker needs it: 80 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Names the operation in reports, `#17`: the index of its invocation.
    pub id: u64,
    /// Nanoseconds on the run's clock.
    pub invoked: u64,
    /// Never before `invoked`; ignored for [`Outcome::Info`], which may take
    /// effect at any later time.
    pub completed: u64,
    pub kind: Kind,
    pub outcome: Outcome,
}

/// What was asked for and what was answered. Accounts are positions in
/// [`Problem::initial`]; an answer counts only with [`Outcome::Ok`] or
/// [`Outcome::Rejected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds `delta`, and answers with the balance after it.
    Update {
        account: u32,
        delta: i64,
        balance: Option<i64>,
    },
    Read {
        account: u32,
        balance: i64,
    },
    /// Moves a positive amount, and answers with both balances after it.
    Transfer {
        from: u32,
        to: u32,
        amount: i64,
        from_balance: Option<i64>,
        to_balance: Option<i64>,
    },
    /// Several balances read at one instant.
    Snapshot {
        balances: Box<[(u32, i64)]>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It happened.
    Ok,
    /// Refused for lack of funds: it did not happen, and the balance was short.
    Rejected,
    /// Certainly not applied; says nothing about the balance.
    Failed,
    /// Nobody can say.
    Info,
}

/// A history to judge, with the balances before and after it. An operation that was
/// tried several times under one key is one operation here: see [`super::retries`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    pub initial: Vec<i64>,
    /// Read when everything was quiet; `None` where that could not be done.
    pub end: Vec<Option<i64>>,
    pub ops: Vec<Op>,
    pub floors: Floors,
    /// Operations that cannot be in effect before a refusal of another attempt at
    /// them: the position of the operation and that of the refusal. Sorted.
    pub refused_first: Vec<(u32, u32)>,
}

/// The part of an update that touches one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub account: u32,
    pub delta: i64,
    /// The balance it claims to have left behind.
    pub balance: Option<i64>,
}

impl Op {
    /// When it was certainly over.
    pub fn end(&self) -> u64 {
        if self.outcome == Outcome::Info { u64::MAX } else { self.completed }
    }

    /// Closed intervals: at equal times nothing is known of the order.
    pub fn before(&self, other: &Self) -> bool {
        self.end() < other.invoked
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        !self.before(other) && !other.before(self)
    }

    pub fn is_update(&self) -> bool {
        self.kind.legs().next().is_some()
    }
}

impl Problem {
    /// The refusals that must come before the operation, as positions.
    pub fn refusals_before(&self, position: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.refused_first.partition_point(|(operation, _)| *operation < position);
        let own = self.refused_first[start..].iter();
        own.take_while(move |(operation, _)| *operation == position).map(|(_, refusal)| *refusal)
    }
}

impl Kind {
    /// The balances that it saw and left alone, if it was acknowledged: a transfer to
    /// oneself is a look with two answers.
    pub fn seen(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let mut many: &[(u32, i64)] = &[];
        let pair = match self {
            Self::Read { account, balance } => [Some((*account, *balance)), None],
            Self::Snapshot { balances } => {
                many = balances;
                [None, None]
            }
            Self::Update { delta: 0, .. } => self.answers(),
            Self::Transfer { from, to, amount, .. } if from == to || *amount == 0 => self.answers(),
            Self::Update { .. } | Self::Transfer { .. } => [None, None],
        };
        pair.into_iter().flatten().chain(many.iter().copied())
    }

    /// The balances that a refusal tells: of the time when it was refused.
    pub fn told_by_refusal(&self) -> impl Iterator<Item = (u32, i64)> + Clone + use<> {
        self.answers().into_iter().flatten()
    }

    /// What it needs to find: the account it takes from, and how much, below zero.
    pub fn takes(&self) -> Option<(u32, i64)> {
        match *self {
            Self::Update { account, delta, .. } if delta < 0 => Some((account, delta)),
            Self::Transfer { from, amount, .. } if amount > 0 => Some((from, -amount)),
            Self::Update { .. }
            | Self::Transfer { .. }
            | Self::Read { .. }
            | Self::Snapshot { .. } => None,
        }
    }

    /// The balances in the answer to an update.
    fn answers(&self) -> [Option<(u32, i64)>; 2] {
        let told = |account: u32, balance: Option<i64>| Some((account, balance?));
        match *self {
            Self::Update { account, balance, .. } => [told(account, balance), None],
            Self::Transfer { from, to, from_balance, to_balance, .. } => {
                [told(from, from_balance), told(to, to_balance)]
            }
            Self::Read { .. } | Self::Snapshot { .. } => [None, None],
        }
    }

    /// What it changes: one leg of an update, two of a transfer, none of a
    /// read, of a change by zero and of a transfer to oneself.
    pub fn legs(&self) -> impl Iterator<Item = Leg> + Clone + use<> {
        let pair = match *self {
            Self::Update { account, delta, balance } if delta != 0 => {
                [Some(Leg { account, delta, balance }), None]
            }
            Self::Transfer { from, to, amount, from_balance, to_balance }
                if from != to && amount != 0 =>
            {
                let taken = Leg { account: from, delta: -amount, balance: from_balance };
                let given = Leg { account: to, delta: amount, balance: to_balance };
                [Some(taken), Some(given)]
            }
            _ => [None, None],
        };
        pair.into_iter().flatten()
    }

    /// The accounts it names, twice where it names one twice.
    pub fn accounts(&self) -> impl Iterator<Item = u32> + '_ {
        let (pair, many): ([Option<u32>; 2], &[(u32, i64)]) = match self {
            Self::Update { account, .. } | Self::Read { account, .. } => {
                ([Some(*account), None], &[])
            }
            Self::Transfer { from, to, .. } => ([Some(*from), Some(*to)], &[]),
            Self::Snapshot { balances } => ([None, None], balances),
        };
        pair.into_iter().flatten().chain(many.iter().map(|(account, _)| *account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_stays_small() {
        assert_eq!(size_of::<Op>(), 80);
    }
}
