//! Which order comes next. Stateless: a search knows the choices that there
//! were, and nothing of what they did. Pure, so that it is tested on programs
//! that are only simulated.

mod frontier;
mod independence;
mod pct;
mod replay;
mod schedule;
#[cfg(test)]
mod tests;

pub use frontier::Frontier;
pub use independence::{Independence, Touched};
pub use pct::Pct;
pub use replay::Replay;
pub use schedule::{Candidate, Choice, Ended, Search};
