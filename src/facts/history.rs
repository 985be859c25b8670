use std::collections::HashMap;

use super::Operation;
use crate::model::{AccountId, Amount, Outcome};

/// Every operation of a run, in the order of completion, in a form that costs
/// 56 bytes an operation.
#[derive(Clone, Debug, Default)]
pub struct History {
    accounts: Vec<AccountId>,
    known: HashMap<AccountId, u32>,
    entries: Vec<Entry>,
}

/// One operation. Times are nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub invoked: u64,
    pub completed: u64,
    pub delta: Amount,
    /// The balance the service answered with.
    pub balance: Option<Amount>,
    pub process: u32,
    /// A position in [`History::accounts`].
    pub account: u32,
    pub outcome: Outcome,
}

impl History {
    pub fn record(&mut self, operation: &Operation) {
        let account = self.number(&operation.account);
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.entries.push(Entry {
            invoked: nanos(operation.invoked),
            completed: nanos(operation.completed),
            delta: operation.delta,
            balance: operation.balance,
            process: operation.process,
            account,
            outcome: operation.outcome,
        });
    }

    /// The accounts that were touched, in the order of their first operation.
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The operations on one account.
    pub fn of<'a>(&'a self, account: &AccountId) -> impl Iterator<Item = &'a Entry> {
        let number = self.known.get(account).copied();
        self.entries.iter().filter(move |entry| Some(entry.account) == number)
    }

    fn number(&mut self, account: &AccountId) -> u32 {
        if let Some(number) = self.known.get(account) {
            return *number;
        }
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        self.accounts.push(account.clone());
        self.known.insert(account.clone(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stays_small() {
        assert_eq!(size_of::<Entry>(), 56);
    }
}
