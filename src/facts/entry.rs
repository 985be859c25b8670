use super::Attempt;
use crate::model::{Amount, OperationKind, Outcome};

/// One operation. Times are nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The position of its invoke line in the history: `#7` in reports.
    pub index: u64,
    pub invoked: u64,
    /// When the request was sent whose answer this update writes back; `invoked`,
    /// where it reads and writes in one request.
    pub read_at: u64,
    /// Never, where the outcome is unknown: it may still be at work.
    pub completed: u64,
    /// What it does; accounts are positions in
    /// [`History::accounts`](super::History::accounts).
    pub kind: OperationKind<u32>,
    /// The balance the service answered with.
    pub balance: Option<Amount>,
    /// The same of the account that a transfer goes to.
    pub to_balance: Option<Amount>,
    pub attempt: Option<Attempt>,
    /// A position in [`History::snapshots`](super::History::snapshots), of a look at all accounts.
    pub snapshot: Option<u32>,
    pub process: u32,
    /// What the operation is called: see [`History::name`](super::History::name).
    pub(super) name: u16,
    pub outcome: Outcome,
    /// The service answered 409, 412 or 423: somebody else was in its way.
    pub in_conflict: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stays_small() {
        assert!(size_of::<Entry>() <= 120, "{}", size_of::<Entry>());
    }
}
