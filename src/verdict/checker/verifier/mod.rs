//! Checks certificates. Shares no code with the checker: it has its own idea of
//! what an operation means, and knows only the model and the certificates.

mod again;
mod follow;
mod meaning;
mod verify;

pub use follow::Follower;
pub use verify::{Refusal, Verifier};
