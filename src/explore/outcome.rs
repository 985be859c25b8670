use std::collections::BTreeMap;

use serde::Serialize;

use super::step::Step;

/// What a service holds, as entries by name: `account 1` is `1010`.
pub type State = BTreeMap<String, String>;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Reply {
    Answered {
        status: u16,
        body: String,
    },
    /// There was no answer, and this is why.
    Lost(String),
}

/// One order of steps, carried out.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// The requests whose steps were let through, in order.
    pub schedule: Vec<usize>,
    /// The same steps, with what came of them.
    pub steps: Vec<Step>,
    /// By request; `None` where it was not part of this.
    pub replies: Vec<Option<Reply>>,
    pub state: State,
    /// How often a request that could have gone on did not.
    pub switches: usize,
    /// Requests that waited inside the service while others ran.
    pub slept: Vec<usize>,
    /// Statements of which it was not certain whose they are.
    pub ambiguous: u64,
    /// Some request was never answered, though nothing held it up.
    pub hung: bool,
}

impl Execution {
    /// Whether any of its steps had to wait for a lock.
    pub fn waited(&self) -> bool {
        self.steps.iter().any(|step| step.waited)
    }
}

/// What a reply says of whether the request took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// 2xx, 3xx: it did.
    Done,
    /// 4xx: it did not.
    Refused,
    /// 5xx, or nothing: nobody knows.
    Unknown,
}

impl Reply {
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Answered { status: 200..400, .. } => Effect::Done,
            Self::Answered { status: 400..500, .. } => Effect::Refused,
            Self::Answered { .. } | Self::Lost(_) => Effect::Unknown,
        }
    }
}
