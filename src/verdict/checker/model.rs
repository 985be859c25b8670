use serde::Serialize;

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

/// A history to judge, with the balances before and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    pub initial: Vec<i64>,
    /// Read when everything was quiet; `None` where that could not be done.
    pub end: Vec<Option<i64>>,
    pub ops: Vec<Op>,
    /// An update that takes money may not leave a negative balance.
    pub overdraft_forbidden: bool,
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

impl Kind {
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
