use anstyle::Style;

use super::paint::FAINT;
use super::table::table;
use crate::report::compare::{Difference, Row};
use crate::report::format::{one_line, wrapped};

/// What changed, for a terminal of so many columns.
pub fn difference(difference: &Difference, width: usize) -> String {
    let Difference { key, verdicts: (before, after), rows, runs } = difference;
    let verdict = match before == after {
        true => format!("{key}: {after}, as before"),
        false => format!("{key}: it was {before}, and is {after}"),
    };
    let mut text = format!("{}\n", wrapped(&one_line(&verdict), width));
    let head = ["", "before", "after", "change", ""];
    let rows: Vec<(Style, Vec<String>)> = rows.iter().map(row).collect();
    text += &table(&head, &rows, width);
    let told = match runs {
        (1, 1) => "one run each: what of it is noise cannot be told".to_owned(),
        (before, after) => format!("the middle of {before} runs before, and {after} after"),
    };
    text + &wrapped(&told, width) + "\n"
}

fn row(row: &Row) -> (Style, Vec<String>) {
    let change = match row.change() {
        _ if row.before == row.after => "=".to_owned(),
        Some(change) => format!("{:+.1}%", change * 100.0),
        None => "new".to_owned(),
    };
    let (style, word) = match row.is_noise {
        Some(true) if row.before != row.after => (FAINT, "within the noise"),
        _ => (Style::new(), ""),
    };
    let cells =
        vec![row.name.clone(), shown(row.before), shown(row.after), change, word.to_owned()];
    (style, cells)
}

fn shown(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
