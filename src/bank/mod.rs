//! The bank: a small HTTP service that moves money, and the sparring partner
//! of the runner.

pub mod store;

pub use store::{Database, DatabaseSpec};
