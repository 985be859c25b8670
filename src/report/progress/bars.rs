use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Goal, View};
use crate::facts::{Metrics, WorkloadMetrics};
use crate::report::format::{columns, duration, rate, shortened};

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
        let width = goals.iter().map(|goal| columns(&goal.name)).max().unwrap_or(0).min(NAME);
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
            let own = elapsed.saturating_sub(goal.start_time);
            bar.set_position(match goal.iterations {
                Some(_) => metrics.iterations,
                None => own.as_millis() as u64,
            });
            bar.set_message(message(goal, metrics, own));
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

/// Iterations, or time for what runs for a time; how fast, by how many, and what
/// went wrong.
fn message(goal: &Goal, metrics: &WorkloadMetrics, elapsed: Duration) -> String {
    let requests = metrics.http_requests();
    let (done, time) = match goal.iterations {
        Some(total) => (format!("{}/{total}", metrics.iterations), duration(elapsed)),
        None => {
            let time =
                format!("{}/{}", duration(elapsed.min(goal.duration)), duration(goal.duration));
            (metrics.iterations.to_string(), time)
        }
    };
    let (rate, vus) = (rate(requests, elapsed), format!("{}/{}", metrics.vus, goal.vus));
    let errors = metrics.outcomes.errors() + metrics.requests_failed + metrics.script_errors;
    let dropped = match metrics.iterations_dropped {
        0 => String::new(),
        dropped => format!(" {dropped} dropped"),
    };
    format!("{done} {rate}/s {vus} VUs {time} {errors} errors{dropped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_and_by_how_many() {
        let goal = Goal {
            name: "w".into(),
            iterations: None,
            start_time: Duration::ZERO,
            duration: Duration::from_secs(60),
            vus: 20,
        };
        let metrics = WorkloadMetrics {
            vus: 3,
            iterations: 50,
            iterations_dropped: 2,
            requests: 100,
            ..WorkloadMetrics::default()
        };
        let second = Duration::from_secs(1);
        assert_eq!(
            message(&goal, &metrics, second),
            "50 100/s 3/20 VUs 1.00s/1m00s 0 errors 2 dropped"
        );
        let goal = Goal { iterations: Some(80), ..goal };
        let metrics = WorkloadMetrics { iterations_dropped: 0, ..metrics };
        assert_eq!(message(&goal, &metrics, second), "50/80 100/s 3/20 VUs 1.00s 0 errors");
    }
}
