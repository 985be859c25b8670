use std::sync::Arc;

use super::{AccountId, Amount};

/// One operation as it is asked of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `deposit`, `withdraw`, `transfer`, `balance`, `accounts`, or the name that
    /// the scenario declares.
    pub name: Arc<str>,
    pub kind: OperationKind,
}

/// The `delta` of an update whose amount only its answer tells, and that has none.
pub const OPEN: Amount = Amount::MIN;

/// So many accounts an operation changes at most, beside the first.
pub const MOST_LEGS: u32 = 15;

/// What an operation does to the accounts when it happens. `A` names an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind<A = AccountId> {
    /// Adds `delta` to one account.
    Update { account: A, delta: Amount },
    /// Reads one account.
    Read { account: A },
    /// Takes an amount, never negative, from one account and gives it to another.
    Transfer { from: A, to: A, amount: Amount },
    /// Reads all accounts at one instant.
    Snapshot,
}

impl Call {
    pub fn deposit(account: AccountId, amount: Amount) -> Self {
        Self { name: "deposit".into(), kind: OperationKind::Update { account, delta: amount } }
    }

    pub fn withdraw(account: AccountId, amount: Amount) -> Self {
        Self { name: "withdraw".into(), kind: OperationKind::Update { account, delta: -amount } }
    }

    pub fn transfer(from: AccountId, to: AccountId, amount: Amount) -> Self {
        Self { name: "transfer".into(), kind: OperationKind::Transfer { from, to, amount } }
    }

    pub fn balance(account: AccountId) -> Self {
        Self { name: "balance".into(), kind: OperationKind::Read { account } }
    }

    pub fn accounts() -> Self {
        Self { name: "accounts".into(), kind: OperationKind::Snapshot }
    }

    /// The account that it changes or reads; that a transfer takes from. `None`: all
    /// of them.
    pub fn account(&self) -> Option<&AccountId> {
        self.kind.account()
    }

    /// The account that a transfer gives to.
    pub fn to(&self) -> Option<&AccountId> {
        self.kind.to()
    }

    /// What is added to [`account`](Self::account); 0 for a read.
    pub fn delta(&self) -> Amount {
        self.kind.delta()
    }

    /// Whether it asks for a change, rather than for a look.
    pub fn is_update(&self) -> bool {
        self.kind.is_update()
    }

    /// Whether its amount is not known.
    pub fn is_open(&self) -> bool {
        self.kind.is_open()
    }
}

impl<A> OperationKind<A> {
    /// See [`Call::account`].
    pub fn account(&self) -> Option<&A> {
        match self {
            Self::Update { account, .. } | Self::Read { account } => Some(account),
            Self::Transfer { from, .. } => Some(from),
            Self::Snapshot => None,
        }
    }

    /// See [`Call::to`].
    pub fn to(&self) -> Option<&A> {
        match self {
            Self::Transfer { to, .. } => Some(to),
            Self::Update { .. } | Self::Read { .. } | Self::Snapshot => None,
        }
    }

    /// See [`Call::delta`].
    pub fn delta(&self) -> Amount {
        match self {
            Self::Update { delta, .. } => *delta,
            Self::Transfer { amount, .. } => amount.saturating_neg(),
            Self::Read { .. } | Self::Snapshot => 0,
        }
    }

    /// Whether it asks for a change: an update by zero asks for none.
    pub fn is_update(&self) -> bool {
        self.delta() != 0
    }

    /// See [`Call::is_open`].
    pub fn is_open(&self) -> bool {
        match self {
            Self::Update { delta, .. } => *delta == OPEN,
            Self::Transfer { .. } | Self::Read { .. } | Self::Snapshot => false,
        }
    }

    /// The accounts that it names, each with what is added to it.
    pub fn legs(&self) -> impl Iterator<Item = (&A, Amount)> {
        let own = self.account().map(|account| (account, self.delta()));
        own.into_iter().chain(self.to().map(|to| (to, self.delta().saturating_neg())))
    }

    /// The same with other names for the accounts.
    pub fn map<'a, B>(&'a self, mut name: impl FnMut(&'a A) -> B) -> OperationKind<B> {
        match self {
            Self::Update { account, delta } => {
                OperationKind::Update { account: name(account), delta: *delta }
            }
            Self::Read { account } => OperationKind::Read { account: name(account) },
            Self::Transfer { from, to, amount } => {
                OperationKind::Transfer { from: name(from), to: name(to), amount: *amount }
            }
            Self::Snapshot => OperationKind::Snapshot,
        }
    }
}
