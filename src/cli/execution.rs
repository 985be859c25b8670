//! One run from the reset to the verdict: engine, facts and progress brought together.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::history::HistoryFile;
use crate::engine::{Program, Run, RunError, Service, Stop};
use crate::facts::{Event, Facts};
use crate::report::WorkloadInfo;
use crate::report::progress::{Bars, Goal, Lines, Silent, View};
use crate::scenario::Scenario;

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Events taken from the channel at a time.
const BATCH: usize = 1024;

/// Runs the scenario and gathers what happened.
pub(super) async fn execute(
    scenario: &Scenario,
    service: Service,
    program: Arc<dyn Program>,
    view: Box<dyn View>,
    history: Option<HistoryFile>,
    stop: Stop,
) -> Result<Facts, RunError> {
    let (events, received) = unbounded_channel();
    let collecting = tokio::spawn(collect(received, scenario.workloads.len(), view, history));
    let run = Run { scenario: scenario.clone(), service, program, events, stop: stop.clone() };
    let elapsed = run.execute().await;
    // The engine has dropped its end: the collector runs dry.
    let mut facts = collecting.await.map_err(|panic| RunError::Script(panic.to_string()))?;
    facts.elapsed = elapsed?;
    facts.interrupted = stop.is_ending();
    Ok(facts)
}

async fn collect(
    mut events: UnboundedReceiver<Event>,
    workloads: usize,
    mut view: Box<dyn View>,
    mut history: Option<HistoryFile>,
) -> Facts {
    let began = Instant::now();
    let mut facts = Facts::new(workloads);
    let mut batch = Vec::with_capacity(BATCH);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            received = events.recv_many(&mut batch, BATCH) => {
                if received == 0 {
                    break;
                }
                for event in batch.drain(..) {
                    let index = facts.apply(&event);
                    if let Some(history) = &mut history {
                        history.write(&event, index);
                    }
                    if let Event::Log { message } = event {
                        view.log(&message);
                    }
                }
            }
            _ = tick.tick() => {
                view.tick(&facts.metrics, began.elapsed());
                history.as_mut().map(HistoryFile::flush);
            }
        }
    }
    view.finish(&facts.metrics, began.elapsed());
    facts
}

/// Bars on a terminal, plain lines elsewhere, nothing when quiet.
pub(super) fn view(scenario: &Scenario, quiet: bool) -> Box<dyn View> {
    if quiet {
        return Box::new(Silent);
    }
    let goals = scenario.workloads.iter().map(|workload| Goal {
        name: workload.name.clone(),
        iterations: workload.executor.iterations(),
        start_time: workload.start_time,
        duration: workload.executor.time_limit(),
        vus: workload.executor.vus(),
    });
    if io::stderr().is_terminal() {
        Box::new(Bars::new(goals.collect()))
    } else {
        Box::new(Lines::new(goals.collect(), Box::new(io::stderr())))
    }
}

/// What the report says of each workload.
pub(super) fn workload_infos(scenario: &Scenario) -> Vec<WorkloadInfo> {
    let infos = scenario.workloads.iter().map(|workload| WorkloadInfo {
        name: workload.name.clone(),
        executor: workload.executor.name(),
        vus: workload.executor.vus(),
        varies_vus: workload.executor.varies_vus(),
        planned: workload.planned_operations(),
    });
    infos.collect()
}
