//! Metrics and invariants, for programs.

use serde_json::{Map, Value, json};

use crate::facts::{Facts, Looks, Series};
use crate::model::Aggregation;

/// Every metric by its name, with its type and values, in the shape that k6
/// gives to `handleSummary`. Durations are in milliseconds; a metric without a
/// value has no `values`.
pub(super) fn metrics(facts: &Facts) -> Value {
    let all = facts.metrics.all();
    let entries = all.into_iter().map(|(name, series)| (name, metric(&series, facts)));
    Value::Object(entries.collect())
}

fn metric(series: &Series, facts: &Facts) -> Value {
    let contains = if matches!(series, Series::Time(_)) { "time" } else { "default" };
    json!({ "type": series.kind(), "contains": contains, "values": values(series, facts) })
}

fn values(series: &Series, facts: &Facts) -> Map<String, Value> {
    use Aggregation as A;
    let mut values = Map::new();
    let aggregations: &[Aggregation] = match series {
        Series::Counter { .. } => &[A::Count, A::Rate],
        Series::Gauge(_) => &[A::Value],
        Series::Rate { .. } => &[A::Rate],
        Series::Time(_) | Series::Trend(_) => &[
            A::Avg,
            A::Min,
            A::Med,
            A::Max,
            A::Percentile(90.0),
            A::Percentile(95.0),
            A::Percentile(99.0),
        ],
    };
    for aggregation in aggregations {
        if let Some(value) = series.get(*aggregation, facts.elapsed) {
            values.insert(aggregation.to_string(), json!(value));
        }
    }
    match series {
        Series::Gauge(Some(gauge)) => {
            values.insert("min".into(), json!(gauge.min));
            values.insert("max".into(), json!(gauge.max));
        }
        Series::Rate { hits, total } => {
            values.insert("passes".into(), json!(hits));
            values.insert("fails".into(), json!(total - hits));
        }
        Series::Time(latency) => {
            values.insert("count".into(), json!(latency.count()));
        }
        Series::Trend(trend) => {
            values.insert("count".into(), json!(trend.count()));
        }
        Series::Counter { .. } | Series::Gauge(None) => {}
    }
    values
}

/// Each invariant by its name: how often it was looked at, and what was seen
/// when it did not hold.
pub(super) fn invariants(facts: &Facts) -> Value {
    let entries = facts.invariants.iter().map(|(name, looks)| (name.to_string(), invariant(looks)));
    Value::Object(entries.collect())
}

fn invariant(looks: &Looks) -> Value {
    let violations: Vec<Value> = looks
        .violations
        .iter()
        .map(|violation| json!({ "time_s": violation.time.as_secs_f64(), "seen": violation.seen }))
        .collect();
    json!({ "looks": looks.count, "violated": looks.violated, "violations": violations })
}
