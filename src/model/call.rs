use std::sync::Arc;

use super::{AccountId, Amount};

/// One operation as it is asked of a service, and what it does to the accounts
/// when it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `deposit`, `withdraw`, `transfer`, `balance`, `accounts`.
    pub name: Arc<str>,
    /// [`Call::EVERYWHERE`], where all of them are read at once.
    pub account: AccountId,
    /// What is added to `account`; 0 for a read.
    pub delta: Amount,
    /// The account that gets what a transfer takes from `account`.
    pub to: Option<AccountId>,
}

impl Call {
    /// What a call names instead of one account.
    pub const EVERYWHERE: &str = "*";

    pub fn deposit(account: AccountId, amount: Amount) -> Self {
        Self { name: "deposit".into(), account, delta: amount, to: None }
    }

    pub fn withdraw(account: AccountId, amount: Amount) -> Self {
        Self { name: "withdraw".into(), account, delta: -amount, to: None }
    }

    pub fn transfer(from: AccountId, to: AccountId, amount: Amount) -> Self {
        Self { name: "transfer".into(), account: from, delta: -amount, to: Some(to) }
    }

    pub fn balance(account: AccountId) -> Self {
        Self { name: "balance".into(), account, delta: 0, to: None }
    }

    /// A look at all accounts at one instant.
    pub fn accounts() -> Self {
        Self { name: "accounts".into(), account: Self::EVERYWHERE.into(), delta: 0, to: None }
    }

    pub fn is_everywhere(&self) -> bool {
        self.account.as_str() == Self::EVERYWHERE
    }

    /// Whether it asks for a change, rather than for a look.
    pub fn is_update(&self) -> bool {
        self.delta != 0
    }
}
