use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::book::Book;
use super::brief::brief;
use super::drift::Drift;
use super::phase::Phase;
use super::point::State;
use super::timeline::{Timeline, rounded};
use crate::facts::{DatabaseLook, Event, Metrics, WorkloadMetrics};
use crate::model::AccountId;
use crate::report::progress::Goal;
use crate::report::prometheus::RunLabels;
use crate::report::{Header, RunReport, WorkloadInfo, run_summary};

/// One run as the page shows it, from its start to its verdict. Bounded in
/// memory, whatever the length of the run.
#[derive(Clone, Debug)]
pub struct LiveRun {
    id: u64,
    group: u64,
    label: String,
    phase: Phase,
    header: Option<Header>,
    goals: Vec<Goal>,
    drift: Drift,
    /// The accounts of the table as they were lately: however many watch, they are
    /// looked for once.
    listed: Value,
    /// The accounts with a chart of their own.
    charted: Vec<AccountId>,
    timeline: Timeline,
    began: Option<Instant>,
    /// How long it took, once it is over.
    took: Option<Duration>,
    totals: Totals,
    log: VecDeque<String>,
    /// The latest look at the database.
    database: Option<Arc<DatabaseLook>>,
    workloads: Vec<WorkloadInfo>,
    /// As they were lately, and when.
    metrics: Option<(Duration, Metrics)>,
    summary: Option<Value>,
}

/// What a page has seen of a run: all before `from` is there, of this generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    pub generation: u32,
    pub from: usize,
}

#[derive(Clone, Debug, Default)]
struct Totals {
    all: WorkloadMetrics,
    /// Iterations of each workload.
    iterations: Vec<u64>,
}

/// A run as Prometheus sees it.
#[derive(Clone, Debug)]
pub(super) struct Scraped {
    pub(super) labels: RunLabels,
    pub(super) workloads: Vec<WorkloadInfo>,
    pub(super) metrics: Metrics,
    /// Missing, and too much.
    pub(super) off: (u64, u64),
}

/// How old the numbers may be that Prometheus gets.
const KEPT: Duration = Duration::from_secs(1);
/// Accounts with a chart.
const CHARTED: usize = 8;
/// Accounts in the table.
const LISTED: usize = 20;
/// Lines of a script that are kept.
const LOGGED: usize = 50;
/// How late the news of an operation may be, without being charted too late.
const LAG: Duration = Duration::from_millis(50);

