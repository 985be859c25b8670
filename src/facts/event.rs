use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{DatabaseLook, Settling, Tags};
use crate::model::{AccountId, Amount, Call, MOST_LEGS, MetricKind, Outcome};

/// What a run tells the world, most of it by its virtual users. Progress,
/// history, metrics and reports all read these and nothing else.
///
/// Times are measured from the start of the run on a monotonic clock, in the
/// virtual user that did the work: the order of operations depends on it.
#[derive(Clone, Debug)]
pub enum Event {
    /// The accounts are as the run finds them; nothing has been asked yet.
    Began { initial: BTreeMap<AccountId, Amount> },
    /// A virtual user of the workload began to iterate.
    VuStarted { workload: usize },
    /// A virtual user of the workload is done.
    VuEnded { workload: usize },
    /// An operation is about to be sent.
    Invoked(Invocation),
    /// An operation on an account, from invoke to completion.
    Operation(Operation),
    /// An operation that was [invoked](Self::Invoked) changes a further account: for the
    /// history that is an operation of its own, by a process of its own.
    LegInvoked(Invocation),
    /// What became of that.
    Leg(Operation),
    /// An operation without an answer turned out to have taken effect.
    Resolved(Resolution),
    /// A plain HTTP request; not judged.
    Request(Request),
    /// An iteration ran to its end. Where its start was scheduled, the time counts
    /// from then.
    Iteration { workload: usize, took: Duration },
    /// So many iterations were due, and there was no virtual user free to run them,
    /// or no time left.
    IterationDropped { workload: usize, count: u64 },
    /// An iteration was cut short, by the end of the time or by an error.
    IterationCut { workload: usize, error: Option<Arc<str>> },
    /// A named check of a scenario or a script.
    Check(Check),
    /// A value of a metric that a scenario or a script makes itself.
    Sample(Sample),
    /// An invariant was looked at, while the run went on or after it.
    Invariant(Invariant),
    /// A script or a threshold ends the run early, for this reason.
    Aborted { reason: Arc<str> },
    /// A look at the database of the target, where there is one to look into.
    Database(Arc<DatabaseLook>),
    /// What the scenario has done to the service on purpose.
    Fault(FaultNews),
    /// What went over the wire, where `--http-debug` asks.
    Wire(Wire),
    /// A line a script wants a person to read.
    Log { message: String },
    /// The balances came late, or never.
    Settled(Settling),
    /// All is quiet, and these balances were read; without those that could not be.
    Ended { balances: BTreeMap<AccountId, Amount> },
}

/// An operation that is about to be sent.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The virtual user, unique in the run; one operation at a time.
    pub process: u32,
    pub call: Arc<Call>,
    pub time: Duration,
    /// Which of several attempts at one logical operation it is.
    pub attempt: Option<Attempt>,
    /// When the request was sent whose answer this update writes back, changed: a GET
    /// and then a PUT of the same path. `None`: it reads and writes in one request.
    pub read_at: Option<Duration>,
}

/// One try of an operation that may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The logical operation, unique in the run.
    pub operation: u64,
    /// Whether all tries carry the same idempotency key, so that the service can
    /// tell them from new operations.
    pub keyed: bool,
}

/// One operation, completed.
#[derive(Clone, Debug)]
pub struct Operation {
    pub workload: usize,
    /// As in the [`Invocation`].
    pub process: u32,
    pub call: Arc<Call>,
    pub invoked: Duration,
    pub completed: Duration,
    /// How long before `invoked` it should have been sent: under an arrival rate,
    /// the first operation of an iteration counts from the intended start.
    pub late: Duration,
    pub outcome: Outcome,
    pub tags: Tags,
    /// The balance the service answered with.
    pub balance: Option<Amount>,
    /// The same of the account that a transfer goes to.
    pub to_balance: Option<Amount>,
    /// All balances, where all were read at one instant.
    pub snapshot: Option<Arc<[(AccountId, Amount)]>>,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Why it did not end well.
    pub error: Option<Arc<str>>,
    /// It is one of several that one request asks for, on an account each. Which of them
    /// was short where it was rejected is not known.
    pub is_leg: bool,
}

/// The processes of [legs](Event::Leg) begin here.
const LEGS: u32 = 1 << 28;

/// The process of a leg, from 1 to [`MOST_LEGS`], of an operation by this process.
pub fn leg_process(process: u32, leg: u32) -> u32 {
    LEGS.saturating_add(process.saturating_mul(MOST_LEGS + 1)).saturating_add(leg)
}

/// The numbers of operations have so many bits, and those of legs the next four: a double
/// has all of them, as programs read numbers of JSON.
const LEG_BITS: u32 = 48;

/// The virtual user by whose operation a process has something to do.
pub fn virtual_user(process: u32) -> u32 {
    process.checked_sub(LEGS).map_or(process, |leg| leg / (MOST_LEGS + 1))
}

