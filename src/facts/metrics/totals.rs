use super::series::Gauge;
use super::{Metrics, Series, WorkloadMetrics};
use crate::model::{BuiltIn, Selector};

impl Metrics {
    /// The values of a metric or of a part of it. `None`: a custom metric that
    /// had no sample, or a part that was not asked for when these were made.
    pub fn series(&self, selector: &Selector) -> Option<Series> {
        let Some(metric) = BuiltIn::named(&selector.metric) else {
            return self.custom.get(selector).cloned();
        };
        if selector.tags.is_empty() {
            Some(self.of(metric, &self.total()))
        } else if is_of_workloads(metric) {
            Some(self.of(metric, &self.total_of(selector)))
        } else {
            self.watched.get(metric, selector).cloned()
        }
    }

    /// Everything there is: built-in metrics, custom ones, and the parts that
    /// were asked for, each by its name.
    pub fn all(&self) -> Vec<(String, Series)> {
        let total = self.total();
        let built_in = BuiltIn::ALL.map(|metric| (metric.name().into(), self.of(metric, &total)));
        let custom = self.custom.iter().map(|(name, series)| (name.into(), series.clone()));
        let parts = self.asked_for.iter().filter(|selector| !selector.tags.is_empty());
        let parts =
            parts.filter_map(|selector| Some((selector.to_string(), self.series(selector)?)));
        built_in.into_iter().chain(custom).chain(parts).collect()
    }

    fn of(&self, metric: BuiltIn, metrics: &WorkloadMetrics) -> Series {
        let counter = |count: u64| Series::Counter { sum: count as f64 };
        match metric {
            BuiltIn::HttpReqs => counter(metrics.http_requests()),
            BuiltIn::HttpReqDuration => Series::Time(metrics.latency.clone()),
            BuiltIn::HttpReqFailed => Series::Rate {
                hits: metrics.http_requests_failed(),
                total: metrics.http_requests(),
            },
            BuiltIn::Operations => counter(metrics.outcomes.total()),
            BuiltIn::Iterations => counter(metrics.iterations),
            BuiltIn::IterationDuration => Series::Time(metrics.iteration_duration.clone()),
            BuiltIn::DroppedIterations => counter(metrics.iterations_dropped),
            BuiltIn::Checks => {
                let hits = self.checks.values().map(|checks| checks.passes).sum();
                let fails: u64 = self.checks.values().map(|checks| checks.fails).sum();
                Series::Rate { hits, total: hits + fails }
            }
            BuiltIn::Vus => gauge(metrics.vus, metrics.vus_max),
            BuiltIn::VusMax => gauge(metrics.vus_max, metrics.vus_max),
        }
    }

    /// Of the workloads whose tags are among those of the selector.
    fn total_of(&self, selector: &Selector) -> WorkloadMetrics {
        let mut total = WorkloadMetrics::default();
        for (metrics, tags) in self.workloads.iter().zip(&self.tags) {
            let among = |(name, value): &(String, String)| tags.get(name) == Some(value.as_str());
            if selector.tags.iter().all(among) {
                total.add(metrics);
            }
        }
        total
    }
}

/// Whether all samples of a workload have the same tags, so that its totals are
/// all there is to know.
pub(super) fn is_of_workloads(metric: BuiltIn) -> bool {
    match metric {
        BuiltIn::Iterations
        | BuiltIn::IterationDuration
        | BuiltIn::DroppedIterations
        | BuiltIn::Vus
        | BuiltIn::VusMax => true,
        BuiltIn::HttpReqs
        | BuiltIn::HttpReqDuration
        | BuiltIn::HttpReqFailed
        | BuiltIn::Operations
        | BuiltIn::Checks => false,
    }
}

fn gauge(value: u32, max: u32) -> Series {
    Series::Gauge(Some(Gauge { value: value.into(), min: 0.0, max: max.into() }))
}
