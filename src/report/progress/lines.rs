use std::fmt;
use std::io::Write;
use std::time::Duration;

use super::{Goal, View};
use crate::facts::Metrics;
use crate::report::format::{duration, rate};

/// A plain line now and then, where there is no terminal to draw on.
pub struct Lines {
    out: Box<dyn Write + Send>,
    goals: Vec<Goal>,
    next: Duration,
}

/// Between two lines.
const INTERVAL: Duration = Duration::from_secs(2);

impl Lines {
    pub fn new(goals: Vec<Goal>, out: Box<dyn Write + Send>) -> Self {
        Self { out, goals, next: INTERVAL }
    }

    fn line(&mut self, metrics: &Metrics, elapsed: Duration) {
        let total = metrics.total();
        let known: Option<u64> = self.goals.iter().map(|goal| goal.iterations).sum();
        let of = known.map_or_else(String::new, |known| format!("/{known}"));
        let errors = total.outcomes.errors() + total.requests_failed + total.script_errors;
        let dropped = match total.iterations_dropped {
            0 => String::new(),
            dropped => format!(", {dropped} dropped"),
        };
        let vus = if total.vus > 0 { format!(", {} VUs", total.vus) } else { String::new() };
        // Nobody reads it any more: not a reason to end the run.
        let _ = writeln!(
            self.out,
            "{:>6}  {}{of} iterations{vus}, {} req/s, {errors} errors{dropped}",
            duration(elapsed),
            total.iterations,
            rate(total.http_requests(), elapsed),
        );
    }
}

impl View for Lines {
    fn tick(&mut self, metrics: &Metrics, elapsed: Duration) {
        if elapsed >= self.next {
            self.next = elapsed + INTERVAL;
            self.line(metrics, elapsed);
        }
    }

    fn log(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn finish(&mut self, metrics: &Metrics, elapsed: Duration) {
        self.line(metrics, elapsed);
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("goals", &self.goals).finish_non_exhaustive()
    }
}
