use std::time::Duration;

use super::board::LiveHandle;
use crate::facts::{Event, Metrics};
use crate::report::progress::View;

impl View for LiveHandle {
    fn take(&mut self, event: &Event, metrics: &Metrics) {
        self.with(|run| run.take(event, metrics));
    }

    fn tick(&mut self, metrics: &Metrics, _elapsed: Duration) {
        self.with(|run| run.tick(metrics));
    }

    /// It was among the events.
    fn log(&mut self, _line: &str) {}

    /// What goes over the wire is for the terminal.
    fn debug(&mut self, _text: &str) {}

    fn finish(&mut self, metrics: &Metrics, _elapsed: Duration) {
        self.with(|run| run.tick(metrics));
    }
}
