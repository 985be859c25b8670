use std::collections::BTreeMap;

use crate::bank::ledger::error::LedgerError;
use crate::bank::ledger::once::{Answer, Once};
use crate::bank::ledger::rules::{self, Change, Transfer};
use crate::bank::store::{StoreError, StoredAnswer};
use crate::model::Amount;

/// What one member of a batch wants.
#[derive(Clone, Copy, Debug)]
pub(in crate::bank::ledger) enum Request {
    Change { account: i64, change: Change },
    Transfer(Transfer),
}

/// The same, with its key if it has one.
#[derive(Debug)]
pub(in crate::bank::ledger) struct Asked {
    pub(in crate::bank::ledger) request: Request,
    pub(in crate::bank::ledger) once: Option<Once>,
}

/// What a batch came to.
#[derive(Debug)]
pub(in crate::bank::ledger) struct Answers {
    /// One for each of its members, in their order.
    pub(in crate::bank::ledger) each: Vec<Result<StoredAnswer, LedgerError>>,
    /// How many of them had been applied before.
    pub(in crate::bank::ledger) repeats: u64,
}

impl Request {
    /// The accounts it touches.
    pub(super) fn accounts(self) -> impl Iterator<Item = i64> {
        let (first, second) = match self {
            Self::Change { account, .. } => (account, None),
            Self::Transfer(transfer) => {
                let [from, to] = transfer.accounts();
                (from, Some(to))
            }
        };
        std::iter::once(first).chain(second)
    }

    /// Applies it to `balances`, which hold what those before it left; or
    /// leaves them as they are and says why.
    pub(in crate::bank::ledger) fn apply(
        self,
        balances: &mut BTreeMap<i64, Amount>,
    ) -> Result<StoredAnswer, LedgerError> {
        let balance = |account: i64| {
            balances.get(&account).copied().ok_or(StoreError::UnknownAccount(account))
        };
        match self {
            Self::Change { account, change } => {
                let after = rules::apply(balance(account)?, change)?;
                balances.insert(account, after);
                Ok(after.store())
            }
            Self::Transfer(transfer) => {
                let [from, to] = transfer.accounts();
                let after = rules::apply_both([balance(from)?, balance(to)?], transfer)?;
                balances.extend([(from, after[0]), (to, after[1])]);
                Ok(after.store())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn withdraw(account: i64, amount: Amount) -> Request {
        Request::Change { account, change: Change::Withdraw(amount) }
    }

    #[test]
    fn each_is_judged_by_what_those_before_it_left() {
        let mut balances = BTreeMap::from([(1, 100), (2, 0)]);
        let transfer = Request::Transfer(Transfer::new(1, 2, 30).expect("two accounts"));
        let deposit = Request::Change { account: 1, change: Change::Deposit(15) };
        let answers = [withdraw(1, 60), withdraw(1, 60), transfer, transfer, deposit]
            .map(|request| request.apply(&mut balances).ok());
        let answer = |balance, to_balance| Some(StoredAnswer { balance, to_balance });
        let expected = [answer(40, None), None, answer(10, Some(30)), None, answer(25, None)];
        assert_eq!(answers, expected);
        assert_eq!(balances, BTreeMap::from([(1, 25), (2, 30)]));
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let before = BTreeMap::from([(1, 100), (3, Amount::MAX)]);
        let mut balances = before.clone();
        let transfer = |from, to, amount| {
            Request::Transfer(Transfer::new(from, to, amount).expect("two accounts"))
        };
        for request in [
            withdraw(1, 101),
            withdraw(2, 1),
            Request::Change { account: 3, change: Change::Deposit(1) },
            transfer(1, 2, 1),
            transfer(2, 1, 1),
            transfer(1, 3, 1),
            transfer(1, 3, 1000),
        ] {
            assert!(request.apply(&mut balances).is_err(), "{request:?}");
            assert_eq!(balances, before, "{request:?}");
        }
    }

    #[test]
    fn an_account_that_does_not_exist_comes_first() {
        let mut balances = BTreeMap::from([(1, 0)]);
        for (from, to) in [(1, 9), (9, 1), (9, 8)] {
            let transfer = Request::Transfer(Transfer::new(from, to, 5).expect("two accounts"));
            let error = transfer.apply(&mut balances).expect_err("there is no account 9");
            let nine = matches!(error, LedgerError::Store(StoreError::UnknownAccount(9)));
            assert!(nine, "{from} to {to}: {error}");
        }
    }
}
