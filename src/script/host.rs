use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::Known;
use super::course::Course;
use super::guard::Guard;
use super::source::Source;
use super::state::{Role, Seat};
use crate::engine::Vu;
use crate::facts::{Check, Event, MetricKind, Mismatch, Sample, Tags};
use crate::template::Scope;

/// What the functions of one state work with.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) guard: Arc<Guard>,
    pub(super) source: Arc<Source>,
    pub(super) course: Arc<Course>,
    pub(super) role: Role,
    /// Nobody while a script is only looked at.
    vu: Option<Arc<Vu>>,
    /// Set when the top level of the script is through.
    ready: AtomicBool,
    dice: Mutex<fastrand::Rng>,
    groups: Mutex<Groups>,
    iteration: Mutex<Iteration>,
    pub(super) known: Known,
    /// What was said while nobody listens.
    early: Mutex<Vec<String>>,
}

/// The iteration that the script is in.
#[derive(Debug, Default)]
struct Iteration {
    /// Among those of the virtual user.
    own: u64,
    /// As the engine counts.
    number: u64,
    /// What templates see in it; made when it is asked for.
    scope: Option<Arc<Scope>>,
}

/// The groups that the script is in.
#[derive(Debug, Default)]
struct Groups {
    /// `::outer::inner`
    path: String,
    /// For each, where the path of the one around it ends, and when it was entered.
    open: Vec<(usize, Duration)>,
}

pub(super) const BETWEEN_GROUPS: &str = "::";
const GROUP_DURATION: &str = "group_duration";
/// A group that enters itself again and again ends here.
const LONGEST_GROUP: usize = 1000;

impl Host {
    pub(super) fn new(guard: Arc<Guard>, source: &Arc<Source>, seat: &Seat<'_>) -> Self {
        Self {
            guard,
            source: source.clone(),
            course: seat.course.clone(),
            role: seat.role,
            vu: seat.vu.cloned(),
            ready: AtomicBool::new(false),
            dice: Mutex::new(fastrand::Rng::with_seed(seat.seed)),
            groups: Mutex::default(),
            iteration: Mutex::default(),
            known: Known::default(),
            early: Mutex::default(),
        }
    }

    /// The virtual user; none in the top level of the script.
    pub(super) fn vu(&self) -> Option<&Arc<Vu>> {
        self.vu.as_ref().filter(|_| self.is_ready())
    }

    /// Whether the top level of the script is through.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// From now on there is a virtual user, with random numbers of its own.
    pub(super) fn begin(&self, seed: u64) {
        *self.dice() = fastrand::Rng::with_seed(seed);
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Whether nobody runs the script: it is only looked at.
    pub(super) fn is_nobody(&self) -> bool {
        self.vu.is_none()
    }

    /// Another iteration begins, unless it is the same as before.
    pub(super) fn iteration(&self, own: u64, number: u64) {
        let mut iteration = self.iteration.lock().unwrap_or_else(PoisonError::into_inner);
        if (iteration.own, iteration.number) != (own, number) {
            *iteration = Iteration { own, number, scope: None };
        }
    }

    /// What the templates of a file see in this iteration. `None`: the script is
    /// by itself.
    pub(super) fn scope(&self, vu: &Vu) -> Option<Arc<Scope>> {
        let planned = self.course.planned.as_ref()?;
        let mut iteration = self.iteration.lock().unwrap_or_else(PoisonError::into_inner);
        let number = iteration.number;
        Some(iteration.scope.get_or_insert_with(|| planned.scope(vu, number)).clone())
    }

    pub(super) fn dice(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a sample of this moment carries.
    pub(super) fn tags(&self, vu: &Vu) -> Tags {
        match self.groups().path.as_str() {
            "" => vu.seat.tags.clone(),
            path => vu.seat.tags.with([("group", path)]),
        }
    }

    /// Enters a group. Returns how many there were around it; `None`: too many.
    pub(super) fn enter(&self, vu: &Vu, name: &str) -> Option<usize> {
        let mut groups = self.groups();
        if groups.path.len() + name.len() > LONGEST_GROUP {
            return None;
        }
        let depth = groups.open.len();
        let outer = groups.path.len();
        groups.open.push((outer, vu.clock().now()));
        groups.path.push_str(BETWEEN_GROUPS);
        groups.path.push_str(name);
        Some(depth)
    }

    /// Leaves all groups but the `depth` outermost: also those that an error
    /// ended, of which Lua says nothing.
    pub(super) fn leave(&self, vu: &Vu, depth: usize) {
        while self.groups().open.len() > depth {
            let tags = self.tags(vu);
            let mut groups = self.groups();
            let Some((outer, began)) = groups.open.pop() else { return };
            groups.path.truncate(outer);
            let took = vu.clock().now().saturating_sub(began);
            vu.emit(Event::Sample(Sample {
                workload: vu.seat.workload,
                metric: GROUP_DURATION.into(),
                kind: MetricKind::Trend,
                value: took.as_secs_f64() * 1000.0,
                tags,
            }));
        }
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A named condition. In `verify` a failure fails the run.
    pub(super) fn check(
        &self,
        vu: &Vu,
        name: &str,
        tags: Vec<(String, String)>,
        mismatch: Option<Mismatch>,
    ) {
        vu.emit(Event::Check(Check {
            workload: vu.seat.workload,
            name: name.into(),
            passed: mismatch.is_none(),
            tags: if tags.is_empty() { self.tags(vu) } else { self.tags(vu).with(tags) },
            counts: self.role == Role::Verifier,
            mismatch: mismatch.map(Arc::new),
        }));
    }

    /// The top level runs once for each virtual user; what it says is said once,
    /// when the script is loaded.
    pub(super) fn log(&self, message: String) {
        match (self.vu(), &self.vu) {
            (Some(vu), _) => vu.log(message),
            (None, None) => self.early().push(message),
            (None, Some(_)) => {}
        }
    }

    pub(super) fn log_once(&self, message: String) {
        if self.course.is_new(&message) {
            self.log(message);
        }
    }

    pub(super) fn early(&self) -> MutexGuard<'_, Vec<String>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
