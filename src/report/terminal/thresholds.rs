use super::paint::{BAD, FAINT, GOOD, paint};
use crate::report::format::{broken, columns, hanging, one_line, padded};
use crate::verdict::ThresholdVerdict;

/// Each metric with its expressions, as k6 shows them:
///
/// ```text
/// thresholds
/// http_req_duration{operation:deposit}
///   ✓ p(95)<200  p(95)=12.3ms
/// ```
pub(super) fn section(verdicts: &[ThresholdVerdict], width: usize) -> String {
    if verdicts.is_empty() {
        return String::new();
    }
    let widest = verdicts.iter().map(|verdict| columns(&verdict.threshold)).max();
    let column = widest.unwrap_or(0).min(width / 2);
    let mut text = format!("{}\n", paint(FAINT, "thresholds"));
    let mut metric = "";
    for verdict in verdicts {
        if verdict.metric != metric {
            metric = &verdict.metric;
            text += &format!("{}\n", broken(&one_line(metric), width));
        }
        text += &line(verdict, column, width);
    }
    text
}

fn line(verdict: &ThresholdVerdict, column: usize, width: usize) -> String {
    let mark = if verdict.ok { paint(GOOD, "✓") } else { paint(BAD, "✗") };
    let found = match (verdict.actual, &verdict.reason) {
        (Some(actual), _) => verdict.shown(actual),
        (None, reason) => reason.clone().unwrap_or_default(),
    };
    let found = match verdict.aborted_at_s {
        Some(time) => format!("{found}, ended the run after {time:.1}s"),
        None => found,
    };
    let threshold = padded(&verdict.threshold, column);
    let found = hanging(&one_line(&found), width, columns(&threshold) + 6, 6);
    format!("  {mark} {threshold}  {found}\n")
}
