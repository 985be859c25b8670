//! What people and programs read: progress while a run goes, a report after it.
//! Readers of facts and verdicts; nothing is counted here a second time.

mod annotations;
pub mod compare;
mod format;
mod html;
mod junit;
mod metrics;
pub mod page;
pub mod progress;
mod run_report;
pub mod samples;
mod summary;
pub mod terminal;

pub use annotations::annotations;
pub use html::html;
pub use junit::junit;
pub use run_report::{Header, RunReport, RunResult, WorkloadInfo};
pub use summary::{run_summary, summary};
