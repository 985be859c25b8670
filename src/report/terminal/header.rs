use super::paint::{DOUBT, FAINT, STRONG, paint};
use crate::report::Header;

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
            Some(line) if line.chars().count() + part.chars().count() + 2 <= width => {
                line.push_str(", ");
                line.push_str(&part);
            }
            _ => lines.push(format!("  {part}")),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| paint(FAINT, line)).collect();
    let notes: String = header.notes.iter().map(|note| paint(DOUBT, note) + "\n").collect();
    format!("{}\n{notes}{}\n", lines.join("\n"), paint(STRONG, &header.scenario))
}
