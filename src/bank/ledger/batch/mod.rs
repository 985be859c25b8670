//! How requests become batches: whoever comes while a transaction is under way
//! joins the next one.

mod keys;
mod queue;
mod request;
mod run;

pub(super) use keys::Keys;
pub(super) use queue::Queue;
pub use queue::Seat;
pub(super) use request::{Answers, Asked, Request};
