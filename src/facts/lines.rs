//! The history as text: one JSON object a line, in the shape Jepsen's tools use.
//!
//! ```text
//! {"bankrun":"0.1.0","scenario":"...","seed":1,"initial":{"1":1000},...}
//! {"index":0,"type":"invoke","process":3,"f":"deposit","account":"1","delta":10,"time":12}
//! {"index":1,"type":"ok","process":3,"f":"deposit","account":"1","delta":10,"time":99,"balance":1010}
//! {"fault":0,"what":"kill database","due":90,"step":"began","time":95}
//! {"final":{"1":1010}}
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history::nanos;
use super::{Attempt, FaultNews, FaultStep, Invocation, Operation, Resolution, Settling};
use crate::model::{AccountId, Amount, Call, OPEN, OperationKind, Outcome};

/// The first line: what the history is of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeaderLine {
    /// The version that wrote it; empty when it was another tool.
    #[serde(default)]
    pub bankrun: String,
    #[serde(default)]
    pub scenario: String,
    #[serde(default)]
    pub target: String,
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub database: Option<String>,
    #[serde(default)]
    pub seed: u64,
    /// Nobody looked whether the service was the one it said it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls_unverified: bool,
    #[serde(default)]
    pub initial: BTreeMap<AccountId, Amount>,
    /// The processes, from the first to the last, whose operations begin when they are
    /// due, whether or not the ones before them are done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrival_rate: Vec<[u32; 2]>,
    /// How far down accounts may go, in a file by another tool; bankrun writes it as a
    /// part of `expect`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub minimum: BTreeMap<AccountId, Amount>,
    /// What the scenario expects, in the shape of its `expect`.
    #[serde(default)]
    pub expect: Value,
}

/// The last line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FinalLine {
    #[serde(rename = "final")]
    pub balances: BTreeMap<AccountId, Amount>,
}

/// How long the balances at the end took to agree with the answers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SettledLine {
    /// Nanoseconds from the first reading to the last.
    pub settled: u64,
    pub agreed: bool,
}

/// What became of an operation that was never answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolvedLine {
    /// The logical operation of its attempts: it took effect.
    pub resolved: u64,
    pub time: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_balance: Option<Amount>,
}

/// What was done to the service on purpose. It has no `type`: it is no operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultLine {
    /// Its position in the plan of the run, from 0.
    pub fault: u64,
    /// `kill database`
    pub what: Arc<str>,
    /// When it was due, in nanoseconds after the first iterations began.
    #[serde(default)]
    pub due: u64,
    pub step: FaultStepName,
    /// Nanoseconds since the start.
    pub time: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
}

/// `missed`: the run was over before it was due. `failed`: the error says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultStepName {
    Began,
    Ended,
    Missed,
    Failed,
}

/// A line between them. Times are nanoseconds since the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OperationLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    pub r#type: LineType,
    pub process: u32,
    pub f: String,
    pub account: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<AccountId>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delta: Amount,
    /// Only the answer tells the `delta`, and this line has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
    /// Of an invocation: when the request was sent whose answer it writes back, where
    /// it reads by one request and writes by another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<u64>,
    /// The logical operation of an attempt that may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_balance: Option<Amount>,
    /// Of a look at all accounts: its `account` is [`ALL`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balances: Option<BTreeMap<AccountId, Amount>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
}

/// `fail`: it certainly did not happen. `info`: nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineType {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// What a `fail` that was no rule of the service carries as its error, when
/// there is nothing better to say.
const FAILED: &str = "failed";

/// What a look at all accounts has in place of an account.
const ALL: &str = "*";

impl From<&Settling> for SettledLine {
    fn from(settling: &Settling) -> Self {
        Self { settled: nanos(settling.waited), agreed: settling.agreed }
    }
}

impl From<SettledLine> for Settling {
    fn from(line: SettledLine) -> Self {
        Self { waited: Duration::from_nanos(line.settled), agreed: line.agreed }
    }
}

impl From<&Resolution> for ResolvedLine {
    fn from(resolution: &Resolution) -> Self {
        Self {
            resolved: resolution.operation,
            time: nanos(resolution.time),
            balance: resolution.balance,
            to_balance: resolution.to_balance,
        }
    }
}

impl From<ResolvedLine> for Resolution {
    fn from(line: ResolvedLine) -> Self {
        Self {
            operation: line.resolved,
            time: Duration::from_nanos(line.time),
            balance: line.balance,
            to_balance: line.to_balance,
        }
    }
}