impl Attempt {
    /// Of a leg of the operation: the service takes all of it or nothing, the history
    /// knows each by itself.
    pub fn of_leg(self, leg: u32) -> Self {
        Self { operation: self.operation | u64::from(leg) << LEG_BITS, ..self }
    }

    /// Which leg of a logical operation it is; 0 is its first effect. `None`: it is of
    /// another operation.
    pub fn leg_of(self, operation: u64) -> Option<u64> {
        // Other tools may number their operations as they like.
        if self.operation == operation {
            return Some(0);
        }
        let is_leg = self.operation & ((1 << LEG_BITS) - 1) == operation;
        is_leg.then_some(self.operation >> LEG_BITS)
    }
}

#[cfg(test)]
impl Operation {
    /// For tests to begin with: `call` by the first virtual user, done at time 0,
    /// answered with 200 and with no balance.
    pub(crate) fn done(call: impl Into<Arc<Call>>) -> Self {
        Self {
            workload: 0,
            process: 0,
            call: call.into(),
            invoked: Duration::ZERO,
            completed: Duration::ZERO,
            late: Duration::ZERO,
            outcome: Outcome::Ok,
            tags: Tags::default(),
            balance: None,
            to_balance: None,
            snapshot: None,
            status: Some(200),
            error: None,
            is_leg: false,
        }
    }
}

/// What the service says, asked later, of an operation that it never answered:
/// it took effect, and this was the answer.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The logical operation, as in [`Attempt`].
    pub operation: u64,
    /// When the service said so.
    pub time: Duration,
    pub balance: Option<Amount>,
    pub to_balance: Option<Amount>,
}

/// One plain HTTP request.
#[derive(Clone, Debug)]
pub struct Request {
    pub workload: usize,
    /// Lateness as in an [`Operation`] included.
    pub took: Duration,
    pub tags: Tags,
    pub status: Option<u16>,
    /// Whether the answer was not one of those expected. `None`: by the status.
    pub failed: Option<bool>,
    pub error: Option<Arc<str>>,
}

/// A part of an exchange, as `--http-debug` shows it. Credentials are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The request's, from 1; its answer has the same.
    pub number: u64,
    pub part: WirePart,
}

/// Heads are lines, as HTTP has them; bodies are empty where they are not wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WirePart {
    Request { head: String, body: String },
    Answer { head: String, body: String },
    Failure { cause: String },
}

/// A named condition that held, or did not.
#[derive(Clone, Debug)]
pub struct Check {
    pub workload: usize,
    pub name: Arc<str>,
    pub passed: bool,
    pub tags: Tags,
    /// Whether a failure fails the run, and not only through a threshold.
    pub counts: bool,
    /// What was wrong, where it is known.
    pub mismatch: Option<Arc<Mismatch>>,
}

/// The values of a check that failed, as a person reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    pub expected: String,
    pub actual: String,
}

/// One value of a custom metric.
#[derive(Clone, Debug)]
pub struct Sample {
    pub workload: usize,
    pub metric: Arc<str>,
    pub kind: MetricKind,
    pub value: f64,
    pub tags: Tags,
}

/// The news of a fault that a scenario asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultNews {
    /// Its position in the plan of the run, from 0.
    pub number: u64,
    /// `kill database`
    pub what: Arc<str>,
    /// When it is due, after the first iterations begin.
    pub due: Duration,
    pub time: Duration,
    pub step: FaultStep,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultStep {
    /// It is about to happen.
    Began,
    /// All is as it was before.
    Ended,
    /// The run was over before it was due.
    Missed,
    /// It could not be carried out, or not be undone.
    Failed(Arc<str>),
}

/// One look at an invariant.
#[derive(Clone, Debug)]
pub struct Invariant {
    pub name: Arc<str>,
    pub time: Duration,
    pub held: bool,
    /// The values it was judged by: `total 2990`.
    pub seen: Arc<str>,
}

/// For a person: `at 2.000 s: kill database`.
impl fmt::Display for FaultNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, time, step, .. } = self;
        write!(f, "at {:.3} s: {what}", time.as_secs_f64())?;
        match step {
            FaultStep::Began => Ok(()),
            FaultStep::Ended => write!(f, ", over"),
            FaultStep::Missed => write!(f, ", never came"),
            FaultStep::Failed(cause) => write!(f, ": {cause}"),
        }
    }
}

impl Operation {
    /// From when it should have been sent to its answer.
    pub fn took(&self) -> Duration {
        self.completed.saturating_sub(self.invoked) + self.late
    }
}

impl Request {
    /// k6's rule for `http_req_failed`, unless something else is expected: no
    /// answer, or a status from 400 up.
    pub fn failed(&self) -> bool {
        self.failed.unwrap_or_else(|| self.status.is_none_or(|status| status >= 400))
    }
}
