use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::Object;

/// The random numbers of one iteration. Shared by everything in it that draws,
/// so that the same seed gives the same draws in the same order.
#[derive(Clone)]
pub struct Dice(Arc<Cup>);

pub(super) struct Cup(Mutex<fastrand::Rng>);

impl Dice {
    pub fn new(random: fastrand::Rng) -> Self {
        Self(Arc::new(Cup(Mutex::new(random))))
    }

    pub fn roll(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.roll()
    }

    pub(super) fn value(&self) -> minijinja::Value {
        minijinja::Value::from_dyn_object(self.0.clone())
    }
}

impl Cup {
    pub(super) fn roll(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Cup {}

impl fmt::Debug for Cup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dice")
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}
