//! From events to the numbers of metrics.

use std::time::Duration;

use super::{Metrics, Series};
use crate::facts::{Check, Event, Operation, Request, Sample, Tags};
use crate::model::{Aggregation, Call, MetricKind, Outcome, Selector};

const ELAPSED: Duration = Duration::from_secs(10);

fn scenario(name: &str) -> Tags {
    Tags::default().with([("scenario", name)])
}

fn selector(metric: &str, tags: &[(&str, &str)]) -> Selector {
    let mut selector = Selector::of(metric);
    for (name, value) in tags {
        selector = selector.tagged(*name, *value);
    }
    selector
}

/// Two workloads, `a` and `b`.
fn watching(selectors: &[Selector]) -> Metrics {
    Metrics::watching(vec![scenario("a"), scenario("b")], selectors.iter().cloned())
}

fn operation(name: &str, took: u64, outcome: Outcome) -> Event {
    let status = match outcome {
        Outcome::Ok => Some(200),
        Outcome::Rejected => Some(400),
        Outcome::Failed => Some(503),
        Outcome::Unknown => None,
    };
    Event::Operation(Operation {
        completed: Duration::from_millis(took),
        outcome,
        tags: scenario("a").with([("operation", name), ("method", "POST")]),
        status,
        ..Operation::done(Call::deposit("1".into(), 10))
    })
}

fn request(status: Option<u16>, tags: Tags) -> Event {
    let took = Duration::from_millis(5);
    Event::Request(Request { workload: 1, took, tags, status, failed: None, error: None })
}

fn check(name: &str, passed: bool, tags: Tags) -> Event {
    let name = name.into();
    Event::Check(Check { workload: 0, name, passed, tags, counts: false, mismatch: None })
}

fn sample(metric: &str, kind: MetricKind, value: f64, tags: &Tags) -> Event {
    let metric = metric.into();
    Event::Sample(Sample { workload: 0, metric, kind, value, tags: tags.clone() })
}

fn get(metrics: &Metrics, selector: &Selector, aggregation: Aggregation) -> Option<f64> {
    metrics.series(selector)?.get(aggregation, ELAPSED)
}

#[test]
fn requests_are_counted_under_the_tags_that_were_asked_for() {
    use Aggregation::{Count, Max, Rate};
    let cases = [
        (selector("http_reqs", &[]), Count, 6.0),
        (selector("http_reqs", &[]), Rate, 0.6),
        (selector("http_reqs", &[("operation", "deposit")]), Count, 3.0),
        (selector("http_reqs", &[("operation", "deposit"), ("outcome", "ok")]), Count, 2.0),
        (selector("http_reqs", &[("status", "200")]), Count, 3.0),
        (selector("http_reqs", &[("status", "0")]), Count, 1.0),
        (selector("http_reqs", &[("method", "POST")]), Count, 4.0),
        (selector("http_reqs", &[("expected_response", "false")]), Count, 2.0),
        (selector("http_reqs", &[("name", "login")]), Count, 1.0),
        (selector("http_reqs", &[("name", "no such")]), Count, 0.0),
        (selector("operations", &[]), Count, 4.0),
        (selector("operations", &[("outcome", "rejected")]), Count, 1.0),
        (selector("http_req_duration", &[("operation", "withdraw")]), Max, 40.0),
        // The rejection is none; what was never answered and the 500 are.
        (selector("http_req_failed", &[]), Rate, 2.0 / 6.0),
        (selector("http_req_failed", &[("operation", "withdraw")]), Rate, 0.0),
        (selector("http_req_failed", &[("scenario", "b")]), Rate, 0.5),
    ];
    let mut metrics = watching(&cases.each_ref().map(|(selector, ..)| selector.clone()));
    for event in [
        operation("deposit", 10, Outcome::Ok),
        operation("deposit", 20, Outcome::Ok),
        operation("deposit", 5000, Outcome::Unknown),
        operation("withdraw", 40, Outcome::Rejected),
        request(Some(200), scenario("b").with([("name", "login")])),
        request(Some(500), scenario("b")),
    ] {
        metrics.apply(&event);
    }
    for (selector, aggregation, expected) in cases {
        let found = get(&metrics, &selector, aggregation).expect("a number");
        assert!((found - expected).abs() < 0.05, "{selector} {aggregation}: {found}, {expected}");
    }
}

