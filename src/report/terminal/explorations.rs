use anstyle::Style;

use super::paint::{BAD, DOUBT, GOOD};
use super::table::table;
use crate::explore::Conclusion;
use crate::report::Explored;
use crate::report::format::duration;

/// Several explorations, a line each.
pub fn explorations(explored: &[Explored], width: usize) -> String {
    let head = ["explored", "orders", "failing", "lock waits", "all", "an order"];
    let rows: Vec<(Style, Vec<String>)> = explored.iter().map(row).collect();
    table(&head, &rows, width)
}

fn row(explored: &Explored) -> (Style, Vec<String>) {
    let name = format!("{}: {}", explored.mode, explored.group);
    let Ok(it) = &explored.result else {
        return (BAD, vec![name, "-".into(), "-".into(), "-".into(), "no".into(), "-".into()]);
    };
    let style = match it.conclusion() {
        Conclusion::Pass => GOOD,
        Conclusion::Fail => BAD,
        Conclusion::Inconclusive => DOUBT,
    };
    let complete = if it.is_complete() { "yes" } else { "no" };
    let cells = vec![
        name,
        it.orders.to_string(),
        it.failing.total().to_string(),
        it.lock_waits.to_string(),
        complete.to_owned(),
        duration(it.median),
    ];
    (style, cells)
}
