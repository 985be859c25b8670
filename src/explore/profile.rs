use std::time::Duration;

/// Where a request stands that runs no further by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// The steps that it waits with, sorted.
    pub(super) held: Vec<String>,
    pub(super) is_answered: bool,
}

/// What a request does when it runs alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    /// Its steps, in order.
    pub(super) names: Vec<String>,
    /// Where it rests before the first of them, and after each.
    pub(super) rests: Vec<Rest>,
}

impl Profile {
    /// Where it is to rest after these steps; `None` where it did other things
    /// when it was alone.
    pub(super) fn rest_after(&self, names: &[String]) -> Option<&Rest> {
        if self.names.starts_with(names) { self.rests.get(names.len()) } else { None }
    }
}

/// How long a silence has to be before it means something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    slowest: Duration,
}

impl Patience {
    const LEAST: Duration = Duration::from_millis(150);
    const MOST: Duration = Duration::from_secs(5);

    pub(super) fn new() -> Self {
        Self { slowest: Duration::ZERO }
    }

    /// Somebody has said something after that long.
    pub(super) fn note(&mut self, reaction: Duration) {
        self.slowest = self.slowest.max(reaction);
    }

    pub(super) fn length(self) -> Duration {
        (5 * self.slowest).clamp(Self::LEAST, Self::MOST)
    }
}
