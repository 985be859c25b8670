use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::proto::{Metric, MetricFamily, MetricType};
use prost::Message;

use super::Observed;
use super::families::families;

/// The bits of the NaN that says that a series has ended.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// What Prometheus's remote write 1.0 carries: the present value of every
/// series. The same series as [`exposition`](super::exposition) shows, with the
/// label `job` that scraping would add.
#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    series: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

impl WriteRequest {
    pub const CONTENT_TYPE: &str = "application/x-protobuf";
    pub const CONTENT_ENCODING: &str = "snappy";
    /// The header that says which protocol it is, and its value.
    pub const VERSION: (&str, &str) = ("X-Prometheus-Remote-Write-Version", "0.1.0");

    /// All series of the runs as they are at `time`.
    pub fn of(runs: &[Observed<'_>], time: SystemTime) -> Self {
        let mut request = Self::default();
        let mut seen = BTreeSet::new();
        let timestamp = millis(time);
        for family in families(runs) {
            each_sample(&family, |name, metric, more, value| {
                let labels = labels(name, metric, more);
                // The `_count` of one metric may be the name of another.
                if seen.insert(labels.clone()) {
                    let samples = vec![Sample { value, timestamp }];
                    request.series.push(TimeSeries { labels, samples });
                }
            });
        }
        request
    }

    /// Says of the same series that they have ended, just after these samples.
    pub fn ended(&self) -> Self {
        let mut request = self.clone();
        for sample in request.series.iter_mut().flat_map(|series| &mut series.samples) {
            sample.value = f64::from_bits(STALE);
            sample.timestamp = sample.timestamp.saturating_add(1);
        }
        request
    }

    /// As it goes over the wire: protobuf, compressed. Empty where it is too
    /// large for the format, which begins at 4 GB.
    pub fn body(&self) -> Vec<u8> {
        let encoded = self.encode_to_vec();
        snap::raw::Encoder::new().compress_vec(&encoded).unwrap_or_default()
    }
}

/// Hands over every sample of a family: the name of its series, whose labels they
/// are, the label beside them, and the value.
fn each_sample(
    family: &MetricFamily,
    mut take: impl FnMut(String, &Metric, Option<(&str, String)>, f64),
) {
    let name = family.name();
    for metric in family.get_metric() {
        match family.get_field_type() {
            MetricType::COUNTER => {
                take(name.to_owned(), metric, None, metric.get_counter().get_value());
            }
            MetricType::HISTOGRAM => {
                let histogram = metric.get_histogram();
                let count = histogram.get_sample_count();
                let bucket = format!("{name}_bucket");
                for of_bucket in histogram.get_bucket() {
                    let (bound, count) = (of_bucket.upper_bound(), of_bucket.cumulative_count());
                    let label = Some(("le", bound.to_string()));
                    take(bucket.clone(), metric, label, count as f64);
                }
                take(bucket, metric, Some(("le", "+Inf".to_owned())), count as f64);
                take(format!("{name}_sum"), metric, None, histogram.get_sample_sum());
                take(format!("{name}_count"), metric, None, count as f64);
            }
            MetricType::SUMMARY => {
                let summary = metric.get_summary();
                for quantile in summary.get_quantile() {
                    let label = Some(("quantile", quantile.quantile().to_string()));
                    take(name.to_owned(), metric, label, quantile.value());
                }
                take(format!("{name}_sum"), metric, None, summary.sample_sum());
                take(format!("{name}_count"), metric, None, summary.sample_count() as f64);
            }
            MetricType::GAUGE | MetricType::UNTYPED => {
                take(name.to_owned(), metric, None, metric.get_gauge().get_value());
            }
        }
    }
}

/// Sorted by name, as receivers demand.
fn labels(name: String, metric: &Metric, more: Option<(&str, String)>) -> Vec<Label> {
    let label = |name: &str, value: String| Label { name: name.to_owned(), value };
    let mut labels = vec![label("__name__", name), label("job", "bankrun".to_owned())];
    labels
        .extend(metric.get_label().iter().map(|pair| label(pair.name(), pair.value().to_owned())));
    labels.extend(more.map(|(name, value)| label(name, value)));
    labels.sort();
    labels
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Event, MetricKind, Metrics, Tags};
    use crate::report::WorkloadInfo;
    use crate::report::prometheus::RunLabels;

    fn request() -> WriteRequest {
        let mut metrics = Metrics::new(1);
        for (metric, kind) in [("size_sum", MetricKind::Gauge), ("size", MetricKind::Trend)] {
            let (metric, tags) = (metric.into(), Tags::default());
            let sample = crate::facts::Sample { workload: 0, metric, kind, value: 1.5, tags };
            metrics.apply(&Event::Sample(sample));
        }
        let executor = "constant-vus";
        let name = "race".to_owned();
        let workloads = [WorkloadInfo { name, executor, vus: 1, varies_vus: false, planned: None }];
        let labels = RunLabels { run: "one".to_owned(), seed: 3, ..RunLabels::default() };
        let (labels, workloads, metrics, gauges) = (&labels, &workloads[..], &metrics, &[][..]);
        let run = Observed { labels, workloads, metrics, gauges };
        WriteRequest::of(&[run], UNIX_EPOCH + Duration::from_millis(1234))
    }

    #[test]
    fn labels_are_sorted_and_no_series_comes_twice() {
        let request = request();
        let mut seen = BTreeSet::new();
        for TimeSeries { labels, samples } in &request.series {
            assert!(labels.is_sorted_by(|one, two| one.name < two.name), "{labels:?}");
            assert!(labels.iter().all(|label| !label.value.is_empty()), "{labels:?}");
            assert!(seen.insert(labels.clone()), "twice: {labels:?}");
            assert!(samples.iter().all(|sample| sample.timestamp == 1234));
        }
        let named = |name: &str| seen.iter().filter(|labels| labels[0].value == name).count();
        assert_eq!(named("bankrun_custom_size_sum"), 1);
        assert_eq!(named("bankrun_http_req_duration_seconds_bucket"), 17);
    }

    #[test]
    fn the_body_is_read_back_and_the_end_is_told_after_it() {
        let request = request();
        let body = snap::raw::Decoder::new().decompress_vec(&request.body()).expect("snappy");
        assert_eq!(WriteRequest::decode(&*body).expect("protobuf"), request);
        let ended = request.ended();
        assert_eq!(ended.series.len(), request.series.len());
        let last = &ended.series[0].samples[0];
        assert_eq!((last.value.to_bits(), last.timestamp), (STALE, 1235));
    }
}
