//! What several tests need.

mod bankrun;
mod certificates;
mod chromium;
mod recorder;
mod service;
mod small_bank;
mod terminal;

pub use bankrun::{Bankrun, Ended, ended_within};
pub use certificates::{Authority, self_signed};
pub use chromium::Chromium;
pub use recorder::{Recorder, Seen, Sent};
pub use service::{Reply, Service};
pub use small_bank::SmallBank;
