//! Scenario + seed -> the operations to run, and when. Pure: the same on every
//! machine.

mod arrivals;
mod draw;
mod drawn;
mod faults;
mod globals;
mod preview;
mod ramp;
mod workload;

pub use arrivals::Arrivals;
pub use drawn::{Drawn, draw, whole};
pub use faults::{PlannedFault, faults};
pub use globals::globals;
pub use preview::preview;
pub use ramp::{Step, ramp};
pub use workload::{VuPlan, WorkloadPlan};
