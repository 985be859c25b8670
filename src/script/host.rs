use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::guard::Guard;
use crate::engine::Vu;

/// What the functions of one state work with.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) guard: Arc<Guard>,
    /// Nobody while a script is only looked at.
    vu: Option<Arc<Vu>>,
    /// Set when the top level of the script is through.
    ready: AtomicBool,
    pub(super) env: Arc<BTreeMap<String, String>>,
    dice: Mutex<fastrand::Rng>,
    said: Arc<Said>,
    /// What the top level said, while nobody listens.
    early: Mutex<Vec<String>>,
}

/// What was said already in the run, and is not said again.
#[derive(Debug, Default)]
pub(super) struct Said(Mutex<BTreeSet<String>>);

/// So many different messages are told apart.
const DISTINCT: usize = 1000;

impl Host {
    pub(super) fn new(
        guard: Arc<Guard>,
        vu: Option<Arc<Vu>>,
        env: Arc<BTreeMap<String, String>>,
        seed: u64,
        said: Arc<Said>,
    ) -> Self {
        Self {
            guard,
            vu,
            ready: AtomicBool::new(false),
            env,
            dice: Mutex::new(fastrand::Rng::with_seed(seed)),
            said,
            early: Mutex::default(),
        }
    }

    /// The virtual user; none in the top level of the script.
    pub(super) fn vu(&self) -> Option<&Arc<Vu>> {
        self.vu.as_ref().filter(|_| self.ready.load(Ordering::Relaxed))
    }

    /// From now on there is a virtual user, with random numbers of its own.
    pub(super) fn begin(&self, seed: u64) {
        *self.dice() = fastrand::Rng::with_seed(seed);
        self.ready.store(true, Ordering::Relaxed);
    }

    pub(super) fn dice(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut said = self.said.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < DISTINCT && said.insert(message.clone()) {
            self.log(message);
        }
    }

    pub(super) fn early(&self) -> MutexGuard<'_, Vec<String>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
