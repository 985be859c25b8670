//! The bank: a small HTTP service that moves money, and the sparring partner
//! of the runner.
//!
//! Requests come in through [`http`], are carried out by the [`ledger`] in one
//! of its concurrency-control modes, and end as SQL in the [`store`]. Each
//! floor knows only the one below it.

mod full_house;
pub mod http;
pub mod ledger;
mod linger;
mod options;
mod paced;
mod server;
mod share;
pub mod store;

pub use http::Access;
pub use ledger::{Gate, Mode, UnknownMode};
pub use options::BankOptions;
pub use server::{Bank, BankError};
pub use share::{BadShare, Share};
pub use store::{Database, DatabaseSpec};
