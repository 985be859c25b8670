use serde::Serialize;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The server is started, the accounts are set.
    Starting,
    Running,
    /// All was answered, and the checker is at work.
    Judging,
    Done,
}
