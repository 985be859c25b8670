//! The bank: a small HTTP service that moves money, and the sparring partner
//! of the runner.
//!
//! Requests come in through [`http`], are carried out by the [`ledger`] in one
//! of its concurrency-control modes, and end as SQL in the [`store`]. Each
//! floor knows only the one below it.

pub mod http;
pub mod ledger;
mod options;
mod server;
mod share;
pub mod store;

pub use ledger::{Gate, Mode, UnknownMode};
pub use options::BankOptions;
pub use server::{Bank, BankError};
pub use share::{BadShare, Share};
pub use store::{Database, DatabaseSpec};
