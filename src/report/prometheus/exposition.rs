use prometheus::TextEncoder;

use super::Observed;
use super::families::families;

/// The media type of what [`exposition`] writes.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The runs in Prometheus's text format 0.0.4, for `GET /metrics`. Without runs
/// it is empty, which Prometheus takes.
pub fn exposition(runs: &[Observed<'_>]) -> String {
    // Encoding fails only for a family without a name or without series.
    TextEncoder::new().encode_to_string(&families(runs)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::facts::{Check, Event, MetricKind, Metrics, Request, Sample, Tags};
    use crate::report::WorkloadInfo;
    use crate::report::prometheus::{ExtraGauge, RunLabels};

    fn workload(name: &str) -> WorkloadInfo {
        let executor = "shared-iterations";
        WorkloadInfo { name: name.to_owned(), executor, vus: 1, varies_vus: false, planned: None }
    }

    fn labels(run: &str) -> RunLabels {
        let mode = Some("naive".to_owned());
        RunLabels { run: run.to_owned(), mode, target: "built-in".into(), seed: 7, database: None }
    }

    fn request(workload: usize, took: u64) -> Event {
        let status = Some(200);
        let took = Duration::from_micros(took);
        let tags = Tags::default();
        Event::Request(Request { workload, status, took, tags, failed: None, error: None })
    }

    fn sample(name: &str, kind: MetricKind, value: f64) -> Event {
        let tags = Tags::default();
        Event::Sample(Sample { workload: 0, metric: name.into(), kind, value, tags })
    }

    fn check(name: &str, passed: bool) -> Event {
        let name: Arc<str> = name.into();
        let tags = Tags::default();
        Event::Check(Check { workload: 0, name, passed, tags, counts: false, mismatch: None })
    }

    fn metrics() -> Metrics {
        let mut metrics = Metrics::new(1);
        let events = [
            Event::VuStarted { workload: 0 },
            request(0, 700),
            request(0, 40_000),
            request(1, 90),
            Event::Iteration { workload: 0, took: Duration::from_millis(41) },
            Event::IterationDropped { workload: 0, count: 3 },
            check("says \"yes\" \\ no\nor nothing", true),
            check("plain", false),
            sample("paid", MetricKind::Counter, 2.5),
            sample("paid in €", MetricKind::Counter, 1.0),
            sample("paid_in__", MetricKind::Gauge, -4.0),
            sample("hit", MetricKind::Rate, 1.0),
            sample("hit", MetricKind::Rate, 0.0),
            sample("size", MetricKind::Trend, 8.0),
        ];
        events.iter().for_each(|event| metrics.apply(event));
        metrics
    }

    #[test]
    fn a_run_as_it_is_scraped() {
        let (labels, workloads, metrics) = (labels("two\\three"), [workload("race")], metrics());
        let gauges = [ExtraGauge {
            name: "missing_money",
            help: "Acknowledged money that is gone.",
            labels: vec![("account", "1".to_owned())],
            value: 35.0,
        }];
        let run =
            Observed { labels: &labels, workloads: &workloads, metrics: &metrics, gauges: &gauges };
        insta::assert_snapshot!(exposition(&[run]));
    }

    #[test]
    fn no_series_comes_twice() {
        let (labels, workloads, metrics) = (labels("one"), [workload("race")], metrics());
        let run =
            Observed { labels: &labels, workloads: &workloads, metrics: &metrics, gauges: &[] };
        assert_eq!(exposition(&[run, run]), exposition(&[run]));
        let other = RunLabels { mode: Some("robust".to_owned()), ..labels.clone() };
        let both = exposition(&[run, Observed { labels: &other, ..run }]);
        let heads = both.lines().filter(|line| *line == "# TYPE bankrun_vus gauge");
        assert_eq!(heads.count(), 1, "{both}");
        assert!(both.contains("mode=\"naive\"") && both.contains("mode=\"robust\""), "{both}");
        assert_eq!(exposition(&[]), "");
    }
}
