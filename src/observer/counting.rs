use tokio_postgres::SimpleQueryRow;

use super::ObserverError;
use super::asking::certain;
use crate::facts::DatabaseCounters;

/// Transactions by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Transactions {
    pub(super) commits: u64,
    pub(super) rollbacks: u64,
}

/// The counters of a database at one time, and which of the transactions in them
/// are the observer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) all: Transactions,
    pub(super) deadlocks: u64,
    pub(super) own: Transactions,
}

impl Reading {
    pub(super) fn of(row: &SimpleQueryRow, own: Transactions) -> Result<Self, ObserverError> {
        let number = |column| Ok::<_, ObserverError>(certain::<i64>(row, column)?.unsigned_abs());
        Ok(Self {
            all: Transactions {
                commits: number("xact_commit")?,
                rollbacks: number("xact_rollback")?,
            },
            deadlocks: number("deadlocks")?,
            own,
        })
    }

    /// What was counted since `before`, that of the observer taken out. Nothing,
    /// where somebody reset the statistics.
    pub(super) fn since(&self, before: &Self, complete: bool) -> DatabaseCounters {
        let others = |number: fn(&Transactions) -> u64| {
            let since = |now: &Transactions, then| number(now).saturating_sub(number(then));
            since(&self.all, &before.all).saturating_sub(since(&self.own, &before.own))
        };
        DatabaseCounters {
            commits: others(|transactions| transactions.commits),
            rollbacks: others(|transactions| transactions.rollbacks),
            deadlocks: self.deadlocks.saturating_sub(before.deadlocks),
            complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(all: [u64; 2], deadlocks: u64, own: [u64; 2]) -> Reading {
        let of = |[commits, rollbacks]: [u64; 2]| Transactions { commits, rollbacks };
        Reading { all: of(all), deadlocks, own: of(own) }
    }

    #[test]
    fn the_observers_own_transactions_do_not_count() {
        let before = reading([100, 1], 2, [3, 0]);
        let after = reading([150, 7], 2, [13, 2]);
        let counters = DatabaseCounters { commits: 40, rollbacks: 4, deadlocks: 0, complete: true };
        assert_eq!(after.since(&before, true), counters);
        let reset = reading([0, 0], 0, [20, 0]);
        assert_eq!(reset.since(&before, false), DatabaseCounters::default());
    }
}
