//! Who hands out iterations. The loop of a virtual user is the same for every
//! executor; what differs is this value.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scenario::Executor;

/// What one workload's executor gives to its virtual users.
#[derive(Clone, Debug)]
pub(super) enum Pacing {
    /// Iterations `0..total`, taken from one pot by all.
    Shared { taken: Arc<AtomicU64>, total: u64 },
    /// Iterations `0..total` for each virtual user.
    Own { next: u64, total: u64 },
    /// Iterations without end; time ends them.
    Unlimited { next: u64 },
}

impl Pacing {
    pub(super) fn new(executor: &Executor) -> Self {
        match executor {
            Executor::SharedIterations { iterations, .. } => {
                Self::Shared { taken: Arc::default(), total: *iterations }
            }
            Executor::PerVuIterations { iterations, .. } => {
                Self::Own { next: 0, total: *iterations }
            }
            Executor::ConstantVus { .. } => Self::Unlimited { next: 0 },
        }
    }

    /// The number of the next iteration, or `None` when there are no more.
    pub(super) fn next(&mut self) -> Option<u64> {
        match self {
            Self::Shared { taken, total } => {
                let number = taken.fetch_add(1, Ordering::Relaxed);
                (number < *total).then_some(number)
            }
            Self::Own { next, total } => {
                let number = *next;
                *next += 1;
                (number < *total).then_some(number)
            }
            Self::Unlimited { next } => {
                *next += 1;
                Some(*next - 1)
            }
        }
    }
}
