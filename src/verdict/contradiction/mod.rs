//! A scenario file that is wrong about a service: what it says and what happens
//! differ in the same way each time. That is no fault of the service, and no race.

mod elsewhere;
mod excuse;
mod history;
mod pattern;
mod solo;
#[cfg(test)]
mod tests;
mod trials;

pub(super) use history::{Contradicted, look};
pub use trials::{Contradiction, contradictions};
