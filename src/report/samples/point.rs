use crate::facts::{Event, Operation, Request, Tags, outcome_tag};
use crate::model::{BuiltIn, MetricKind};

/// One value of one metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a> {
    pub(super) metric: &'a str,
    pub(super) kind: MetricKind,
    pub(super) is_time: bool,
    pub(super) value: f64,
    pub(super) tags: &'a Tags,
    /// What differs from answer to answer: `status`, `outcome` and the like.
    pub(super) more: &'a [(&'static str, &'a str)],
}

/// Hands over what an event adds to the metrics, one value after another.
pub(super) fn points(event: &Event, mut take: impl FnMut(Point<'_>)) {
    match event {
        Event::Operation(operation) => of_operation(operation, &mut take),
        Event::Request(request) => of_request(request, &mut take),
        Event::Check(check) => {
            let more = [("check", &*check.name)];
            let passed = f64::from(u8::from(check.passed));
            take(Point { more: &more, ..built_in(BuiltIn::Checks, passed, &check.tags) });
        }
        Event::Sample(sample) => take(Point {
            metric: &sample.metric,
            kind: sample.kind,
            is_time: false,
            value: sample.value,
            tags: &sample.tags,
            more: &[],
        }),
        Event::Iteration { took, .. } => {
            let (none, took) = (Tags::default(), took.as_secs_f64() * 1e3);
            take(built_in(BuiltIn::Iterations, 1.0, &none));
            take(built_in(BuiltIn::IterationDuration, took, &none));
        }
        Event::IterationDropped { count, .. } => {
            take(built_in(BuiltIn::DroppedIterations, *count as f64, &Tags::default()));
        }
        _ => {}
    }
}

fn of_operation(operation: &Operation, take: &mut impl FnMut(Point<'_>)) {
    let status = operation.status.unwrap_or(0).to_string();
    let outcome = outcome_tag(operation.outcome);
    let expected = matches!(outcome, "ok" | "rejected");
    let more = [("status", &*status), ("outcome", outcome), ("expected_response", word(expected))];
    let point = |metric, value| Point { more: &more, ..built_in(metric, value, &operation.tags) };
    take(point(BuiltIn::Operations, 1.0));
    take(point(BuiltIn::HttpReqs, 1.0));
    take(point(BuiltIn::HttpReqFailed, f64::from(u8::from(!expected))));
    if operation.status.is_some() {
        take(point(BuiltIn::HttpReqDuration, operation.took().as_secs_f64() * 1e3));
    }
}

fn of_request(request: &Request, take: &mut impl FnMut(Point<'_>)) {
    let status = request.status.unwrap_or(0).to_string();
    let failed = request.failed();
    let more = [("status", &*status), ("expected_response", word(!failed))];
    let point = |metric, value| Point { more: &more, ..built_in(metric, value, &request.tags) };
    take(point(BuiltIn::HttpReqs, 1.0));
    take(point(BuiltIn::HttpReqFailed, f64::from(u8::from(failed))));
    if request.status.is_some() {
        take(point(BuiltIn::HttpReqDuration, request.took.as_secs_f64() * 1e3));
    }
}

fn built_in(metric: BuiltIn, value: f64, tags: &Tags) -> Point<'_> {
    let is_time = metric.unit() == crate::model::Unit::Milliseconds;
    Point { metric: metric.name(), kind: metric.kind(), is_time, value, tags, more: &[] }
}

fn word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