impl From<&FaultNews> for FaultLine {
    fn from(news: &FaultNews) -> Self {
        let (step, error) = match &news.step {
            FaultStep::Began => (FaultStepName::Began, None),
            FaultStep::Ended => (FaultStepName::Ended, None),
            FaultStep::Missed => (FaultStepName::Missed, None),
            FaultStep::Failed(cause) => (FaultStepName::Failed, Some(cause.clone())),
        };
        Self {
            fault: news.number,
            what: news.what.clone(),
            due: nanos(news.due),
            step,
            time: nanos(news.time),
            error,
        }
    }
}

impl From<FaultLine> for FaultNews {
    fn from(line: FaultLine) -> Self {
        let step = match line.step {
            FaultStepName::Began => FaultStep::Began,
            FaultStepName::Ended => FaultStep::Ended,
            FaultStepName::Missed => FaultStep::Missed,
            FaultStepName::Failed => FaultStep::Failed(line.error.unwrap_or_else(|| FAILED.into())),
        };
        Self {
            number: line.fault,
            what: line.what,
            due: Duration::from_nanos(line.due),
            time: Duration::from_nanos(line.time),
            step,
        }
    }
}

impl OperationLine {
    pub fn invoke(index: u64, invocation: &Invocation) -> Self {
        let Invocation { process, call, time, attempt, read_at } = invocation;
        Self {
            operation: attempt.map(|attempt| attempt.operation),
            keyed: attempt.is_some_and(|attempt| attempt.keyed),
            read_at: read_at.map(nanos),
            ..Self::of(index, LineType::Invoke, *process, call, *time)
        }
    }

    pub fn completion(index: u64, operation: &Operation) -> Self {
        let (r#type, error) = match operation.outcome {
            Outcome::Ok => (LineType::Ok, operation.error.clone()),
            Outcome::Unknown => (LineType::Info, operation.error.clone()),
            Outcome::Rejected if operation.is_leg => (LineType::Fail, Some(FAILED.into())),
            Outcome::Rejected => (LineType::Fail, None),
            Outcome::Failed => {
                (LineType::Fail, Some(operation.error.clone().unwrap_or_else(|| FAILED.into())))
            }
        };
        Self {
            balance: operation.balance,
            to_balance: operation.to_balance,
            balances: operation.snapshot.as_ref().map(|all| all.iter().cloned().collect()),
            status: operation.status,
            error,
            ..Self::of(index, r#type, operation.process, &operation.call, operation.completed)
        }
    }

    fn of(index: u64, r#type: LineType, process: u32, call: &Call, time: Duration) -> Self {
        Self {
            index: Some(index),
            r#type,
            process,
            f: call.name.to_string(),
            account: call.account().cloned().unwrap_or_else(|| ALL.into()),
            to: call.to().cloned(),
            delta: if call.is_open() { 0 } else { call.delta() },
            open: call.is_open(),
            time: Some(nanos(time)),
            read_at: None,
            operation: None,
            keyed: false,
            balance: None,
            to_balance: None,
            balances: None,
            status: None,
            error: None,
        }
    }

    pub fn call(&self) -> Call {
        Call { name: self.f.as_str().into(), kind: self.kind() }
    }

    /// A look at all accounts is known by its answer. Without one `*` is taken for
    /// all of them; that says nothing of an account of that name, either.
    fn kind(&self) -> OperationKind {
        let account = self.account.clone();
        let is_answered = self.balance.is_some();
        match (&self.to, self.delta) {
            (Some(to), delta) => OperationKind::Transfer {
                from: account,
                to: to.clone(),
                amount: delta.saturating_neg(),
            },
            (None, 0) if self.open => OperationKind::Update { account, delta: OPEN },
            (None, 0) if self.balances.is_some() => OperationKind::Snapshot,
            (None, 0) if account.as_str() == ALL && !is_answered => OperationKind::Snapshot,
            (None, 0) => OperationKind::Read { account },
            (None, delta) => OperationKind::Update { account, delta },
        }
    }

    pub fn attempt(&self) -> Option<Attempt> {
        let attempt = |operation| Attempt { operation, keyed: self.keyed };
        self.operation.map(attempt)
    }

    /// How a completion ended; `None` for an invocation. A `fail` with an error
    /// is a failure, one without a rejection.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.r#type {
            LineType::Invoke => None,
            LineType::Ok => Some(Outcome::Ok),
            LineType::Info => Some(Outcome::Unknown),
            LineType::Fail if self.error.is_none() => Some(Outcome::Rejected),
            LineType::Fail => Some(Outcome::Failed),
        }
    }
}

fn is_zero(amount: &Amount) -> bool {
    *amount == 0
}
