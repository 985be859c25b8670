//! The tables of a service's database as they were at one moment: which of them its
//! requests write, what has changed since, and how they are put back.

mod catalogue;
mod rows;
mod saved;

pub use saved::{Ignore, NewRows, SavedTables};
