//! What was asked of the metrics, and what became of it.

use std::time::Duration;

use serde::Serialize;

use super::{Finding, Severity};
use crate::facts::{Facts, Metrics, Series, Trip};
use crate::model::{BuiltIn, Selector, Unit};
use crate::scenario::{Condition, Threshold};

/// One expression of a threshold, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdVerdict {
    /// `http_req_duration{operation:deposit}`
    pub metric: String,
    /// `p(95)<200`
    pub threshold: String,
    /// Its left side: `p(95)`.
    #[serde(skip)]
    pub aggregation: String,
    #[serde(skip)]
    pub unit: Unit,
    pub ok: bool,
    /// `None`: there was nothing to make the number of.
    pub actual: Option<f64>,
    /// Why there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it ended the run, in seconds from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted_at_s: Option<f64>,
}

/// Judges every threshold by what the whole run came to. What ended the run
/// did not hold, whatever the last answers made of it.
pub(super) fn judge(thresholds: &[Threshold], facts: &Facts) -> Vec<ThresholdVerdict> {
    let each = |threshold: &Threshold| {
        let series = facts.metrics.series(&threshold.selector);
        let verdict = |condition| judge_one(&threshold.selector, condition, series.as_ref(), facts);
        threshold.conditions.iter().map(verdict).collect::<Vec<_>>()
    };
    thresholds.iter().flat_map(each).collect()
}

/// The first threshold that is to end the run, because by now it does not hold.
/// What has no value yet may still hold.
pub fn tripped(thresholds: &[Threshold], metrics: &Metrics, time: Duration) -> Option<Trip> {
    for Threshold { selector, conditions } in thresholds {
        let due = |condition: &&Condition| condition.abort.is_some_and(|delay| time >= delay);
        let mut due = conditions.iter().filter(due).peekable();
        let Some(series) = due.peek().and_then(|_| metrics.series(selector)) else { continue };
        for condition in due {
            let actual = series.get(condition.aggregation, time);
            if let Some(actual) = actual.filter(|actual| !condition.holds(*actual)) {
                let (selector, expression) = (selector.clone(), condition.to_string());
                return Some(Trip { selector, expression, actual, time });
            }
        }
    }
    None
}

fn judge_one(
    selector: &Selector,
    condition: &Condition,
    series: Option<&Series>,
    facts: &Facts,
) -> ThresholdVerdict {
    let expression = condition.to_string();
    let tripped = facts.tripped.as_ref();
    let tripped =
        tripped.filter(|trip| trip.selector == *selector && trip.expression == expression);
    let at_the_end = series.and_then(|series| series.get(condition.aggregation, facts.elapsed));
    let actual = tripped.map(|trip| trip.actual).or(at_the_end);
    ThresholdVerdict {
        metric: selector.to_string(),
        threshold: expression,
        aggregation: condition.aggregation.to_string(),
        unit: unit(selector, series),
        ok: tripped.is_none() && actual.is_some_and(|actual| condition.holds(actual)),
        actual,
        reason: actual.is_none().then(|| reason(condition, series)),
        aborted_at_s: tripped.map(|trip| trip.time.as_secs_f64()),
    }
}

fn reason(condition: &Condition, series: Option<&Series>) -> String {
    match series.map(Series::kind) {
        Some(kind) if !kind.has(condition.aggregation) => {
            format!("a {kind} has no {}", condition.aggregation)
        }
        _ => "no data".to_owned(),
    }
}

fn unit(selector: &Selector, series: Option<&Series>) -> Unit {
    match (BuiltIn::named(&selector.metric), series) {
        (Some(metric), _) => metric.unit(),
        (None, Some(Series::Rate { .. })) => Unit::Share,
        (None, _) => Unit::Number,
    }
}

/// A finding for each threshold that does not hold.
pub(super) fn findings(verdicts: &[ThresholdVerdict]) -> Vec<Finding> {
    let broken = verdicts.iter().filter(|verdict| !verdict.ok);
    let finding = |verdict: &ThresholdVerdict| {
        let mut message = format!("{} of {} ", verdict.threshold, verdict.metric);
        message += &match (&verdict.reason, verdict.actual) {
            (Some(reason), _) => format!("cannot hold: {reason}"),
            (None, actual) => format!("does not hold: {}", verdict.shown(actual.unwrap_or(0.0))),
        };
        if let Some(time) = verdict.aborted_at_s {
            message += &format!("; that ended the run after {time:.1}s");
        }
        Finding::new(Severity::Fail, "threshold", message)
    };
    broken.map(finding).collect()
}

impl ThresholdVerdict {
    /// `p(95)=12.3ms`
    pub fn shown(&self, actual: f64) -> String {
        format!("{}={}", self.aggregation, self.unit.show(actual))
    }
}
