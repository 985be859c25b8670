use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Goal, View};
use crate::facts::Metrics;
use crate::report::format::{duration, rate, shortened};

/// One bar per workload, on a terminal.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    bars: Vec<(Goal, ProgressBar)>,
}

const NAME: usize = 16;

impl Bars {
    /// Draws on standard error, at most ten times a second.
    pub fn new(goals: Vec<Goal>) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let width = goals.iter().map(|goal| goal.name.chars().count()).max().unwrap_or(0).min(NAME);
        let template = format!("{{prefix:{width}}} {{wide_bar:.green/dim}} {{msg}}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─");
        let bars = goals.into_iter().map(|goal| {
            let length = goal.iterations.unwrap_or(goal.duration.as_millis() as u64);
            let bar = all.add(ProgressBar::new(length));
            bar.set_style(style.clone());
            bar.set_prefix(shortened(&goal.name, NAME));
            (goal, bar)
        });
        let bars = bars.collect();
        Self { all, bars }
    }
}

impl View for Bars {
    fn tick(&mut self, metrics: &Metrics, elapsed: Duration) {
        for ((goal, bar), metrics) in self.bars.iter().zip(&metrics.workloads) {
            let requests = metrics.http_requests();
            let (position, done) = match goal.iterations {
                Some(total) => (metrics.iterations, format!("{}/{total}", metrics.iterations)),
                None => (elapsed.as_millis() as u64, requests.to_string()),
            };
            let errors =
                metrics.outcomes.errors() + metrics.requests_failed + metrics.script_errors;
            let rate = rate(requests, elapsed);
            let elapsed = duration(elapsed);
            bar.set_message(format!("{done} {rate}/s {elapsed} {errors} errors"));
            bar.set_position(position);
        }
    }

    fn log(&mut self, line: &str) {
        // Not drawn when the terminal is gone: then nobody reads it either.
        let _ = self.all.println(line);
    }

    fn finish(&mut self, _: &Metrics, _: Duration) {
        for (_, bar) in &self.bars {
            bar.finish_and_clear();
        }
        let _ = self.all.clear();
    }
}
