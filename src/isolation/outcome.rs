use std::collections::BTreeMap;

use serde::Serialize;

use super::spec::StepId;

/// What one statement of a step answered. Values are texts as the server writes
/// them; `None` is NULL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementResult {
    Rows {
        columns: Vec<String>,
        rows: Vec<Vec<Option<String>>>,
    },
    /// A statement without rows, and how many it changed.
    Done {
        affected: u64,
    },
}

/// What the server refused a step with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlError {
    /// The SQLSTATE, five characters.
    pub code: String,
    pub message: String,
}

impl SqlError {
    /// Whether the database refused the transaction to keep it apart from
    /// others: a serialization failure, a deadlock, a lock that was not to be
    /// waited for, a statement that ran out of time. What was refused took no
    /// effect, and may be tried again.
    pub fn is_refusal(&self) -> bool {
        self.code.starts_with("40") || matches!(self.code.as_str(), "55P03" | "57014")
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    Ok(Vec<StatementResult>),
    Failed(SqlError),
    /// It still waited for another session when all steps had been sent.
    Waiting,
}

/// A step of a run as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    pub id: StepId,
    pub result: StepResult,
    /// Whether it had to wait for another session.
    pub waited: bool,
    /// The position, in the order of sending, of the last step sent before this
    /// one ended; its own position where it did not wait.
    pub ended_after: usize,
}

/// The rows of a table after a run, sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableState {
    pub columns: Vec<String>,
    /// Those that a sequence fills.
    #[serde(skip)]
    pub generated: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// One order that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// In the order of sending.
    pub steps: Vec<StepReport>,
    /// The tables by name, after all sessions have ended.
    pub state: BTreeMap<String, TableState>,
    /// By session: whether the database refused its transaction.
    pub refused: Vec<bool>,
    /// By session: whether it was refused, and yet may have left something behind.
    pub partial: Vec<bool>,
}

impl Run {
    /// How often the order goes on with another session.
    pub fn switches(&self) -> usize {
        self.steps.windows(2).filter(|pair| pair[0].id.session != pair[1].id.session).count()
    }

    pub fn lock_waits(&self) -> usize {
        self.steps.iter().filter(|step| step.waited).count()
    }
}
