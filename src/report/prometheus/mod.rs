//! A run under way as Prometheus sees it: to be scraped, and to be pushed.

mod custom;
mod exposition;
mod families;
mod labels;
mod observed;
mod remote_write;

pub use exposition::{CONTENT_TYPE, exposition};
pub use observed::{ExtraGauge, Observed, RunLabels};
pub use remote_write::WriteRequest;
