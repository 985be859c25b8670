//! What people and programs read: progress while a run goes, a report after it.
//! Readers of facts and verdicts; nothing is counted here a second time.

mod annotations;
pub mod compare;
mod database;
mod explored;
mod explored_html;
mod explored_json;
mod explored_junit;
mod format;
mod html;
mod isolation_json;
mod junit;
pub mod live;
mod metrics;
pub mod page;
pub mod progress;
pub mod prometheus;
mod run_report;
pub mod samples;
mod step_summary;
mod summary;
pub mod terminal;
mod words;

pub use annotations::annotations;
pub use explored::Explored;
pub use explored_html::explored_html;
pub use explored_json::explored_json;
pub use explored_junit::explored_junit;
pub use html::html_report;
pub use isolation_json::isolation_json;
pub use junit::junit;
pub use run_report::{Header, RunReport, RunResult, WorkloadInfo};
pub use step_summary::step_summary;
pub use summary::{run_summary, summary};
