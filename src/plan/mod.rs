//! Scenario + seed -> the operations to run. Pure: the same on every machine.

mod draw;
mod workload;

pub use workload::{VuPlan, WorkloadPlan};
