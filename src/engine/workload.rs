//! One workload: its virtual users, from the first iteration to the last.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::pacing::Pacing;
use super::{Behaviour, Cut, Program, Stop, Vu};
use crate::facts::Event;
use crate::scenario::Workload;

/// Runs the workload with these virtual users, which belong to `stop`. Returns
/// when all of them are done.
pub(super) async fn run(
    workload: &Workload,
    vus: Vec<Arc<Vu>>,
    program: &dyn Program,
    stop: Stop,
) -> Result<(), String> {
    if !workload.start_time.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(workload.start_time) => {}
            () = stop.ending() => return Ok(()),
        }
    }
    let pacing = Pacing::new(&workload.executor);
    let mut running = JoinSet::new();
    for vu in vus {
        let behaviour = program.behaviour(&vu)?;
        running.spawn(iterate(vu, behaviour, pacing.clone()));
    }
    let limit = end_in_time(workload, &stop);
    let all_done = async {
        let mut result = Ok(());
        while let Some(done) = running.join_next().await {
            if let Err(panic) = done {
                stop.halt();
                result = Err(panic.to_string());
            }
        }
        result
    };
    tokio::pin!(all_done);
    tokio::select! {
        result = &mut all_done => result,
        () = limit => all_done.await,
    }
}

/// Ends the workload when its time is up, and halts it when its grace is.
async fn end_in_time(workload: &Workload, stop: &Stop) {
    tokio::time::sleep(workload.executor.time_limit()).await;
    stop.end();
    tokio::time::sleep(workload.graceful_stop).await;
    stop.halt();
}

async fn iterate(vu: Arc<Vu>, mut behaviour: Box<dyn Behaviour>, mut pacing: Pacing) {
    let workload = vu.seat.workload;
    vu.emit(Event::VuStarted { workload });
    while !vu.stop().is_ending()
        && let Some(number) = pacing.next()
    {
        let began = vu.clock().now();
        match behaviour.iterate(&vu, number).await {
            Ok(()) => vu.emit(Event::Iteration { workload, took: vu.clock().now() - began }),
            Err(Cut::Stopped) => vu.emit(Event::IterationCut { workload, error: None }),
            Err(Cut::Error(error)) => {
                vu.emit(Event::IterationCut { workload, error: Some(error.into()) });
            }
        }
        vu.end_iteration();
    }
    vu.emit(Event::VuEnded { workload });
}
