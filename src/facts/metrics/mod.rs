//! The numbers of a run: what is always kept, and what thresholds ask for.
//!
//! Memory depends on neither the number of samples nor that of tag values: the
//! totals and one set per workload are kept, of custom metrics one total each,
//! and of tagged samples only the parts that a selector names.

mod checks;
mod custom;
mod errors;
#[expect(clippy::module_inception, reason = "the whole is called as its type")]
mod metrics;
mod origin;
mod series;
#[cfg(test)]
mod tests;
mod totals;
mod trend;
mod watched;
mod workload;

pub use checks::{CheckFailure, Checks};
pub use custom::Custom;
pub use metrics::Metrics;
pub use series::Series;
pub use trend::Trend;
pub use workload::{Outcomes, WorkloadMetrics};
