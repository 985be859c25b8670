//! The bank's arithmetic: no locks, no SQL, no surprises.

use std::ops::RangeInclusive;

use super::error::LedgerError;
use crate::model::Amount;

/// What an update does to a balance. Amounts are positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Deposit(Amount),
    Withdraw(Amount),
}

impl Change {
    /// In words that are the same only for the same update.
    pub fn describe(self, account: i64) -> String {
        match self {
            Self::Deposit(amount) => format!("deposit {amount} to account {account}"),
            Self::Withdraw(amount) => format!("withdraw {amount} from account {account}"),
        }
    }

    /// What it adds to a balance.
    pub fn delta(self) -> Amount {
        match self {
            Self::Deposit(amount) => amount,
            Self::Withdraw(amount) => -amount,
        }
    }
}

/// Money that goes from one account to another. The amount is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    accounts: [i64; 2],
    amount: Amount,
}

impl Transfer {
    /// `None` when both are the same account.
    pub fn new(from: i64, to: i64, amount: Amount) -> Option<Self> {
        (from != to).then_some(Self { accounts: [from, to], amount })
    }

    /// In words that are the same only for the same transfer.
    pub fn describe(self) -> String {
        let Self { accounts: [from, to], amount } = self;
        format!("transfer {amount} from account {from} to account {to}")
    }

    /// Where the money comes from, and where it goes.
    pub fn accounts(self) -> [i64; 2] {
        self.accounts
    }

    /// The two sides in the order of their accounts: whoever locks in this
    /// order never waits for someone who waits for them.
    pub fn by_id(self) -> [usize; 2] {
        if self.accounts[0] < self.accounts[1] { [0, 1] } else { [1, 0] }
    }

    /// What it does to the two of them.
    pub fn changes(self) -> [Change; 2] {
        [Change::Withdraw(self.amount), Change::Deposit(self.amount)]
    }
}

/// The balance after `change`, which may not fall below zero nor exceed what
/// an [`Amount`] holds.
pub fn apply(balance: Amount, change: Change) -> Result<Amount, LedgerError> {
    if bearable(change).contains(&balance) {
        Ok(balance + change.delta())
    } else {
        Err(refusal(change))
    }
}

/// Both balances after `transfer`, in the order of its accounts.
pub fn apply_both(balances: [Amount; 2], transfer: Transfer) -> Result<[Amount; 2], LedgerError> {
    let [withdraw, deposit] = transfer.changes();
    Ok([apply(balances[0], withdraw)?, apply(balances[1], deposit)?])
}

/// The balances that `change` can be applied to.
pub fn bearable(change: Change) -> RangeInclusive<Amount> {
    match change {
        Change::Deposit(amount) => Amount::MIN..=Amount::MAX - amount,
        Change::Withdraw(amount) => amount..=Amount::MAX,
    }
}

/// Why `change` cannot be applied to any other balance.
pub fn refusal(change: Change) -> LedgerError {
    match change {
        Change::Deposit(_) => LedgerError::Overflow,
        Change::Withdraw(_) => LedgerError::InsufficientFunds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_and_subtracts() {
        assert!(matches!(apply(1000, Change::Deposit(10)), Ok(1010)));
        assert!(matches!(apply(1000, Change::Withdraw(1000)), Ok(0)));
        assert!(matches!(apply(i64::MAX - 1, Change::Deposit(1)), Ok(i64::MAX)));
        assert!(matches!(apply(-60, Change::Deposit(70)), Ok(10)), "out of debt");
    }

    #[test]
    fn moves_money_from_one_account_to_another() {
        let transfer = Transfer::new(1, 2, 5).expect("two accounts");
        assert!(matches!(apply_both([1000, 1000], transfer), Ok([995, 1005])));
        let broke = apply_both([4, 1000], transfer);
        assert!(matches!(broke, Err(LedgerError::InsufficientFunds)));
        assert!(matches!(apply_both([5, i64::MAX - 4], transfer), Err(LedgerError::Overflow)));
        assert_eq!(Transfer::new(1, 1, 5), None);
    }

    #[test]
    fn refuses_what_the_balance_cannot_bear() {
        let broke = apply(4, Change::Withdraw(5));
        assert!(matches!(broke, Err(LedgerError::InsufficientFunds)));
        assert_eq!(broke.expect_err("refused").to_string(), "Insufficient funds");
        assert!(matches!(apply(i64::MAX, Change::Deposit(1)), Err(LedgerError::Overflow)));
        let in_debt = apply(i64::MIN, Change::Withdraw(1));
        assert!(matches!(in_debt, Err(LedgerError::InsufficientFunds)));
    }
}
