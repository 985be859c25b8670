//! One run from the reset to the verdict: engine, facts and progress brought together.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::history::HistoryFile;
use super::observation::Observation;
use super::output::{foreign, mask};
use super::outputs::Outputs;
use super::push::Feed;
use super::watch::Watch;
use crate::engine::{Faults, Program, Run, RunError, Service, Stop, arrival_rate, workload_tags};
use crate::facts::{Event, Facts, Metrics};
use crate::report::WorkloadInfo;
use crate::report::live::LiveHandle;
use crate::report::progress::{Bars, Goal, Lines, Several, Silent, View, wire};
use crate::scenario::Scenario;

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Events taken from the channel at a time.
const BATCH: usize = 1024;
/// How long events may gather: to be woken for each of them would cost more than
/// to take it in.
const GATHERING: Duration = Duration::from_millis(1);

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

/// What goes on beside a run.
pub(super) struct Around<'a> {
    pub(super) view: Box<dyn View>,
    pub(super) records: Records,
    pub(super) observation: &'a mut Observation,
    pub(super) faults: Option<Faults>,
}

/// Whose time begins with that of the run.
#[derive(Debug)]
struct Clocks {
    watch: Watch,
    /// The observer of the database.
    began: Option<Arc<Notify>>,
}

impl Clocks {
    fn begin(&mut self) {
        self.watch.begin();
        if let Some(began) = &self.began {
            began.notify_one();
        }
    }
}

/// Runs the scenario and gathers what happened.
pub(super) async fn execute(
    scenario: &Scenario,
    service: Service,
    program: Arc<dyn Program>,
    around: Around<'_>,
    stop: Stop,
) -> Result<Facts, RunError> {
    let Around { view, records, observation, faults } = around;
    let (events, received) = unbounded_channel();
    // That a threshold or a script ends this run interrupts nothing else.
    let own = stop.child();
    let watch = Watch::new(&scenario.thresholds, own.clone());
    let began = observation.begin(events.clone());
    let clocks = Clocks { watch, began };
    let mut facts = facts_of(scenario);
    if let Some(file) = records.history.as_ref().and_then(HistoryFile::beside) {
        facts.history.keep_in(file);
    }
    let collecting = tokio::spawn(collect(received, facts, clocks, view, records));
    let run = Run { scenario: scenario.clone(), service, program, faults, events, stop: own };
    let began = SystemTime::now();
    let elapsed = run.execute().await;
    observation.end().await;
    // Engine and observer have dropped their ends: the collector runs dry.
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
    facts.arrival_rate = arrival_rate(scenario);
    for invariant in &scenario.invariants {
        facts.await_invariant(invariant.name.clone());
    }
    facts
}

async fn collect(
    mut events: UnboundedReceiver<Event>,
    mut facts: Facts,
    mut clocks: Clocks,
    mut view: Box<dyn View>,
    mut records: Records,
) -> Facts {
    let (began, secrets) = (Instant::now(), mask());
    let mut batch = Vec::with_capacity(BATCH);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            received = events.recv_many(&mut batch, BATCH) => {
                if received == 0 {
                    break;
                }
                for event in batch.drain(..) {
                    let event = event.masked(&secrets);
                    let index = facts.apply(&event);
                    view.take(&event, &facts.metrics);
                    records.take(&event, index);
                    match event {
                        Event::Began { .. } => clocks.begin(),
                        Event::Log { message } => view.log(&foreign(&message)),
                        Event::Fault(news) => view.log(&foreign(&news.to_string())),
                        Event::Wire(part) => view.debug(&foreign(&wire(&part))),
                        _ => {}
                    }
                }
                if received < BATCH {
                    tokio::time::sleep(GATHERING).await;
                }
            }
            _ = tick.tick() => {
                clocks.watch.look(&mut facts);
                view.tick(&facts.metrics, began.elapsed());
                records.tick(&facts.metrics);
            }
        }
    }
    records.flush();
    view.finish(&facts.metrics, began.elapsed());
    facts
}

/// Bars on a terminal, plain lines elsewhere, nothing when quiet; and whoever
/// watches elsewhere.
pub(super) fn view(scenario: &Scenario, quiet: bool, live: Option<LiveHandle>) -> Box<dyn View> {
    let here: Box<dyn View> = if quiet {
        Box::new(Silent)
    } else if io::stderr().is_terminal() {
        Box::new(Bars::new(goals(scenario)))
    } else {
        Box::new(Lines::new(goals(scenario), Box::new(io::stderr())))
    };
    match live {
        Some(live) => Box::new(Several(vec![here, Box::new(live)])),
        None => here,
    }
}

/// What each workload works towards.
pub(super) fn goals(scenario: &Scenario) -> Vec<Goal> {
    let goals = scenario.workloads.iter().map(|workload| Goal {
        name: workload.name.clone(),
        iterations: workload.executor.iterations(),
        start_time: workload.start_time,
        duration: workload.executor.time_limit(),
        vus: workload.executor.vus(),
    });
    goals.collect()
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
