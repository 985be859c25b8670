//! One workload, from the first iteration to the last.

use std::sync::Arc;

use super::crew::Crew;
use super::{arrival, looping, ramping};
use crate::plan::Arrivals;
use crate::scenario::{Executor, Workload};

/// Runs the workload with virtual users of this crew. Returns when all of them
/// are done.
pub(super) async fn run(workload: &Workload, crew: Arc<Crew>) -> Result<(), String> {
    if !workload.start_time.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(workload.start_time) => {}
            () = crew.stop.ending() => return Ok(()),
        }
    }
    let running = async {
        match (&workload.executor, Arrivals::new(&workload.executor)) {
            (
                Executor::ConstantArrivalRate { pool, .. }
                | Executor::RampingArrivalRate { pool, .. },
                Some(arrivals),
            ) => arrival::run(&crew, &arrivals, *pool, workload.executor.time_limit()).await,
            (Executor::RampingVus { start_vus, stages, graceful_ramp_down }, _) => {
                ramping::run(&crew, *start_vus, stages, *graceful_ramp_down).await
            }
            (executor, _) => looping::run(&crew, executor).await,
        }
    };
    tokio::pin!(running);
    // The executor begins first. Where the limit did, it would be over a little
    // before the last iterations are due.
    tokio::select! {
        biased;
        result = &mut running => result,
        () = end_in_time(workload, &crew) => running.await,
    }
}

/// Ends the workload when its time is up, and halts it when its grace is.
async fn end_in_time(workload: &Workload, crew: &Crew) {
    tokio::time::sleep(workload.executor.time_limit()).await;
    crew.stop.end();
    tokio::time::sleep(workload.graceful_stop).await;
    crew.stop.halt();
}
