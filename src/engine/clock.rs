use std::time::{Duration, Instant};

/// Time since the start of the run, monotonic. Copied into every virtual user.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// The instant that is `at` on this clock.
    pub fn instant(&self, at: Duration) -> Instant {
        self.0 + at
    }
}
