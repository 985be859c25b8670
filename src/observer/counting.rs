use tokio_postgres::Row;

use super::ObserverError;
use crate::facts::DatabaseCounters;

/// The counters of a database at one time, and how many of the transactions in
/// them are the observer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) commits: u64,
    pub(super) rollbacks: u64,
    pub(super) deadlocks: u64,
    pub(super) own: u64,
}

impl Reading {
    pub(super) fn of(row: &Row, own: u64) -> Result<Self, ObserverError> {
        let number = |column| Ok::<_, ObserverError>(row.try_get::<_, i64>(column)?.unsigned_abs());
        Ok(Self {
            commits: number("xact_commit")?,
            rollbacks: number("xact_rollback")?,
            deadlocks: number("deadlocks")?,
            own,
        })
    }

    /// What was counted since `before`, that of the observer taken out. Nothing,
    /// where somebody reset the statistics.
    pub(super) fn since(&self, before: &Self, complete: bool) -> DatabaseCounters {
        let own = self.own - before.own;
        DatabaseCounters {
            commits: self.commits.saturating_sub(before.commits).saturating_sub(own),
            rollbacks: self.rollbacks.saturating_sub(before.rollbacks),
            deadlocks: self.deadlocks.saturating_sub(before.deadlocks),
            complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_observers_own_transactions_do_not_count() {
        let before = Reading { commits: 100, rollbacks: 1, deadlocks: 2, own: 3 };
        let after = Reading { commits: 150, rollbacks: 5, deadlocks: 2, own: 13 };
        let counters = DatabaseCounters { commits: 40, rollbacks: 4, deadlocks: 0, complete: true };
        assert_eq!(after.since(&before, true), counters);
        let reset = Reading { own: 20, ..Reading::default() };
        assert_eq!(reset.since(&before, false), DatabaseCounters::default());
    }
}
