//! What the workloads did, and what the accounts hold.

use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT};
use super::table::table;
use crate::facts::{Facts, Latency, WorkloadMetrics};
use crate::report::WorkloadInfo;
use crate::report::format::{duration, rate, signed, wrapped};
use crate::verdict::{AccountVerdict, Conclusion};

/// What each workload did.
pub(super) fn workloads(infos: &[WorkloadInfo], facts: &Facts, width: usize) -> String {
    let total = facts.metrics.total();
    let failed = total.outcomes.failed > 0;
    let requests = total.requests > 0;
    let dropped = total.iterations_dropped > 0;
    let mut head = vec!["scenario", "vus", "iterations"];
    if dropped {
        head.push("dropped");
    }
    head.extend(["ok", "rejected", "unknown"]);
    if failed {
        head.push("failed");
    }
    if requests {
        head.push("http");
    }
    head.push("req/s");
    let row = |name: &str, vus: String, metrics: &WorkloadMetrics| {
        let outcomes = metrics.outcomes;
        let mut row = vec![name.to_owned(), vus];
        row.push(metrics.iterations.to_string());
        if dropped {
            row.push(metrics.iterations_dropped.to_string());
        }
        let counts = [outcomes.ok, outcomes.rejected, outcomes.unknown];
        row.extend(counts.map(|count| count.to_string()));
        if failed {
            row.push(outcomes.failed.to_string());
        }
        if requests {
            row.push(metrics.requests.to_string());
        }
        row.push(rate(metrics.http_requests(), facts.elapsed));
        row
    };
    let mut rows: Vec<(Style, Vec<String>)> = each(infos, facts)
        .map(|(info, metrics)| {
            let vus = vus(info, metrics).to_string();
            (of_errors(metrics), row(&info.name, vus, metrics))
        })
        .collect();
    if facts.metrics.caretaker.http_requests() > 0 {
        rows.push((FAINT, row("setup, teardown", String::new(), &facts.metrics.caretaker)));
    }
    if rows.len() > 1 {
        let vus = each(infos, facts).map(|(info, metrics)| vus(info, metrics)).sum::<u32>();
        let vus = vus.to_string();
        rows.push((Style::new(), row("all", vus, &total)));
    }
    table(&head, &rows, width)
}

/// How many there were; of those that were meant to be there throughout, how many
/// were meant.
fn vus(info: &WorkloadInfo, metrics: &WorkloadMetrics) -> u32 {
    if info.varies_vus { metrics.vus_max } else { info.vus }
}

/// How long the answers took.
pub(super) fn latencies(infos: &[WorkloadInfo], facts: &Facts, width: usize) -> String {
    let head = ["latency", "min", "avg", "med", "p90", "p95", "p99", "max"];
    let row = |name: &str, latency: &Latency| {
        let mut row = vec![name.to_owned()];
        let quantile = |share| latency.quantile(share);
        row.extend(
            [
                latency.min(),
                latency.mean(),
                quantile(0.5),
                quantile(0.9),
                quantile(0.95),
                quantile(0.99),
                latency.max(),
            ]
            .map(duration),
        );
        (Style::new(), row)
    };
    let mut rows: Vec<_> = each(infos, facts)
        .filter(|(_, metrics)| metrics.latency.count() > 0)
        .map(|(info, metrics)| row(&info.name, &metrics.latency))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    if rows.len() > 1 {
        rows.push(row("all", &facts.metrics.total().latency));
    }
    table(&head, &rows, width)
}

/// Account, expected, actual, difference.
pub(super) fn accounts(accounts: &[AccountVerdict], width: usize) -> String {
    /// Rows shown of a long list; those that failed come first.
    const SHOWN: usize = 20;
    let mut sorted: Vec<&AccountVerdict> = accounts.iter().collect();
    if accounts.len() > SHOWN {
        sorted.sort_by_key(|row| std::cmp::Reverse(row.conclusion));
    }
    let head = ["account", "start", "expected", "actual", "difference", ""];
    let rows: Vec<_> = sorted.iter().take(SHOWN).map(|row| account(row)).collect();
    let mut text = table(&head, &rows, width);
    if accounts.len() > SHOWN {
        let rest = &sorted[SHOWN..];
        let failed = rest.iter().filter(|row| row.conclusion == Some(Conclusion::Fail)).count();
        let more = format!("... and {} more accounts, {failed} of them wrong", rest.len());
        text += &(wrapped(&more, width) + "\n");
    }
    text
}

fn account(row: &AccountVerdict) -> (Style, Vec<String>) {
    let (style, word) = match row.conclusion {
        Some(Conclusion::Pass) => (Style::new(), "ok"),
        Some(Conclusion::Inconclusive) => (DOUBT, "unknown"),
        Some(Conclusion::Fail) if row.difference() == Some(0) => (BAD, "IMPOSSIBLE"),
        Some(Conclusion::Fail) => (BAD, "WRONG"),
        None => (FAINT, "not judged"),
    };
    let optional = |amount: Option<i64>| amount.map_or("?".to_owned(), |amount| amount.to_string());
    let cells = vec![
        row.account.as_str().to_owned(),
        optional(row.initial),
        expected(row),
        optional(row.actual),
        row.difference().map_or("?".to_owned(), signed),
        word.to_owned(),
    ];
    (style, cells)
}

fn expected(row: &AccountVerdict) -> String {
    match row.expected() {
        Some(reach) if reach.is_exact() => reach.low.to_string(),
        Some(reach) => format!("{}..{}", reach.low, reach.high),
        None => "?".to_owned(),
    }
}

fn each<'a>(
    infos: &'a [WorkloadInfo],
    facts: &'a Facts,
) -> impl Iterator<Item = (&'a WorkloadInfo, &'a WorkloadMetrics)> {
    infos.iter().zip(&facts.metrics.workloads)
}

fn of_errors(metrics: &WorkloadMetrics) -> Style {
    let wrong = metrics.outcomes.errors() + metrics.script_errors + metrics.iterations_dropped;
    if wrong > 0 { DOUBT } else { Style::new() }
}
