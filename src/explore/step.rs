use serde::Serialize;

/// Rows of an answer that are kept; the others are counted.
pub(super) const ROWS_KEPT: usize = 4;

/// What one statement was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answered {
    pub columns: Vec<String>,
    /// The first [`ROWS_KEPT`] of them, as people read them.
    pub rows: Vec<Vec<String>>,
    pub row_count: u64,
    /// `UPDATE 1`; `None` when it failed.
    pub tag: Option<String>,
    pub error: Option<SqlError>,
}

/// What a statement failed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlError {
    /// SQLSTATE: `40001`.
    pub code: String,
    pub message: String,
}

/// One step of a request: what it sent to the database in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which request, from 0.
    pub request: usize,
    /// The SQL, with values.
    pub sql: String,
    /// The SQL without values, which stands for it in the search.
    pub name: String,
    /// For each statement in it.
    pub answered: Vec<Answered>,
    /// Whether it had to wait for a lock of another request.
    pub waited: bool,
    /// The place among the answers of all steps, from 0; `None`: never answered.
    pub answered_at: Option<usize>,
    /// What it changed for everybody to see. Only looked at where an order is
    /// run to be shown.
    pub changes: Vec<Change>,
}

/// An entry of the state that a step changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub entry: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// The request whose value is no more there.
    pub overwrites: Option<usize>,
}
