use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::explore::Progress;

/// How many orders have been gone through, on a terminal.
#[derive(Debug)]
pub struct Orders {
    bar: ProgressBar,
}

impl Orders {
    /// Draws on standard error, at most ten times a second.
    pub fn new(title: &str) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{prefix} {wide_bar:.green/dim} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─");
        bar.set_style(style);
        bar.set_prefix(title.to_owned());
        Self { bar }
    }

    /// How many are left is known better with each order.
    pub fn tell(&self, progress: Progress) {
        self.bar.set_length((progress.orders + progress.pending) as u64);
        self.bar.set_position(progress.orders as u64);
        self.bar.set_message(format!(
            "{} orders, at least {} left, {} failing",
            progress.orders, progress.pending, progress.failing
        ));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
