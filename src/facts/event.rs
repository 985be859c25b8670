use std::sync::Arc;
use std::time::Duration;

use crate::model::{AccountId, Amount, Outcome};

/// What a virtual user tells the world. Progress, history, metrics and reports
/// all read these and nothing else.
///
/// Times are measured from the start of the run on a monotonic clock, in the
/// virtual user that did the work: the order of operations depends on it.
#[derive(Clone, Debug)]
pub enum Event {
    /// A virtual user of the workload began to iterate.
    VuStarted { workload: usize },
    /// A virtual user of the workload is done.
    VuEnded { workload: usize },
    /// An operation on an account, from invoke to completion.
    Operation(Operation),
    /// A plain HTTP request of a script; not judged.
    Request(Request),
    /// An iteration ran to its end.
    Iteration { workload: usize, took: Duration },
    /// An iteration was cut short, by the end of the time or by an error.
    IterationCut { workload: usize, error: Option<Arc<str>> },
    /// A named check of a script.
    Check { name: Arc<str>, passed: bool },
    /// A line a script wants a person to read.
    Log { message: String },
}

/// One operation on one account.
#[derive(Clone, Debug)]
pub struct Operation {
    pub workload: usize,
    /// The virtual user, unique in the run; one operation at a time.
    pub process: u32,
    /// `deposit`, `withdraw`, `balance`.
    pub name: &'static str,
    pub account: AccountId,
    /// What it adds to the account when it happens; 0 for a read.
    pub delta: Amount,
    pub invoked: Duration,
    pub completed: Duration,
    pub outcome: Outcome,
    /// The balance the service answered with.
    pub balance: Option<Amount>,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Why it did not end well.
    pub error: Option<Arc<str>>,
}

/// One plain HTTP request.
#[derive(Clone, Debug)]
pub struct Request {
    pub workload: usize,
    pub took: Duration,
    pub status: Option<u16>,
    pub error: Option<Arc<str>>,
}

impl Operation {
    pub fn took(&self) -> Duration {
        self.completed.saturating_sub(self.invoked)
    }

    /// Whether it asked for a change, rather than for a look.
    pub fn is_update(&self) -> bool {
        self.delta != 0
    }
}

impl Request {
    /// k6's rule for `http_req_failed`: no answer, or a status from 400 up.
    pub fn failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }
}
