//! Who hands out iterations. The loop of a virtual user is the same; what
//! differs is this value.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scenario::Executor;

/// What one workload's executor gives to its virtual users.
#[derive(Clone, Debug)]
pub(super) enum Pacing {
    /// Iterations `0..total`, taken from one pot by all.
    Shared { taken: Arc<AtomicU64>, total: u64 },
    /// Iterations `0..each` for each virtual user; `taken` by all of them together.
    Own { next: u64, each: u64, taken: Arc<AtomicU64>, total: u64 },
    /// Iterations without end; time ends them.
    Unlimited { next: u64 },
}

impl Pacing {
    pub(super) fn new(executor: &Executor) -> Self {
        match executor {
            Executor::SharedIterations { iterations, .. } => {
                Self::Shared { taken: Arc::default(), total: *iterations }
            }
            Executor::PerVuIterations { iterations, .. } => Self::Own {
                next: 0,
                each: *iterations,
                taken: Arc::default(),
                total: executor.iterations().unwrap_or_default(),
            },
            _ => Self::Unlimited { next: 0 },
        }
    }

    /// The number of the next iteration, or `None` when there are no more.
    pub(super) fn next(&mut self) -> Option<u64> {
        match self {
            Self::Shared { taken, total } => {
                let number = taken.fetch_add(1, Ordering::Relaxed);
                (number < *total).then_some(number)
            }
            Self::Own { next, each, taken, .. } => {
                let number = *next;
                if number < *each {
                    taken.fetch_add(1, Ordering::Relaxed);
                    *next += 1;
                }
                (number < *each).then_some(number)
            }
            Self::Unlimited { next } => {
                *next += 1;
                Some(*next - 1)
            }
        }
    }

    /// How many of the iterations promised were not taken.
    pub(super) fn left(&self) -> u64 {
        match self {
            Self::Shared { taken, total } | Self::Own { taken, total, .. } => {
                total.saturating_sub(taken.load(Ordering::Relaxed))
            }
            Self::Unlimited { .. } => 0,
        }
    }
}