#[test]
fn iterations_and_virtual_users_are_those_of_the_workloads() {
    use Aggregation::{Avg, Count, Value};
    let mut metrics = watching(&[selector("iterations", &[("scenario", "b")])]);
    for (workload, took) in [(0, 10), (1, 20), (1, 40)] {
        metrics.apply(&Event::VuStarted { workload });
        metrics.apply(&Event::Iteration { workload, took: Duration::from_millis(took) });
        metrics.apply(&Event::IterationDropped { workload, count: 1 });
    }
    metrics.apply(&Event::VuEnded { workload: 1 });
    let b = |metric| selector(metric, &[("scenario", "b")]);
    let close = |found: Option<f64>| found.map(f64::round);
    assert_eq!(get(&metrics, &Selector::of("iterations"), Count), Some(3.0));
    assert_eq!(get(&metrics, &b("iterations"), Count), Some(2.0));
    assert_eq!(get(&metrics, &b("dropped_iterations"), Count), Some(2.0));
    assert_eq!(close(get(&metrics, &b("iteration_duration"), Avg)), Some(30.0));
    assert_eq!(get(&metrics, &Selector::of("vus"), Value), Some(2.0));
    assert_eq!(get(&metrics, &b("vus"), Value), Some(1.0));
    assert_eq!(get(&metrics, &b("vus_max"), Value), Some(2.0));
}

#[test]
fn checks_are_a_rate_also_by_name_and_tag() {
    let named = selector("checks", &[("check", "left")]);
    let tagged = selector("checks", &[("scenario", "b")]);
    let mut metrics = watching(&[named.clone(), tagged.clone()]);
    assert_eq!(get(&metrics, &Selector::of("checks"), Aggregation::Rate), None);
    metrics.apply(&check("left", true, scenario("a")));
    metrics.apply(&check("left", false, scenario("b")));
    metrics.apply(&check("right", true, scenario("b")));
    metrics.apply(&check("right", true, scenario("a")));
    assert_eq!(get(&metrics, &Selector::of("checks"), Aggregation::Rate), Some(0.75));
    assert_eq!(get(&metrics, &named, Aggregation::Rate), Some(0.5));
    assert_eq!(get(&metrics, &tagged, Aggregation::Rate), Some(0.5));
}

#[test]
fn custom_metrics_keep_their_total_and_the_parts_asked_for() {
    use Aggregation::{Count, Max, Rate, Value};
    let card = selector("paid", &[("by", "card")]);
    let card_in_a = selector("paid", &[("by", "card"), ("scenario", "a")]);
    let mut metrics = watching(&[card.clone(), card_in_a.clone()]);
    assert_eq!(get(&metrics, &card, Count), None);
    let tags = |scenario_name, by| scenario(scenario_name).with([("by", by)]);
    for (value, tags) in
        [(1.0, tags("a", "card")), (2.5, tags("b", "card")), (4.0, tags("a", "cash"))]
    {
        metrics.apply(&sample("paid", MetricKind::Counter, value, &tags));
    }
    let any = Tags::default();
    metrics.apply(&sample("queue", MetricKind::Gauge, 3.0, &any));
    metrics.apply(&sample("hit", MetricKind::Rate, 0.0, &any));
    metrics.apply(&sample("weight", MetricKind::Trend, -2.5, &any));
    assert_eq!(get(&metrics, &Selector::of("paid"), Count), Some(7.5));
    assert_eq!(get(&metrics, &card, Count), Some(3.5));
    assert_eq!(get(&metrics, &card_in_a, Count), Some(1.0));
    assert_eq!(get(&metrics, &Selector::of("queue"), Value), Some(3.0));
    assert_eq!(get(&metrics, &Selector::of("hit"), Rate), Some(0.0));
    assert_eq!(get(&metrics, &Selector::of("weight"), Max), Some(-2.5));
    assert_eq!(get(&metrics, &selector("paid", &[("by", "cash")]), Count), None);
}

#[test]
fn what_cannot_be_kept_is_counted_as_lost() {
    let mut metrics = watching(&[]);
    let any = Tags::default();
    for number in 0..1005 {
        metrics.apply(&sample(&format!("metric {number}"), MetricKind::Counter, 1.0, &any));
    }
    metrics.apply(&sample("metric 0", MetricKind::Trend, 1.0, &any));
    metrics.apply(&sample("http_reqs", MetricKind::Counter, 1.0, &any));
    assert_eq!((metrics.custom.iter().count(), metrics.custom.lost()), (1000, 7));
    assert_eq!(get(&metrics, &Selector::of("http_reqs"), Aggregation::Count), Some(0.0));
}

#[test]
fn everything_is_listed_by_its_name() {
    let part = selector("http_reqs", &[("status", "200")]);
    let mut metrics = watching(&[part, Selector::of("vus"), selector("paid", &[("by", "card")])]);
    metrics.apply(&sample("weight", MetricKind::Trend, 1.0, &Tags::default()));
    let all = metrics.all();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["http_reqs", "http_req_duration"]);
    assert_eq!(names[10..], ["weight", "http_reqs{status:200}"]);
    assert!(matches!(all[10].1, Series::Trend(_)));
}
