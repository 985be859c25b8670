use std::time::Duration;

use super::Series;
use super::origin::{Origin, Test};
use crate::facts::Latency;
use crate::model::{BuiltIn, MetricKind, Selector};

/// Those parts of the built-in metrics that were asked for and that samples must
/// be looked at for, one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    /// By metric.
    parts: [Vec<Part>; BuiltIn::ALL.len()],
}

/// The samples of a metric that carry some tags.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) selector: Selector,
    tests: Vec<Test>,
    pub(super) series: Series,
}

impl Watched {
    pub(super) fn watch(&mut self, metric: BuiltIn, selector: Selector) {
        let series = match metric.kind() {
            MetricKind::Trend => Series::Time(Latency::new()),
            kind => Series::new(kind),
        };
        let parts = &mut self.parts[metric as usize];
        if parts.iter().all(|part| part.selector != selector) {
            parts.push(Part::new(selector, series));
        }
    }

    pub(super) fn add(&mut self, metric: BuiltIn, origin: &Origin<'_>, number: f64) {
        for part in &mut self.parts[metric as usize] {
            part.add(origin, number);
        }
    }

    pub(super) fn record(&mut self, metric: BuiltIn, origin: &Origin<'_>, took: Duration) {
        for part in &mut self.parts[metric as usize] {
            if let Series::Time(latency) = &mut part.series
                && part.tests.iter().all(|test| test.holds(origin))
            {
                latency.record(took);
            }
        }
    }

    pub(super) fn get(&self, metric: BuiltIn, selector: &Selector) -> Option<&Series> {
        let parts = &self.parts[metric as usize];
        parts.iter().find(|part| part.selector == *selector).map(|part| &part.series)
    }
}

impl Part {
    pub(super) fn new(selector: Selector, series: Series) -> Self {
        Self { tests: Test::all(&selector), selector, series }
    }

    pub(super) fn add(&mut self, origin: &Origin<'_>, number: f64) {
        if self.tests.iter().all(|test| test.holds(origin)) {
            self.series.add(number);
        }
    }
}
