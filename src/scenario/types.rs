//! What the rest of the runner works with. Every value here has been checked:
//! counts are positive, names are unique, accounts that are used exist.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::executor::Executor;
use crate::model::{AccountId, Amount, AmountRange, Call, Pause};

/// One scenario file, or the `options` of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub seed: Option<u64>,
    /// Base URL of the service under test, when the file names one.
    pub target: Option<String>,
    /// How long a request that was sent is awaited.
    pub timeout: Duration,
    /// The state at the start. `None`: whatever the service resets to.
    pub accounts: Option<BTreeMap<AccountId, Amount>>,
    pub workloads: Vec<Workload>,
    pub expect: Expect,
    /// A script with hooks, as a path that can be opened from where we are.
    pub lua: Option<PathBuf>,
}

/// One entry under `scenarios:`. k6 calls this a scenario, too; in the code the
/// file is the scenario and its entries are workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    pub name: String,
    pub executor: Executor,
    /// How long after the start of the run this workload begins.
    pub start_time: Duration,
    /// How long an iteration that is under way may go on after the time is up.
    pub graceful_stop: Duration,
    pub retry: Option<Retry>,
    pub body: Body,
}

/// What an iteration does.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Operations of the file, chosen as [`Selection`] says.
    Operations { operations: Vec<Operation>, selection: Selection },
    /// The named function of the script.
    Function(String),
}

/// Which of the operations an iteration runs. Vectors run parallel to the
/// workload's operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// One operation an iteration; each exactly so many times, in shuffled order.
    Count(Vec<u64>),
    /// One operation an iteration, drawn at random by weight.
    Weight(Vec<u32>),
    /// All of them, in the order of the file.
    InOrder,
}

/// One step of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub action: Action,
    /// A pause after the operation.
    pub think: Option<Pause>,
}

/// What is asked of the service. Amounts are positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Deposit {
        account: AccountId,
        amount: AmountRange,
    },
    Withdraw {
        account: AccountId,
        amount: AmountRange,
    },
    Transfer {
        from: AccountId,
        to: AccountId,
        amount: AmountRange,
    },
    Balance {
        account: AccountId,
    },
    /// All accounts, at one instant.
    Accounts,
}

/// How often an operation is tried whose answer did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first one included.
    pub attempts: u32,
    /// Whether all attempts carry the same `Idempotency-Key`.
    pub idempotency_key: bool,
}

/// What must hold when everything is quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expect {
    pub balances: BTreeMap<AccountId, Amount>,
    /// The sum over all accounts of the scenario.
    pub total: Option<Amount>,
    /// Whether a negative balance is a failure.
    pub non_negative: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
}

/// What a file states and options given from outside have made void: other work
/// is done than it counts on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetAside {
    pub balances: BTreeMap<AccountId, Amount>,
    pub total: Option<Amount>,
    /// The options.
    pub by: String,
}

impl Action {
    /// The accounts it names: two for a transfer, none for a look at all of them.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        let [first, second] = match self {
            Self::Deposit { account, .. }
            | Self::Withdraw { account, .. }
            | Self::Balance { account } => [Some(account), None],
            Self::Transfer { from, to, .. } => [Some(from), Some(to)],
            Self::Accounts => [None, None],
        };
        first.into_iter().chain(second)
    }

    /// What it moves; `None` for a read.
    pub fn amount(&self) -> Option<AmountRange> {
        match self {
            Self::Deposit { amount, .. }
            | Self::Withdraw { amount, .. }
            | Self::Transfer { amount, .. } => Some(*amount),
            Self::Balance { .. } | Self::Accounts => None,
        }
    }

    /// Whether every call of it is the same.
    pub fn is_fixed(&self) -> bool {
        self.amount().is_none_or(|amount| amount.is_fixed())
    }

    /// The call that one iteration makes, with its amount drawn.
    pub fn draw(&self, random: &mut fastrand::Rng) -> Call {
        match self {
            Self::Deposit { account, amount } => {
                Call::deposit(account.clone(), amount.draw(random))
            }
            Self::Withdraw { account, amount } => {
                Call::withdraw(account.clone(), amount.draw(random))
            }
            Self::Transfer { from, to, amount } => {
                Call::transfer(from.clone(), to.clone(), amount.draw(random))
            }
            Self::Balance { account } => Call::balance(account.clone()),
            Self::Accounts => Call::accounts(),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deposit { account, amount } => write!(f, "deposit {amount} on account {account}"),
            Self::Withdraw { account, amount } => {
                write!(f, "withdraw {amount} from account {account}")
            }
            Self::Transfer { from, to, amount } => {
                write!(f, "transfer {amount} from account {from} to {to}")
            }
            Self::Balance { account } => write!(f, "read the balance of account {account}"),
            Self::Accounts => write!(f, "read all accounts at once"),
        }
    }
}

impl Workload {
    /// How many operations there will be, where that is known beforehand.
    pub fn planned_operations(&self) -> Option<u64> {
        let each = match &self.body {
            Body::Function(_) => return None,
            Body::Operations { operations, selection: Selection::InOrder } => {
                operations.len() as u64
            }
            Body::Operations { .. } => 1,
        };
        Some(self.executor.iterations()?.saturating_mul(each))
    }
}
