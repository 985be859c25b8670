use std::sync::Mutex;
use std::time::Instant;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};
use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use super::routes::Route;
use super::service::Reply;
use crate::bank::ledger::{Counters, LedgerError, PoolState};
use crate::model::Outcome;

/// What this one server counts, for Prometheus.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
    open_connections: IntGauge,
    turned_away: IntCounter,
    updates: IntCounterVec,
    retries: Mirror,
    repeats: Mirror,
    gaps: Mirror,
    gap_micros: Mirror,
    lost_answers: IntCounter,
    batches: Mirror,
    batched: Mirror,
    waiting: IntGauge,
    connections: IntGauge,
    idle: IntGauge,
}

/// In seconds; an update with the default race window takes some two
/// milliseconds.
const BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

impl Metrics {
    pub(super) fn new() -> Self {
        let registry = Registry::new();
        let requests = Opts::new("bankrun_http_requests_total", "Requests answered.");
        let requests = IntCounterVec::new(requests, &["route", "method", "status"]);
        let seconds = HistogramOpts::new(
            "bankrun_http_request_duration_seconds",
            "From the head of a request to its answer.",
        );
        let seconds = HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), &["route"]);
        let updates = Opts::new(
            "bankrun_updates_total",
            "Updates by outcome: ok, rejected, failed (nothing applied), unknown.",
        );
        let updates = IntCounterVec::new(updates, &["operation", "outcome"]);
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help));
        let mirror = |name, help| Mirror::of(registered(&registry, IntCounter::new(name, help)));
        Self {
            in_flight: gauge("bankrun_http_requests_in_flight", "Requests being answered."),
            open_connections: gauge("bankrun_http_connections", "Connections of clients open."),
            turned_away: registered(
                &registry,
                IntCounter::new(
                    "bankrun_http_connections_refused_total",
                    "Clients that found no free connection, and were answered 503.",
                ),
            ),
            connections: gauge("bankrun_pool_connections", "Database connections open."),
            idle: gauge("bankrun_pool_idle_connections", "Database connections not in use."),
            retries: mirror(
                "bankrun_retries_total",
                "Attempts at an update that were made again because another one was in the way.",
            ),
            repeats: mirror(
                "bankrun_repeats_total",
                "Updates answered as before, because their key had been applied already.",
            ),
            gaps: mirror(
                "bankrun_race_gaps_total",
                "Updates that wrote a balance which nothing had held still since they read it.",
            ),
            gap_micros: mirror(
                "bankrun_race_gap_microseconds_total",
                "Time between reading and writing in these updates.",
            ),
            batches: mirror("bankrun_batches_total", "Batches of updates that were committed."),
            batched: mirror("bankrun_batched_updates_total", "Updates in these batches."),
            waiting: gauge("bankrun_batch_waiting", "Updates that wait for the next batch."),
            lost_answers: registered(
                &registry,
                IntCounter::new(
                    "bankrun_lost_answers_total",
                    "Updates that were applied and, on purpose, never answered.",
                ),
            ),
            requests: registered(&registry, requests),
            seconds: registered(&registry, seconds),
            updates: registered(&registry, updates),
            registry,
        }
    }
}

impl Metrics {
    /// Starts to time a request.
    pub(super) fn observe(&self, route: Option<Route<'_>>, method: &Method) -> Observation<'_> {
        self.in_flight.inc();
        let route = route.map_or("unmatched", Route::pattern);
        Observation {
            metrics: self,
            route,
            method: known(method),
            start: Instant::now(),
            status: None,
        }
    }

    pub(super) fn count_update<T>(
        &self,
        operation: &'static str,
        updated: &Result<T, LedgerError>,
    ) {
        let outcome = updated.as_ref().map_or_else(LedgerError::outcome, |_| Outcome::Ok);
        let outcome = match outcome {
            Outcome::Ok => "ok",
            Outcome::Rejected => "rejected",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
        };
        self.updates.with_label_values(&[operation, outcome]).inc();
    }

    pub(super) fn open_connections(&self) -> IntGauge {
        self.open_connections.clone()
    }

    pub(super) fn count_turned_away(&self) {
        self.turned_away.inc();
    }

    pub(super) fn count_lost_answer(&self) {
        self.lost_answers.inc();
    }

    /// `GET /metrics`
    pub(super) fn reply(&self, pool: PoolState, counters: &Counters, waiting: usize) -> Reply {
        self.retries.show(counters.retries());
        self.repeats.show(counters.repeats());
        let (gaps, gap) = counters.gaps();
        self.gaps.show(gaps);
        self.gap_micros.show(u64::try_from(gap.as_micros()).unwrap_or(u64::MAX));
        self.batches.show(counters.batches());
        self.batched.show(counters.batched());
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.connections.set(pool.connections.into());
        self.idle.set(pool.idle.into());
        // Encoding fails only for a family without samples, and `gather`
        // returns none of those.
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        let mut reply = Reply::new(Bytes::from(text.unwrap_or_default()).into());
        let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        reply.headers_mut().insert(CONTENT_TYPE, content_type);
        reply
    }
}

/// Shows a number that is counted elsewhere.
#[derive(Debug)]
struct Mirror(Mutex<IntCounter>);

impl Mirror {
    fn of(counter: IntCounter) -> Self {
        Self(Mutex::new(counter))
    }

    fn show(&self, count: u64) {
        let counter = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        counter.inc_by(count.saturating_sub(counter.get()));
    }
}

/// A request under way. One that is dropped unfinished has panicked.
pub(super) struct Observation<'a> {
    metrics: &'a Metrics,
    route: &'static str,
    method: &'static str,
    start: Instant,
    status: Option<StatusCode>,
}

impl Observation<'_> {
    pub(super) fn finish(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        let Self { metrics, route, method, start, status } = self;
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        metrics.in_flight.dec();
        metrics.requests.with_label_values(&[*route, *method, status.as_str()]).inc();
        metrics.seconds.with_label_values(&[*route]).observe(start.elapsed().as_secs_f64());
    }
}

/// Clients may invent methods; labels must stay few.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn registered<C>(registry: &Registry, metric: prometheus::Result<C>) -> C
where
    C: Collector + Clone + 'static,
{
    let metric = metric.expect("a valid name");
    registry.register(Box::new(metric.clone())).expect("a name used once");
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_an_unfinished_request_counts_as_500() {
        let metrics = Metrics::new();
        drop(metrics.observe(Some(Route::Deposit), &Method::POST));
        let text = TextEncoder::new().encode_to_string(&metrics.registry.gather());
        let line = r#"bankrun_http_requests_total{method="POST",route="/deposit",status="500"} 1"#;
        assert!(text.expect("text").contains(line));
    }
}
