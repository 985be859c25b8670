//! One run from the reset to the verdict: engine, facts and progress brought together.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::history::HistoryFile;
use super::outputs::Outputs;
use super::push::Feed;
use super::watch::Watch;
use crate::engine::{Program, Run, RunError, Service, Stop, workload_tags};
use crate::facts::{Event, Facts, Metrics};
use crate::report::WorkloadInfo;
use crate::report::progress::{Bars, Goal, Lines, Silent, View, wire};
use crate::scenario::Scenario;

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Events taken from the channel at a time.
const BATCH: usize = 1024;

/// What is written while the run goes on.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) history: Option<HistoryFile>,
    pub(super) outputs: Outputs,
    pub(super) feed: Feed,
}

impl Records {
    /// `index` is that of the event's line in the history.
    fn take(&mut self, event: &Event, index: Option<u64>) {
        if let Some(history) = &mut self.history {
            history.write(event, index);
        }
        self.outputs.take(event);
    }

    fn tick(&mut self, metrics: &Metrics) {
        self.feed.tick(metrics);
        self.flush();
    }

    fn flush(&mut self) {
        self.history.as_mut().map(HistoryFile::flush);
        self.outputs.flush();
    }
}

/// Runs the scenario and gathers what happened.
pub(super) async fn execute(
    scenario: &Scenario,
    service: Service,
    program: Arc<dyn Program>,
    view: Box<dyn View>,
    records: Records,
    stop: Stop,
) -> Result<Facts, RunError> {
    let (events, received) = unbounded_channel();
    // That a threshold or a script ends this run interrupts nothing else.
    let own = stop.child();
    let watch = Watch::new(&scenario.thresholds, own.clone());
    let collecting = tokio::spawn(collect(received, facts_of(scenario), watch, view, records));
    let run = Run { scenario: scenario.clone(), service, program, events, stop: own };
    let began = SystemTime::now();
    let elapsed = run.execute().await;
    // The engine has dropped its end: the collector runs dry.
    let mut facts = collecting.await.map_err(|panic| RunError::Script(panic.to_string()))?;
    facts.began = Some(began);
    facts.elapsed = elapsed?;
    facts.interrupted = stop.is_ending();
    Ok(facts)
}

/// The facts of a run that has not begun: nothing but what is to be looked for.
fn facts_of(scenario: &Scenario) -> Facts {
    let tags = scenario.workloads.iter().map(workload_tags);
    let selectors = scenario.thresholds.iter().map(|threshold| threshold.selector.clone());
    let mut facts = Facts::watching(tags.collect(), selectors);
    for invariant in &scenario.invariants {
        facts.await_invariant(invariant.name.clone());
    }
    facts
}

async fn collect(
    mut events: UnboundedReceiver<Event>,
    mut facts: Facts,
    mut watch: Watch,
    mut view: Box<dyn View>,
    mut records: Records,
) -> Facts {
    let began = Instant::now();
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
                    records.take(&event, index);
                    match event {
                        Event::Began { .. } => watch.begin(),
                        Event::Log { message } => view.log(&message),
                        Event::Wire(part) => view.debug(&wire(&part)),
                        _ => {}
                    }
                }
            }
            _ = tick.tick() => {
                watch.look(&mut facts);
                view.tick(&facts.metrics, began.elapsed());
                records.tick(&facts.metrics);
            }
        }
    }
    records.flush();
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
