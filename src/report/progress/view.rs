use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use crate::facts::{Event, Metrics};

/// Something that shows the metrics of a run as it goes.
pub trait View: Send + fmt::Debug {
    /// An event, which the metrics have counted already.
    fn take(&mut self, _event: &Event, _metrics: &Metrics) {}

    /// Called several times a second.
    fn tick(&mut self, metrics: &Metrics, elapsed: Duration);

    /// A line that a script wants to be read.
    fn log(&mut self, line: &str);

    /// What `--http-debug` shows.
    fn debug(&mut self, text: &str) {
        self.log(text);
    }

    /// The run is over; what was drawn goes away.
    fn finish(&mut self, metrics: &Metrics, elapsed: Duration);
}

/// One workload and what it works towards.
#[derive(Clone, Debug)]
pub struct Goal {
    pub name: String,
    /// Iterations, where their number is known; else time.
    pub iterations: Option<u64>,
    /// When it begins, and how long from then it may go on.
    pub start_time: Duration,
    pub duration: Duration,
    /// The most virtual users it can have.
    pub vus: u32,
}

/// `--quiet`. What is asked for in so many words is shown all the same.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl View for Silent {
    fn tick(&mut self, _: &Metrics, _: Duration) {}
    fn log(&mut self, _: &str) {}
    fn debug(&mut self, text: &str) {
        // Nobody reads it any more: not a reason to end the run.
        let _ = writeln!(io::stderr(), "{text}");
    }
    fn finish(&mut self, _: &Metrics, _: Duration) {}
}
