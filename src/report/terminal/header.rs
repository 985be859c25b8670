use anstyle::Style;

use super::paint::{DOUBT, FAINT, STRONG, paint};
use crate::report::Header;
use crate::report::format::{columns, one_line, wrapped};

/// The first line of a report: target, why that one, mode, database, seed.
/// Wrapped between its parts where it is wider than `width`.
pub fn header(header: &Header, width: usize) -> String {
    let known =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let parts = [
        Some(format!("target {} ({})", header.target, header.reason)),
        known("mode", &header.mode),
        known("database", &header.database),
        known("race window", &header.race_window),
        Some(format!("seed {}", header.seed)),
    ];
    let mut lines = vec![String::new()];
    for part in parts.into_iter().flatten() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&part),
            Some(line) if columns(line) + columns(&part) + 2 <= width => {
                line.push_str(", ");
                line.push_str(&part);
            }
            _ => lines.push(format!("  {part}")),
        }
    }
    let text: String = lines.iter().map(|line| painted(FAINT, line, width)).collect();
    let notes = header.notes.iter().map(|note| painted(DOUBT, note, width));
    text + &notes.collect::<String>() + &painted(STRONG, &header.scenario, width)
}

/// Broken where it is wider than `width`, each line in this style.
fn painted(style: Style, text: &str, width: usize) -> String {
    let lines = wrapped(&one_line(text), width);
    lines.lines().map(|line| paint(style, line) + "\n").collect()
}
