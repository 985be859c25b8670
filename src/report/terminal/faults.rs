//! What was done to the service on purpose, and what became of the operations
//! meanwhile.

use std::time::Duration;

use super::paint::{DOUBT, FAINT, paint};
use crate::facts::{FaultRecord, Faults, Outcomes};
use crate::report::format::{counted, duration, hanging, one_line};

/// Faults shown; the rest is counted.
const SHOWN: usize = 12;
/// Where the texts begin.
const INDENT: usize = 12;

/// The section of the report; nothing where nothing was asked for.
pub(super) fn section(faults: &Faults, width: usize) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", paint(FAINT, &head(faults)));
    for fault in faults.iter().take(SHOWN) {
        text += &line(fault, width);
    }
    match faults.len().saturating_sub(SHOWN) {
        0 => {}
        more => text += &format!("... and {} more like these\n", counted(more as u64, "fault")),
    }
    text
}

/// How many there were, and the longest that nobody was served after one.
fn head(faults: &Faults) -> String {
    let came = faults.iter().filter(|fault| fault.began.is_some()).count();
    let all = faults.len();
    let number = if came == all { format!("{came}") } else { format!("{came} of {all} came") };
    match faults.iter().filter_map(|fault| fault.served_after).max() {
        Some(longest) if came > 1 => {
            format!("faults  {number}; served again {} after one at most", duration(longest))
        }
        _ => format!("faults  {number}"),
    }
}

fn line(fault: &FaultRecord, width: usize) -> String {
    let moment = format!("{:.3}s", fault.began.unwrap_or(fault.due).as_secs_f64());
    let style = if fault.missed || fault.trouble.is_some() { DOUBT } else { FAINT };
    let text = one_line(&format!("{}{}", fault.what, became(fault)));
    let text = hanging(&text, width, INDENT, INDENT);
    format!("  {}{text}\n", paint(style, &format!("{moment:<10}")))
}

fn became(fault: &FaultRecord) -> String {
    let Some(began) = fault.began else {
        return ": never came, the run was over".to_owned();
    };
    let mut text = match fault.ended.map(|ended| ended.saturating_sub(began)) {
        Some(lasted) if lasted < Duration::from_millis(1) => String::new(),
        Some(lasted) => format!(", for {}", duration(lasted)),
        None => ", and its end is not known".to_owned(),
    };
    if let Some(trouble) = &fault.trouble {
        text += &format!(": {trouble}");
    }
    text += &format!("; {}", met(fault.met));
    match fault.served_after {
        Some(after) => text + &format!("; served again {} after it", duration(after)),
        None if fault.unserved > 0 => text + "; nobody was served after it",
        None => text,
    }
}

/// `420 operations met it: 382 ok, 35 refused, 3 unknown`
fn met(met: Outcomes) -> String {
    if met.total() == 0 {
        return "no operation met it".to_owned();
    }
    let kinds = [
        (met.ok, "ok"),
        (met.rejected, "rejected"),
        (met.failed, "refused"),
        (met.unknown, "unknown"),
    ];
    let kinds = kinds.iter().filter(|(count, _)| *count > 0);
    let kinds: Vec<String> = kinds.map(|(count, word)| format!("{count} {word}")).collect();
    format!("{} met it: {}", counted(met.total(), "operation"), kinds.join(", "))
}
