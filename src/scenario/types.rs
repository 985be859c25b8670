//! What the rest of the runner works with. Every value here has been checked:
//! counts are positive, names are unique, accounts that are used exist.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::executor::Executor;
use super::fault::Fault;
use super::service::{Argument, Declared, ReadRule, Reset};
use super::{HttpOptions, Threshold};
use crate::model::{AccountId, Amount, AmountRange, Call, Pause, Scale};
use crate::template::{Expression, Rows, Template};

/// One scenario file, or the `options` of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub seed: Option<u64>,
    /// How many digits amounts have after the point, in the file and in the answers.
    pub scale: Scale,
    /// Base URL of the service under test, when the file names one.
    pub target: Option<String>,
    /// How long a request that was sent is awaited.
    pub timeout: Duration,
    /// How long balances may take to follow the answers. `None`: as is usual.
    pub settle: Option<Duration>,
    /// How requests travel.
    pub http: HttpOptions,
    /// The state at the start. `None`: whatever the service resets to.
    pub accounts: Option<BTreeMap<AccountId, Amount>>,
    pub workloads: Vec<Workload>,
    pub expect: Expect,
    pub thresholds: Vec<Threshold>,
    /// A script with hooks, as a path that can be opened from where we are.
    pub lua: Option<PathBuf>,
    /// Operations that the file declares, in its order.
    pub operations: Vec<Arc<Declared>>,
    /// How the accounts are set.
    pub reset: Reset,
    /// How they are read. `None`: as bankrun's own server has it.
    pub read: Option<ReadRule>,
    /// Accounts that are watched without being set.
    pub watched: Vec<AccountId>,
    pub setup: Vec<Operation>,
    pub teardown: Vec<Operation>,
    pub data: Vec<Data>,
    /// Values that all templates see.
    pub variables: BTreeMap<Arc<str>, serde_json::Value>,
    pub invariants: Vec<Invariant>,
    /// What is done to the built-in server meanwhile.
    pub faults: Vec<Fault>,
}

/// A data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    pub rows: Rows,
    /// Whether the seed decides on the order of the rows, or the file.
    pub shuffled: bool,
}

/// What must hold at every instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Invariant {
    pub name: Arc<str>,
    pub that: Expression,
    /// How often it is looked at while the run goes on.
    pub every: Duration,
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
    /// What all samples of it carry, beside its name.
    pub tags: Vec<(Arc<str>, Arc<str>)>,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub action: Action,
    /// A pause after the operation.
    pub think: Option<Pause>,
    pub tags: Vec<(Arc<str>, Arc<str>)>,
}

/// What is asked of the service. Amounts are positive.
#[derive(Clone, Debug, PartialEq)]
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
    /// One of the above with `{{ ... }}` in it.
    Templated(Templated),
    /// An operation that the file declares.
    Declared(Use),
}

/// A built-in operation whose account or amount is worked out each time.
#[derive(Clone, Debug, PartialEq)]
pub struct Templated {
    pub verb: Verb,
    pub account: Template,
    /// Of a transfer.
    pub to: Option<Template>,
    /// Of all but a read.
    pub amount: Option<Argument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Deposit,
    Withdraw,
    Transfer,
    Balance,
}

/// A declared operation with what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub operation: Arc<Declared>,
    pub arguments: Vec<(Arc<str>, Argument)>,
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
    /// Whether a negative balance is a failure. `None`: nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_negative: Option<bool>,
    /// How far down accounts may go; those that are not here as `non_negative` says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub minimum: BTreeMap<AccountId, Amount>,
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

impl Scenario {
    /// What its workloads do.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        let operations = self.workloads.iter().flat_map(|workload| match &workload.body {
            Body::Operations { operations, .. } => operations.as_slice(),
            Body::Function(_) => &[],
        });
        operations.map(|operation| &operation.action)
    }

    /// The operations that the file declares, and then those that its workloads use.
    pub fn declared(&self) -> impl Iterator<Item = &Arc<Declared>> {
        let used = self.actions().filter_map(|action| match action {
            Action::Declared(used) => Some(&used.operation),
            _ => None,
        });
        self.operations.iter().chain(used)
    }

    /// Those of them with an effect.
    pub fn declared_with_effect(&self) -> impl Iterator<Item = &Arc<Declared>> {
        self.declared().filter(|declared| !declared.effects.is_empty())
    }
}

impl Action {
    /// The accounts it names: two for a transfer, none for a look at all of them
    /// or where they are worked out each time.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        let [first, second] = match self {
            Self::Deposit { account, .. }
            | Self::Withdraw { account, .. }
            | Self::Balance { account } => [Some(account), None],
            Self::Transfer { from, to, .. } => [Some(from), Some(to)],
            Self::Accounts | Self::Templated(_) | Self::Declared(_) => [None, None],
        };
        first.into_iter().chain(second)
    }

    /// What it moves; `None` for a read, or where it is worked out each time.
    pub fn amount(&self) -> Option<AmountRange> {
        match self {
            Self::Deposit { amount, .. }
            | Self::Withdraw { amount, .. }
            | Self::Transfer { amount, .. } => Some(*amount),
            Self::Balance { .. } | Self::Accounts | Self::Templated(_) | Self::Declared(_) => None,
        }
    }

    /// Whether every call of it is the same.
    pub fn is_fixed(&self) -> bool {
        match self {
            Self::Templated(_) | Self::Declared(_) => false,
            _ => self.amount().is_none_or(|amount| amount.is_fixed()),
        }
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
            Self::Transfer { .. } => "transfer",
            Self::Balance { .. } => "balance",
            Self::Accounts => "accounts",
            Self::Templated(templated) => templated.verb.name(),
            Self::Declared(used) => &used.operation.name,
        }
    }

    /// The call that one iteration makes, with its amount drawn. `None` for what
    /// needs more than random numbers.
    pub fn draw(&self, random: &mut fastrand::Rng) -> Option<Call> {
        Some(match self {
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
            Self::Templated(_) | Self::Declared(_) => return None,
        })
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
            Self::Templated(templated) => templated.fmt(f),
            Self::Declared(used) => used.fmt(f),
        }
    }
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdraw => "withdraw",
            Self::Transfer => "transfer",
            Self::Balance => "balance",
        }
    }
}

impl fmt::Display for Templated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, account, to, amount } = self;
        f.write_str(verb.name())?;
        if let Some(amount) = amount {
            write!(f, " {amount}")?;
        }
        match to {
            Some(to) => write!(f, " from {account} to {to}"),
            None => write!(f, " on account {account}"),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation.name)?;
        for (index, (name, argument)) in self.arguments.iter().enumerate() {
            write!(f, "{} {name} {argument}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
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
