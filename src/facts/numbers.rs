//! Accounts and names of operations by number, so that an entry can hold them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::AccountId;

/// Names kept of operations; a file by another tool may give each its own.
const MOST_NAMES: usize = 1000;

/// Each has the number of its first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    accounts: Vec<AccountId>,
    known: HashMap<AccountId, u32>,
    names: Vec<Arc<str>>,
}

impl Numbers {
    /// In the order of their numbers.
    pub(super) fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// `None`: there were too many to keep it.
    pub(super) fn name(&self, number: u16) -> Option<&str> {
        self.names.get(usize::from(number)).map(|name| &**name)
    }

    pub(super) fn of_account(&mut self, account: &AccountId) -> u32 {
        if let Some(number) = self.known.get(account) {
            return *number;
        }
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        self.accounts.push(account.clone());
        self.known.insert(account.clone(), number);
        number
    }

    /// A run has a handful of names, so that looking through them is fastest.
    pub(super) fn of_name(&mut self, name: &Arc<str>) -> u16 {
        let found = self.names.iter().position(|known| known == name);
        let number = found.unwrap_or_else(|| {
            if self.names.len() < MOST_NAMES {
                self.names.push(name.clone());
                return self.names.len() - 1;
            }
            MOST_NAMES
        });
        u16::try_from(number).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_number() {
        let mut numbers = Numbers::default();
        let of = ["7", "1", "7"].map(|id| numbers.of_account(&id.into()));
        assert_eq!((of, numbers.accounts()), ([0, 1, 0], &["7".into(), "1".into()][..]));
    }

    #[test]
    fn names_do_not_pile_up() {
        let mut numbers = Numbers::default();
        let of: Vec<u16> =
            (0..=MOST_NAMES).map(|name| numbers.of_name(&format!("n{name}").into())).collect();
        assert_eq!(
            (numbers.name(of[0]), numbers.name(of[MOST_NAMES - 1])),
            (Some("n0"), Some("n999"))
        );
        assert_eq!(numbers.name(of[MOST_NAMES]), None);
    }
}
