//! The report a person reads. Rendered to text with colours in it; whoever
//! writes it out strips them where they do not belong.

mod claims;
mod comparison;
mod coverage;
mod custom;
mod database;
mod difference;
mod exploration;
mod explorations;
mod faults;
mod header;
mod isolation;
mod paint;
mod plan;
mod report;
mod surroundings;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod thresholds;
mod watched;
mod what_ifs;
mod witness;

pub use comparison::comparison;
pub use difference::difference;
pub use exploration::exploration;
pub(in crate::report) use exploration::{overwritten, replay_command, said_of, wrong};
pub use explorations::explorations;
pub use header::header;
pub use isolation::{isolation, isolation_levels};
pub use plan::plan;
pub use report::report;
pub use watched::{Watched, watched, watched_line};
pub(in crate::report) use what_ifs::meaning;
pub(in crate::report) use witness::witness;
