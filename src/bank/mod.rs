//! The bank: a small HTTP service that moves money, and the sparring partner
//! of the runner.

pub mod ledger;
pub mod store;

pub use ledger::{Gate, Mode};
pub use store::{Database, DatabaseSpec};
