//! Scenario + seed -> the operations to run. Pure: the same on every machine.

mod draw;
mod drawn;
mod globals;
mod preview;
mod workload;

pub use drawn::{Drawn, draw, whole};
pub use globals::globals;
pub use preview::preview;
pub use workload::{VuPlan, WorkloadPlan};
