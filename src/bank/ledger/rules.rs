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
    /// What it adds to a balance.
    pub fn delta(self) -> Amount {
        match self {
            Self::Deposit(amount) => amount,
            Self::Withdraw(amount) => -amount,
        }
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
    fn refuses_what_the_balance_cannot_bear() {
        let broke = apply(4, Change::Withdraw(5));
        assert!(matches!(broke, Err(LedgerError::InsufficientFunds)));
        assert_eq!(broke.expect_err("refused").to_string(), "Insufficient funds");
        assert!(matches!(apply(i64::MAX, Change::Deposit(1)), Err(LedgerError::Overflow)));
        let in_debt = apply(i64::MIN, Change::Withdraw(1));
        assert!(matches!(in_debt, Err(LedgerError::InsufficientFunds)));
    }
}
