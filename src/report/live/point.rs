use std::time::Duration;

use hdrhistogram::Histogram;

use crate::facts::{Latency, Outcomes};
use crate::model::Amount;

/// What happened in a while, and how things stood at its end.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) end: Duration,
    pub(super) length: Duration,
    pub(super) requests: u64,
    pub(super) outcomes: Outcomes,
    pub(super) dropped: u64,
    /// The most connections of the database seen waiting for a lock; `None`:
    /// nobody looked.
    pub(super) waiting: Option<u64>,
    latency: Coarse,
    pub(super) state: State,
}

/// How things stand.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) vus: u32,
    pub(super) missing: u64,
    pub(super) surplus: u64,
    /// Expected and told, of each account on the chart.
    pub(super) accounts: Vec<(Option<Amount>, Option<Amount>)>,
}

/// Two significant digits are enough for a chart. Made when there is something
/// to hold.
#[derive(Clone, Debug, Default)]
struct Coarse(Option<Box<Histogram<u32>>>);

impl Point {
    pub(super) fn new(end: Duration, length: Duration, state: State) -> Self {
        let latency = Coarse::default();
        let outcomes = Outcomes::default();
        Self { end, length, requests: 0, outcomes, dropped: 0, waiting: None, latency, state }
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.latency.record(took);
    }

    /// Requests a second.
    pub(super) fn rate(&self) -> f64 {
        match self.length.as_secs_f64() {
            0.0 => 0.0,
            seconds => self.requests as f64 / seconds,
        }
    }

    /// In milliseconds.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let micros = self.latency.0.as_ref()?.value_at_quantile(share);
        Some(micros as f64 / 1e3)
    }

    /// Makes one point of this and the next.
    pub(super) fn join(&mut self, next: Self) {
        self.end = next.end;
        self.length += next.length;
        self.requests += next.requests;
        self.outcomes.add(next.outcomes);
        self.dropped += next.dropped;
        self.latency.join(next.latency);
        self.waiting = self.waiting.max(next.waiting);
        self.state = next.state;
    }
}

impl Coarse {
    fn record(&mut self, took: Duration) {
        #[expect(clippy::unwrap_used, reason = "2 is within the range of significant digits")]
        let histogram = self.0.get_or_insert_with(|| Box::new(Histogram::new(2).unwrap()));
        // It grows as needed, so that only a lack of memory could refuse.
        let _ = histogram.record(Latency::micros(took));
    }

    fn join(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(own), Some(other)) => drop(own.add(*other)),
            (None, other) => self.0 = other,
            (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_points_add_up_what_happened_and_keep_how_it_ended() {
        let second = Duration::from_secs(1);
        let state = |vus| State { vus, ..State::default() };
        let mut first = Point::new(second, second, state(5));
        let mut next = Point::new(2 * second, second, state(3));
        first.waiting = Some(9);
        for (point, millis) in [(&mut first, 10), (&mut next, 1000)] {
            point.requests = millis;
            point.record(Duration::from_millis(millis));
        }
        first.join(next);
        assert_eq!((first.end, first.requests, first.rate()), (2 * second, 1010, 505.0));
        assert_eq!((first.state.vus, first.waiting), (3, Some(9)));
        let within = |share, millis: f64| {
            (first.quantile(share).expect("samples") / millis - 1.0).abs() < 0.01
        };
        assert!(within(0.5, 10.0) && within(1.0, 1000.0));
        assert_eq!(Point::new(second, second, State::default()).quantile(0.5), None);
    }
}
