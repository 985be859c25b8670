//! Two summaries side by side: what changed, and what of it is noise.

mod difference;
mod limit;
mod runs;

pub use difference::{Difference, Row, compare};
pub use limit::Limit;
pub use runs::Runs;
