use std::time::Duration;

use anstyle::Style;

use super::paint::{DOUBT, FAINT, paint};
use super::table::table;
use crate::facts::{Custom, Series};
use crate::model::{Aggregation, Unit};
use crate::report::format::{counted, wrapped};

/// Metrics shown of either kind.
const SHOWN: usize = 20;

/// The metrics that a scenario or a script makes itself: counters, gauges and
/// rates with their value, trends as latencies are shown.
pub(super) fn section(custom: &Custom, elapsed: Duration, width: usize) -> String {
    let (trends, others): (Vec<_>, Vec<_>) =
        custom.iter().partition(|(_, series)| matches!(series, Series::Trend(_)));
    let rows = |of: Vec<(&str, &Series)>, row: &dyn Fn(&Series) -> Vec<String>| {
        let rows = of.into_iter().map(|(name, series)| {
            let mut cells = vec![name.to_owned()];
            cells.extend(row(series));
            (Style::new(), cells)
        });
        rows.collect::<Vec<_>>()
    };
    let others = rows(others, &|series| other(series, elapsed));
    let trends = rows(trends, &|series| trend(series, elapsed));
    let tables = [
        shown(&["metric", "kind", "value", ""], &others, width),
        shown(&["trend", "min", "avg", "med", "p90", "p95", "p99", "max"], &trends, width),
        lost(custom, width),
    ];
    let tables: Vec<String> = tables.into_iter().filter(|table| !table.is_empty()).collect();
    tables.join("\n")
}

fn shown(head: &[&str], rows: &[(Style, Vec<String>)], width: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = table(head, &rows[..rows.len().min(SHOWN)], width);
    if rows.len() > SHOWN {
        let more = format!("... and {} more, in the summary\n", rows.len() - SHOWN);
        text += &paint(FAINT, &more);
    }
    text
}

fn other(series: &Series, elapsed: Duration) -> Vec<String> {
    let number = |value| Unit::Number.show(value);
    let (value, detail) = match series {
        Series::Counter { sum } => {
            let rate = series.get(Aggregation::Rate, elapsed).unwrap_or(0.0);
            (number(*sum), format!("{}/s", number(rate)))
        }
        Series::Gauge(Some(gauge)) => {
            (number(gauge.value), format!("{} to {}", number(gauge.min), number(gauge.max)))
        }
        Series::Rate { hits, total } if *total > 0 => {
            (Unit::Share.show(*hits as f64 / *total as f64), format!("{hits} of {total}"))
        }
        _ => ("-".to_owned(), String::new()),
    };
    vec![series.kind().to_string(), value, detail]
}

fn trend(series: &Series, elapsed: Duration) -> Vec<String> {
    use Aggregation as A;
    let numbers = [
        A::Min,
        A::Avg,
        A::Med,
        A::Percentile(90.0),
        A::Percentile(95.0),
        A::Percentile(99.0),
        A::Max,
    ];
    let show = |aggregation| {
        let value = series.get(aggregation, elapsed);
        value.map_or_else(|| "-".to_owned(), |value| Unit::Number.show(value))
    };
    numbers.map(show).to_vec()
}

fn lost(custom: &Custom, width: usize) -> String {
    match custom.lost() {
        0 => String::new(),
        lost => {
            let samples = counted(lost, "sample");
            let message =
                format!("{samples} not kept: too many metrics, or one name for two kinds");
            format!("{}\n", paint(DOUBT, &wrapped(&message, width)))
        }
    }
}
