//! What several tests need.

mod bankrun;
mod service;

pub use bankrun::{Bankrun, Ended};
pub use service::{Reply, Service};
