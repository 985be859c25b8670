use std::time::Duration;

use super::View;
use crate::facts::{Event, Metrics};

/// Several views of the same run.
#[derive(Debug)]
pub struct Several(pub Vec<Box<dyn View>>);

impl View for Several {
    fn take(&mut self, event: &Event, metrics: &Metrics) {
        self.0.iter_mut().for_each(|view| view.take(event, metrics));
    }

    fn tick(&mut self, metrics: &Metrics, elapsed: Duration) {
        self.0.iter_mut().for_each(|view| view.tick(metrics, elapsed));
    }

    fn log(&mut self, line: &str) {
        self.0.iter_mut().for_each(|view| view.log(line));
    }

    fn debug(&mut self, text: &str) {
        self.0.iter_mut().for_each(|view| view.debug(text));
    }

    fn finish(&mut self, metrics: &Metrics, elapsed: Duration) {
        self.0.iter_mut().for_each(|view| view.finish(metrics, elapsed));
    }
}
