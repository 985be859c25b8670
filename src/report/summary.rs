//! `--summary-export`: the facts of the report, for programs.

use serde_json::{Value, json};

use super::{RunReport, RunResult, database, metrics, words};
use crate::facts::{Facts, Latency, WorkloadMetrics};

/// Raised when a field changes its meaning or goes away.
pub(super) const VERSION: u64 = 2;

/// The summary of several runs: `{"bankrun", "schema", "exit_code", "runs": [...]}`.
/// Latencies are in milliseconds, durations in seconds.
pub fn summary(reports: &[RunReport], exit_code: u8) -> Value {
    let runs: Vec<Value> = reports.iter().map(run_summary).collect();
    json!({
        "bankrun": env!("CARGO_PKG_VERSION"),
        "schema": VERSION,
        "exit_code": exit_code,
        "runs": runs,
    })
}

/// The summary of one run, as it stands in `runs`.
pub fn run_summary(report: &RunReport) -> Value {
    let (facts, verdict) = match &report.result {
        RunResult::Judged { facts, verdict } => (facts, verdict),
        RunResult::NotRun { error } => {
            return json!({ "header": report.header, "error": error });
        }
        RunResult::Contradicted { error } => {
            return json!({ "header": report.header, "error": error, "contradicted": true });
        }
        RunResult::Skipped { reason } => {
            return json!({ "header": report.header, "skipped": reason });
        }
    };
    let workloads: Vec<Value> = report
        .workloads
        .iter()
        .zip(&facts.metrics.workloads)
        .map(|(info, metrics)| {
            json!({
                "name": info.name,
                "executor": info.executor,
                "vus": info.vus,
                "planned": info.planned,
                "metrics": numbers(metrics, facts),
            })
        })
        .collect();
    json!({
        "header": report.header,
        "elapsed_s": facts.elapsed.as_secs_f64(),
        "interrupted": facts.interrupted,
        "aborted": facts.aborted,
        "scenarios": workloads,
        "total": numbers(&facts.metrics.total(), facts),
        "thresholds": verdict.thresholds,
        "metrics": metrics::metrics(facts),
        "checks": facts.metrics.checks,
        "invariants": metrics::invariants(facts),
        "settling": facts.settling,
        "faults": facts.faults.iter().collect::<Vec<_>>(),
        "errors": facts.metrics.errors,
        "verdict": verdict,
        "said": {
            "conclusion": words::conclusion(verdict),
            "sentence": words::sentence(facts, verdict),
            "scope": words::scope(verdict),
        },
        "retries": report.retries,
        "database": database::database(facts),
        "missing": verdict.missing(),
        "surplus": verdict.surplus(),
    })
}

fn numbers(metrics: &WorkloadMetrics, facts: &Facts) -> Value {
    let seconds = facts.elapsed.as_secs_f64();
    json!({
        "outcomes": metrics.outcomes,
        "http_reqs": metrics.http_requests(),
        "http_reqs_per_s": if seconds > 0.0 { metrics.http_requests() as f64 / seconds } else { 0.0 },
        "requests_failed": metrics.requests_failed,
        "iterations": metrics.iterations,
        "iterations_cut": metrics.iterations_cut,
        "iterations_dropped": metrics.iterations_dropped,
        "script_errors": metrics.script_errors,
        "vus_max": metrics.vus_max,
        "latency_ms": latency(&metrics.latency),
        "iteration_duration_ms": latency(&metrics.iteration_duration),
    })
}

/// `null` when there is no sample: a latency of 0 would be a lie.
fn latency(latency: &Latency) -> Value {
    if latency.count() == 0 {
        return Value::Null;
    }
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    json!({
        "count": latency.count(),
        "min": ms(latency.min()),
        "avg": ms(latency.mean()),
        "med": ms(latency.quantile(0.5)),
        "p(90)": ms(latency.quantile(0.9)),
        "p(95)": ms(latency.quantile(0.95)),
        "p(99)": ms(latency.quantile(0.99)),
        "max": ms(latency.max()),
    })
}