impl LiveRun {
    /// `label` tells the runs of one group apart.
    pub fn new(id: u64, group: u64, label: String) -> Self {
        Self {
            id,
            group,
            label,
            phase: Phase::Starting,
            header: None,
            goals: Vec::new(),
            drift: Drift::default(),
            listed: json!([]),
            charted: Vec::new(),
            timeline: Timeline::default(),
            began: None,
            took: None,
            totals: Totals::default(),
            log: VecDeque::new(),
            database: None,
            workloads: Vec::new(),
            metrics: None,
            summary: None,
        }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The server is there; what it is and what is to be done is known.
    pub fn announce(&mut self, header: Header, goals: Vec<Goal>, workloads: Vec<WorkloadInfo>) {
        self.header = Some(header);
        self.goals = goals;
        self.workloads = workloads;
    }

    /// Takes an event in, which `metrics` have counted already.
    pub fn take(&mut self, event: &Event, metrics: &Metrics) {
        if let Event::Began { initial } = event {
            self.phase = Phase::Running;
            self.began = Some(Instant::now());
            self.charted = initial.keys().take(CHARTED).cloned().collect();
        }
        let time = match event {
            Event::Operation(operation) => Some(operation.completed),
            Event::Request(_) | Event::IterationDropped { .. } => Some(self.elapsed()),
            _ => None,
        };
        if let Some(time) = time {
            self.chart(time, event, metrics);
        }
        self.drift.apply(event);
        if matches!(event, Event::Began { .. } | Event::Ended { .. }) {
            self.list();
        }
        match event {
            Event::Log { message } => self.log(message),
            Event::Fault(news) => self.log(&news.to_string()),
            Event::Database(look) => {
                self.timeline.look(look.waiting.into());
                self.database = Some(look.clone());
            }
            Event::Ended { .. } => {
                let elapsed = self.elapsed();
                self.took = Some(elapsed);
                self.phase = Phase::Judging;
                self.timeline.close(elapsed);
            }
            _ => {}
        }
    }

    /// Called several times a second.
    pub fn tick(&mut self, metrics: &Metrics) {
        self.totals = Totals {
            all: metrics.total(),
            iterations: metrics.workloads.iter().map(|workload| workload.iterations).collect(),
        };
        let elapsed = self.elapsed();
        let due = |(last, _): &(Duration, Metrics)| elapsed >= *last + KEPT || !self.is_running();
        if self.metrics.as_ref().is_none_or(due) {
            self.metrics = Some((elapsed, metrics.clone()));
        }
        if self.is_running() {
            self.list();
            let time = self.elapsed().saturating_sub(LAG);
            let (drift, charted) = (&self.drift, &self.charted);
            self.timeline.at(time, || state(drift, charted, metrics));
        }
    }

    /// It is over; this came out.
    pub fn finish(&mut self, report: &RunReport) {
        self.header = Some(report.header.clone());
        self.label = report.label().to_owned();
        self.summary = Some(brief(run_summary(report)));
        self.took = Some(self.elapsed());
        self.phase = Phase::Done;
    }

    /// Nobody carries it on any more; no matter where it is over.
    pub(super) fn give_up(&mut self) {
        if self.phase != Phase::Done {
            let error = "it broke off, by a mistake in bankrun; the terminal may say more";
            self.summary = Some(json!({ "header": self.header, "error": error }));
            self.took = Some(self.elapsed());
            self.phase = Phase::Done;
        }
    }

    /// All there is to know of it, and what a page has then seen.
    pub fn view(&self) -> (Value, Watched) {
        let (timeline, watched) = self.timeline_from(0);
        let goals = self.goals.iter().map(goal).collect::<Vec<_>>();
        let view = json!({
            "id": self.id,
            "group": self.group,
            "label": self.label,
            "state": self.phase,
            "header": self.header,
            "goals": goals,
            "timeline": timeline,
            "now": self.now(),
            "log": self.log,
            "summary": self.summary,
        });
        (view, watched)
    }

    /// What is new to a page that has seen so much; `None`: it has to see all.
    pub fn since(&self, watched: Watched) -> Option<(Value, Watched)> {
        if watched.generation != self.timeline.generation() {
            return None;
        }
        let (timeline, now) = self.timeline_from(watched.from);
        let news = json!({
            "id": self.id,
            "generation": watched.generation,
            "from": watched.from,
            "timeline": timeline,
            "now": self.now(),
            "log": self.log,
        });
        Some((news, now))
    }

    /// The same for Prometheus, a second old at most.
    pub(super) fn scraped(&self) -> Option<Scraped> {
        let labels = RunLabels::of(self.header.as_ref()?);
        let (_, metrics) = self.metrics.clone()?;
        let off = (self.drift.missing(), self.drift.surplus());
        Some(Scraped { labels, workloads: self.workloads.clone(), metrics, off })
    }

    pub(super) fn group(&self) -> u64 {
        self.group
    }

    fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    fn chart(&mut self, time: Duration, event: &Event, metrics: &Metrics) {
        let (drift, charted) = (&self.drift, &self.charted);
        let point = self.timeline.at(time, || state(drift, charted, metrics));
        match event {
            Event::Operation(operation) => {
                point.requests += 1;
                point.outcomes.count(operation.outcome);
                if operation.status.is_some() {
                    point.record(operation.took());
                }
            }
            Event::Request(request) => {
                point.requests += 1;
                if request.status.is_some() {
                    point.record(request.took);
                }
            }
            Event::IterationDropped { count, .. } => point.dropped += count,
            _ => {}
        }
    }

    fn list(&mut self) {
        self.listed = self.drift.worst(LISTED).into_iter().map(account).collect();
    }

    fn log(&mut self, line: &str) {
        if self.log.len() == LOGGED {
            self.log.pop_front();
        }
        self.log.push_back(line.to_owned());
    }

    fn elapsed(&self) -> Duration {
        let running = || self.began.map_or(Duration::ZERO, |began| began.elapsed());
        self.took.unwrap_or_else(running)
    }

    fn timeline_from(&self, from: usize) -> (Value, Watched) {
        let mut state = State { vus: self.totals.all.vus, ..State::default() };
        books(&mut state, &self.drift, &self.charted);
        let columns = self.timeline.columns(from, self.elapsed(), state, &self.charted);
        let generation = self.timeline.generation();
        (columns, Watched { generation, from: self.timeline.closed() })
    }

    fn now(&self) -> Value {
        let (all, elapsed) = (&self.totals.all, self.elapsed());
        let iterations = |done: &u64| json!({ "iterations": done });
        json!({
            "elapsed_s": rounded(elapsed.as_secs_f64(), 1e3),
            "requests": all.http_requests(),
            "rps": rounded(self.timeline.rate(elapsed), 10.0),
            "iterations": all.iterations,
            "vus": all.vus,
            "ok": all.outcomes.ok,
            "rejected": all.outcomes.rejected,
            "failed": all.outcomes.failed,
            "unknown": all.outcomes.unknown,
            "dropped": all.iterations_dropped,
            "progress": self.totals.iterations.iter().map(iterations).collect::<Vec<_>>(),
            "accounts": self.listed,
            "accounts_total": self.drift.len(),
            "missing": self.drift.missing(),
            "surplus": self.drift.surplus(),
            "database": self.database,
        })
    }
}

/// How things stand.
fn state(drift: &Drift, charted: &[AccountId], metrics: &Metrics) -> State {
    let vus = metrics.workloads.iter().map(|workload| workload.vus).sum();
    let mut state = State { vus, ..State::default() };
    books(&mut state, drift, charted);
    state
}

fn books(state: &mut State, drift: &Drift, charted: &[AccountId]) {
    let book = |account| drift.get(account).map(|book| (book.expected(), book.told));
    state.missing = drift.missing();
    state.surplus = drift.surplus();
    state.accounts = charted.iter().map(|account| book(account).unwrap_or_default()).collect();
}

fn account((account, book): (&AccountId, &Book)) -> Value {
    let (low, high) = book.low_and_high().unzip();
    json!({
        "account": account,
        "initial": book.initial,
        "expected": book.expected(),
        "low": low,
        "high": high,
        "actual": book.told,
    })
}

fn goal(goal: &Goal) -> Value {
    json!({
        "name": goal.name,
        "iterations": goal.iterations,
        "start_s": goal.start_time.as_secs_f64(),
        "duration_s": goal.duration.as_secs_f64(),
        "vus": goal.vus,
    })
}
