use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, Metric, MetricFamily, MetricType};

use super::labels::{Labels, metric_name};
use super::{Observed, custom};
use crate::facts::{Latency, Metrics, WorkloadMetrics};
use crate::report::WorkloadInfo;

/// In microseconds: fine where a database is quick, up to where clients give up.
const BUCKETS: [u64; 16] = [
    500, 1_000, 2_000, 3_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// Metrics by name, each with a series for whatever is told apart.
#[derive(Debug, Default)]
pub(super) struct Families(BTreeMap<String, MetricFamily>);

/// All that is known of these runs, by name of the metric. Of runs with the same
/// labels the first is shown: a series may be there only once.
pub(super) fn families(runs: &[Observed<'_>]) -> Vec<MetricFamily> {
    let mut families = Families::default();
    for (index, run) in runs.iter().enumerate() {
        if runs[..index].iter().any(|before| before.labels == run.labels) {
            continue;
        }
        let labels = Labels::of(run.labels);
        of_metrics(&mut families, run, &labels);
        for gauge in run.gauges {
            let more = gauge.labels.iter();
            let labels =
                more.fold(labels.clone(), |labels, (name, value)| labels.with(name, value));
            families.gauge(gauge.name, gauge.help, &labels, gauge.value);
        }
        custom::add(&mut families, &run.metrics.custom, &labels);
    }
    families.0.into_values().collect()
}

fn of_metrics(families: &mut Families, run: &Observed<'_>, labels: &Labels) {
    let Metrics { workloads, caretaker, checks, .. } = run.metrics;
    for (WorkloadInfo { name, .. }, metrics) in run.workloads.iter().zip(workloads) {
        of_workload(families, metrics, &labels.clone().with("scenario", name));
    }
    // What `setup` and `teardown` do belongs to no scenario.
    if caretaker.http_requests() > 0 {
        of_requests(families, caretaker, labels);
    }
    for (name, checks) in checks {
        for (result, count) in [("pass", checks.passes), ("fail", checks.fails)] {
            let labels = labels.clone().with("check", name).with("result", result);
            families.counter("checks", "Checks by name and result.", &labels, count as f64);
        }
    }
}

fn of_workload(families: &mut Families, metrics: &WorkloadMetrics, labels: &Labels) {
    of_requests(families, metrics, labels);
    let mut counter = |name, help, count: u64| families.counter(name, help, labels, count as f64);
    counter("iterations", "Iterations that ended well.", metrics.iterations);
    counter(
        "iterations_cut",
        "Iterations that the end of the time cut short.",
        metrics.iterations_cut,
    );
    counter(
        "dropped_iterations",
        "Iterations that were due and had no virtual user to run them.",
        metrics.iterations_dropped,
    );
    counter("script_errors", "Iterations that an error cut short.", metrics.script_errors);
    let help = "How long an iteration took.";
    families.histogram("iteration_duration_seconds", help, labels, &metrics.iteration_duration);
    families.gauge("vus", "Virtual users that iterate now.", labels, metrics.vus.into());
    let help = "The most virtual users there were at a time.";
    families.gauge("vus_max", help, labels, metrics.vus_max.into());
}

fn of_requests(families: &mut Families, metrics: &WorkloadMetrics, labels: &Labels) {
    let outcomes = metrics.outcomes;
    let outcomes = [
        ("ok", outcomes.ok),
        ("rejected", outcomes.rejected),
        ("failed", outcomes.failed),
        ("unknown", outcomes.unknown),
    ];
    for (outcome, count) in outcomes {
        let labels = labels.clone().with("outcome", outcome);
        families.counter("operations", "Operations by outcome.", &labels, count as f64);
    }
    let requests = metrics.http_requests() as f64;
    families.counter("http_reqs", "HTTP requests.", labels, requests);
    let failed = metrics.http_requests_failed() as f64;
    let help = "HTTP requests that did not end as a working service would end them.";
    families.counter("http_reqs_failed", help, labels, failed);
    let help = "From sending a request, or from when it was due, to its answer.";
    families.histogram("http_req_duration_seconds", help, labels, &metrics.latency);
}

impl Families {
    /// `name` has neither the prefix nor the ending of counters.
    pub(super) fn counter(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let mut counter = Counter::default();
        counter.set_value(value);
        let mut metric = Metric::from_label(labels.pairs());
        metric.set_counter(counter);
        self.add(&format!("{name}_total"), help, MetricType::COUNTER, metric);
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::from_label(labels.pairs());
        metric.set_gauge(gauge);
        self.add(name, help, MetricType::GAUGE, metric);
    }

    fn histogram(&mut self, name: &str, help: &str, labels: &Labels, latency: &Latency) {
        let bounds = BUCKETS.map(Duration::from_micros);
        let (counts, sum) = latency.cumulated(&bounds);
        let buckets = bounds.iter().zip(counts).map(|(bound, count)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(count);
            bucket
        });
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(latency.count());
        histogram.set_sample_sum(sum.as_secs_f64());
        let mut metric = Metric::from_label(labels.pairs());
        metric.set_histogram(histogram);
        self.add(name, help, MetricType::HISTOGRAM, metric);
    }

    /// Metrics of scripts may come to the name of another one; where that is of
    /// another type, the second goes to a name of its own.
    pub(super) fn add(&mut self, name: &str, help: &str, kind: MetricType, metric: Metric) {
        let mut name = metric_name(name);
        if self.0.get(&name).is_some_and(|family| family.get_field_type() != kind) {
            name += &format!("_{}", format!("{kind:?}").to_lowercase());
        }
        let family = self.0.entry(name.clone()).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(name);
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        family.mut_metric().push(metric);
    }
}
