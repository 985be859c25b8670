//! Sections that no built-in scenario shows, as they look in 80 columns.

use std::sync::Arc;
use std::time::Duration;

use super::{claims, custom, thresholds};
use crate::facts::{Check, Event, Facts, Invariant, Mismatch, Sample, Tags};
use crate::model::{Aggregation, MetricKind, Selector};
use crate::scenario::{Condition, Expect, Operator, Threshold};
use crate::verdict::{JudgeOptions, judge};

const WIDTH: usize = 80;

/// Without colours; nothing may be wider than the terminal.
fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(WIDTH), "{text}");
    text
}

fn check(name: &str, passed: bool, actual: Option<&str>) -> Event {
    let mismatch = actual.map(|actual| {
        Arc::new(Mismatch { expected: "0 or more".to_owned(), actual: actual.to_owned() })
    });
    let (name, tags) = (name.into(), Tags::default());
    Event::Check(Check { workload: 0, name, passed, tags, counts: false, mismatch })
}

fn sample(metric: &str, kind: MetricKind, value: f64) -> Event {
    let (metric, tags) = (metric.into(), Tags::default());
    Event::Sample(Sample { workload: 0, metric, kind, value, tags })
}

fn look(name: &str, millis: u64, held: bool, seen: &str) -> Event {
    let time = Duration::from_millis(millis);
    Event::Invariant(Invariant { name: name.into(), time, held, seen: seen.into() })
}

fn after(events: impl IntoIterator<Item = Event>) -> Facts {
    let mut facts = Facts { elapsed: Duration::from_secs(2), ..Facts::new(1) };
    for event in events {
        facts.apply(&event);
    }
    facts
}

#[test]
fn checks_show_what_they_failed_with() {
    let long = "a name that goes on and on until it does not fit into the line of a terminal";
    let facts = after([
        check("status is 200", true, None),
        check("status is 200", true, None),
        check("left is not negative", true, None),
        check("left is not negative", false, Some("-3")),
        check("left is not negative", false, Some("-3")),
        check("left is not negative", false, Some(&"-5\u{1b}[31m\n".repeat(20))),
        check(long, false, None),
    ]);
    insta::assert_snapshot!(plain(&claims::checks(&facts, WIDTH)));
    assert_eq!(claims::checks(&after([]), WIDTH), "");
}

#[test]
fn invariants_show_when_they_did_not_hold() {
    let mut facts = after([
        look("total", 1000, true, "total 3000"),
        look("total", 1204, false, "total 2990"),
        look("total", 1300, false, "total 2980"),
        look("no seat is sold twice", 1000, true, "40 seats, 40 sold"),
    ]);
    facts.await_invariant("never seen");
    insta::assert_snapshot!(plain(&claims::invariants(&facts, WIDTH)));
    assert_eq!(claims::invariants(&after([]), WIDTH), "");
}

#[test]
fn custom_metrics_of_every_kind() {
    let mut events = vec![
        sample("payments", MetricKind::Counter, 120.0),
        sample("queue", MetricKind::Gauge, 7.0),
        sample("queue", MetricKind::Gauge, 3.0),
        sample("cache_hits_of_the_second_level", MetricKind::Rate, 1.0),
        sample("cache_hits_of_the_second_level", MetricKind::Rate, 0.0),
        sample("payments", MetricKind::Gauge, 1.0),
    ];
    for value in [-2.5, 0.125, 1e6, 12.0] {
        events.push(sample("weight", MetricKind::Trend, value));
    }
    let facts = after(events);
    let text = custom::section(&facts.metrics.custom, facts.elapsed, WIDTH);
    insta::assert_snapshot!(plain(&text));
    assert_eq!(custom::section(&after([]).metrics.custom, Duration::ZERO, WIDTH), "");
}

#[test]
fn thresholds_show_what_came_out() {
    let facts =
        after([sample("payments", MetricKind::Counter, 120.0), check("status is 200", true, None)]);
    let condition =
        |aggregation, operator, bound| Condition { aggregation, operator, bound, abort: None };
    let of = |selector, conditions| Threshold { selector, conditions };
    let long = Selector::of("http_req_duration")
        .tagged("url", "http://localhost:3000/a/path/that/is/longer/than/the/line/of/a/terminal");
    let thresholds = [
        of(
            Selector::of("payments"),
            vec![
                condition(Aggregation::Count, Operator::AtLeast, 100.0),
                condition(Aggregation::Rate, Operator::Greater, 1000.0),
                condition(Aggregation::Percentile(99.9), Operator::Less, 5.0),
            ],
        ),
        of(Selector::of("checks"), vec![condition(Aggregation::Rate, Operator::Equal, 1.0)]),
        of(long, vec![condition(Aggregation::Percentile(95.0), Operator::Less, 200.0)]),
    ];
    let verdict = judge(&Expect::default(), &thresholds, &facts, JudgeOptions::default());
    insta::assert_snapshot!(plain(&thresholds::section(&verdict.thresholds, WIDTH)));
    assert_eq!(thresholds::section(&[], WIDTH), "");
}
