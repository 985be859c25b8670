//! The ledger's statements as values.
//!
//! diesel caches a prepared statement by the type of the query, and never
//! caches `update()` or `sql_query()`. One small type for each statement means
//! that a connection parses each of them once.

mod accounts;
mod batches;
mod operations;

pub(super) use accounts::*;
pub(super) use batches::*;
pub(super) use operations::*;
