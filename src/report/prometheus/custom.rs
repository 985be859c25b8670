use prometheus::proto::{Metric, MetricType, Quantile, Summary};

use super::families::Families;
use super::labels::{Labels, sanitized};
use crate::facts::{Custom, Series, Trend};

/// Of trends, whose range is not known beforehand.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// The metrics of scripts. Where Prometheus allows a name only in another
/// spelling, the label `metric` has the one of the script.
pub(super) fn add(families: &mut Families, custom: &Custom, labels: &Labels) {
    for (name, series) in custom.iter() {
        let spelt = sanitized(name);
        let labels = match spelt == name {
            true => labels.clone(),
            false => labels.clone().with("metric", name),
        };
        one(families, &format!("custom_{spelt}"), series, &labels);
    }
}

fn one(families: &mut Families, name: &str, series: &Series, labels: &Labels) {
    match series {
        Series::Counter { sum } => families.counter(name, "A counter of the script.", labels, *sum),
        Series::Gauge(None) | Series::Time(_) => {}
        Series::Gauge(Some(gauge)) => {
            families.gauge(name, "A gauge of the script.", labels, gauge.value);
        }
        Series::Rate { hits, total } => {
            for (value, count) in [("nonzero", *hits), ("zero", total - hits)] {
                let labels = labels.clone().with("value", value);
                families.counter(name, "A rate of the script.", &labels, count as f64);
            }
        }
        Series::Trend(trend) => {
            let mut metric = Metric::from_label(labels.pairs());
            metric.set_summary(summary(trend));
            families.add(name, "A trend of the script.", MetricType::SUMMARY, metric);
        }
    }
}

fn summary(trend: &Trend) -> Summary {
    let quantiles = QUANTILES.iter().filter_map(|share| {
        let mut quantile = Quantile::default();
        quantile.set_quantile(*share);
        quantile.set_value(trend.quantile(*share)?);
        Some(quantile)
    });
    let mut summary = Summary::default();
    summary.set_quantile(quantiles.collect());
    summary.set_sample_count(trend.count());
    summary.set_sample_sum(trend.sum());
    summary
}
