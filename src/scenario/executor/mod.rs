//! The load models, k6's six: what a scenario says of them, read and checked.
//! `types` is what comes of it; the other files are one family each.

mod arrival;
mod describe;
mod iterations;
mod kind;
mod limits;
mod number;
mod rate;
mod read;
mod shortcuts;
mod stages;
mod types;
mod vus;

pub(super) use kind::{Kind, kind};
pub use limits::MOST_VUS;
pub(super) use limits::{GRACEFUL_RAMP_DOWN, GRACEFUL_STOP, MAX_DURATION};
pub(super) use read::read;
pub(super) use shortcuts::{SHORTCUTS, from_shortcuts};
pub use types::{Executor, Stage, VuPool};
