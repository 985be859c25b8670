use crate::explore::Exploration;

/// One group of requests that was explored, and what came of it.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How the service works: a mode of the bank, or its URL.
    pub mode: String,
    /// What the requests are called together: `deposit beside deposit`.
    pub group: String,
    /// The command for the same once more, up to the order.
    pub again: String,
    /// The error is why nothing could be explored.
    pub result: Result<Exploration, String>,
}
