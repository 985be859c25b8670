use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT, GOOD};
use super::table::table;
use crate::report::format::{duration, rate};
use crate::report::{RunReport, RunResult};
use crate::verdict::Conclusion;

/// Several runs of one scenario side by side, such as one per mode.
pub fn comparison(runs: &[RunReport], width: usize) -> String {
    let head =
        ["side by side", "verdict", "gone", "too much", "retries", "req/s", "p50", "p95", "p99"];
    let rows: Vec<_> = runs.iter().map(|run| row(run, run.name_among(runs))).collect();
    table(&head, &rows, width)
}

fn row(run: &RunReport, name: String) -> (Style, Vec<String>) {
    let (facts, verdict) = match &run.result {
        RunResult::Judged { facts, verdict } => (facts, verdict),
        RunResult::NotRun { .. } => return (BAD, vec![name, "could not run".into()]),
        RunResult::Contradicted { .. } => {
            return (BAD, vec![name, "contradicts the file".into()]);
        }
        RunResult::Skipped { .. } => return (FAINT, vec![name, "skipped".into()]),
    };
    let (style, word) = match verdict.conclusion {
        Conclusion::Pass => (GOOD, "PASS"),
        Conclusion::Inconclusive => (DOUBT, "INCONCLUSIVE"),
        Conclusion::Fail => (BAD, "FAIL"),
    };
    let total = facts.metrics.total();
    let quantile = |share| duration(total.latency.quantile(share));
    let cells = vec![
        name,
        word.to_owned(),
        verdict.missing().to_string(),
        verdict.surplus().to_string(),
        run.retries.map_or_else(|| "-".to_owned(), |retries| retries.to_string()),
        rate(total.http_requests(), facts.elapsed),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
    ];
    (style, cells)
}
