//! Checks and invariants: what was claimed, and whether it held.

use std::sync::Arc;

use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use crate::facts::{CheckFailure, Checks, Facts, Looks, Violation};
use crate::model::Unit;
use crate::report::format::{columns, counted, hanging, one_line, shortened};

/// Names shown of a long list; those that failed come first.
const SHOWN: usize = 20;
/// Columns shown of a value; the summary has all of it.
const VALUE: usize = 200;

/// Each check with its passes and fails, and the values it failed with.
pub(super) fn checks(facts: &Facts, width: usize) -> String {
    let checks = &facts.metrics.checks;
    if checks.is_empty() {
        return String::new();
    }
    let passes: u64 = checks.values().map(|checks| checks.passes).sum();
    let fails: u64 = checks.values().map(|checks| checks.fails).sum();
    let share = Unit::Share.show(passes as f64 / (passes + fails).max(1) as f64);
    let head = format!("checks  {share}, {passes} of {}", passes + fails);
    let mut rows: Vec<(&Arc<str>, &Checks)> = checks.iter().collect();
    rows.sort_by_key(|(_, checks)| checks.fails == 0);
    let lines = rows.iter().map(|(name, checks)| check(name, checks, width));
    listed(&head, lines.collect(), "checks")
}

fn check(name: &str, checks: &Checks, width: usize) -> String {
    let all = checks.passes + checks.fails;
    let held = format!("{} of {all}", checks.passes);
    let (mark, held) = match checks.fails {
        0 => (paint(GOOD, "✓"), held),
        _ => (paint(BAD, "✗"), format!("{held} held")),
    };
    let mut text = claim(&mark, name, &held, width);
    for CheckFailure { mismatch, times } in &checks.failures {
        let values = format!("expected {}, got {}", mismatch.expected, mismatch.actual);
        text += &detail(&format!("{times}x"), &values, width);
    }
    text
}

/// Each invariant with the number of looks, and when it did not hold.
pub(super) fn invariants(facts: &Facts, width: usize) -> String {
    if facts.invariants.is_empty() {
        return String::new();
    }
    let mut rows: Vec<(&Arc<str>, &Looks)> = facts.invariants.iter().collect();
    rows.sort_by_key(|(_, looks)| looks.violated == 0);
    let lines = rows.iter().map(|(name, looks)| invariant(name, looks, width));
    listed("invariants", lines.collect(), "invariants")
}

fn invariant(name: &str, looks: &Looks, width: usize) -> String {
    let (mark, held) = match (looks.violated, looks.count) {
        (0, 0) => (paint(DOUBT, "?"), "never looked at".to_owned()),
        (0, count) => (paint(GOOD, "✓"), format!("held, {}", counted(count, "look"))),
        (violated, count) => {
            (paint(BAD, "✗"), format!("did not hold at {violated} of {}", counted(count, "look")))
        }
    };
    let mut text = claim(&mark, name, &held, width);
    for Violation { time, seen } in &looks.violations {
        text += &detail(&format!("at {:.3} s ", time.as_secs_f64()), seen, width);
    }
    text
}

fn listed(head: &str, rows: Vec<String>, noun: &str) -> String {
    let more = rows.len().saturating_sub(SHOWN);
    let mut text = format!("{}\n", paint(FAINT, head));
    text.extend(rows.into_iter().take(SHOWN));
    if more > 0 {
        text += &format!("... and {more} more {noun}\n");
    }
    text
}

/// A mark, a name and whether it held, broken where there is no room.
fn claim(mark: &str, name: &str, held: &str, width: usize) -> String {
    let text = hanging(&format!("{}: {held}", one_line(name)), width, 4, 4);
    format!("  {mark} {text}\n")
}

/// What was seen of a claim that did not hold.
fn detail(how: &str, seen: &str, width: usize) -> String {
    let seen = shortened(one_line(seen).trim(), VALUE);
    let text = hanging(&seen, width, columns(how) + 7, 8);
    format!("      {} {text}\n", paint(FAINT, how))
}
