//! What the database did while the run went on: who waited for whom, and for how
//! long.

use std::time::Duration;

use super::paint::{DOUBT, FAINT, paint};
use crate::facts::{Blocked, DatabaseActivity, DatabaseCounters, DatabaseLook, Holder};
use crate::report::format::{counted, duration, shortened, wrapped};

/// Rows shown of who waits for whom.
const SHOWN: usize = 3;
/// Connections named in a row.
const NAMED: usize = 2;
/// Where the texts begin.
const INDENT: usize = 12;

/// The section of the report; nothing where nobody looked.
pub(super) fn section(
    activity: Option<&DatabaseActivity>,
    retries: Option<u64>,
    width: usize,
) -> String {
    let Some(activity) = activity else { return String::new() };
    let row = |label: &str, text: &str| {
        let gap = " ".repeat(INDENT);
        let text = wrapped(text, width.saturating_sub(INDENT)).replace("\n  ", &format!("\n{gap}"));
        format!("  {}{text}\n", paint(FAINT, &format!("{label:<10}")))
    };
    let mut text = String::new();
    if activity.looks > 0 {
        text += &row("waiting", &waiting(activity));
        if activity.looks_waiting > 0 {
            text += &row("waited", &waited(activity));
        }
        if activity.hidden < activity.peak_connections || activity.peak_connections == 0 {
            text += &row("in use", &in_use(activity));
        }
    }
    if let Some(counters) = &activity.counters {
        text += &row("counted", &counts(counters, retries));
    }
    if let Some(heaviest) = &activity.heaviest {
        for (index, line) in picture(heaviest, width.saturating_sub(INDENT)).iter().enumerate() {
            let label = if index == 0 { "the peak" } else { "" };
            text += &format!("  {}{line}\n", paint(FAINT, &format!("{label:<10}")));
        }
    }
    if activity.hidden > 0 {
        let message = format!(
            "what {} did is hidden from this user; pg_read_all_stats shows it",
            counted(activity.hidden.into(), "connection")
        );
        text += &row("hidden", &message);
    }
    if let Some(trouble) = &activity.trouble {
        let early = if activity.looks > 0 { "it was looked into no further" } else { "not seen" };
        let message = wrapped(&format!("{early}: {trouble}"), width.saturating_sub(2));
        text += &format!("  {}\n", paint(DOUBT, &message.replace("\n  ", "\n    ")));
    }
    let looks = counted(activity.looks, "look");
    format!("{}\n{text}", paint(FAINT, &format!("database  {looks}")))
}

fn waiting(activity: &DatabaseActivity) -> String {
    let Some(heaviest) = &activity.heaviest else {
        return "nobody waited for a lock whenever it was looked at".to_owned();
    };
    let of = match heaviest.hidden {
        0 => {
            let in_use = heaviest.in_use().max(heaviest.waiting);
            format!("{} in use", counted(in_use.into(), "connection"))
        }
        _ => counted(heaviest.connections.into(), "connection"),
    };
    format!(
        "{} of {of} waited for a lock at the peak, {:.1} on average; somebody at {} of {}",
        heaviest.waiting,
        activity.mean_waiting(),
        activity.looks_waiting,
        counted(activity.looks, "look"),
    )
}

fn waited(activity: &DatabaseActivity) -> String {
    format!(
        "{} in all; the longest {}",
        duration(activity.waited),
        longest(activity.longest_wait, activity.longest_statement),
    )
}

/// Of a wait, and of a statement with waits, where that can be seen.
pub(super) fn longest(wait: Duration, statement: Duration) -> String {
    let wait = format!("{} for one lock", duration(wait));
    match statement.is_zero() {
        true => wait,
        false => format!("{wait}, {} in one statement", duration(statement)),
    }
}

fn in_use(activity: &DatabaseActivity) -> String {
    format!(
        "at most {} active and {} idle in a transaction, of {}",
        activity.peak_active,
        activity.peak_idle_in_transaction,
        counted(activity.peak_connections.into(), "connection"),
    )
}

fn counts(counters: &DatabaseCounters, retries: Option<u64>) -> String {
    let mut text = format!(
        "{}, {}, {}",
        counted(counters.deadlocks, "deadlock"),
        counted(counters.commits, "commit"),
        counted(counters.rollbacks, "rollback"),
    );
    match retries {
        Some(1) => text += ", 1 retry",
        Some(retries) => text += &format!(", {retries} retries"),
        None => {}
    }
    if !counters.complete {
        text += " (what connections did in their last second may be missing)";
    }
    text
}

/// Who waits for whom: a row for each who holds others up, and for those who wait
/// in a circle. The statement stands below where it does not fit, and once where
/// several wait with the same.
pub(super) fn picture(look: &DatabaseLook, width: usize) -> Vec<String> {
    let mut rows: Vec<(String, &str)> =
        look.holders.iter().map(|holder| held_up(look, holder)).collect();
    let circle = look.blocked.iter().filter(|row| row.behind.is_none() && !row.by.is_empty());
    rows.extend(
        circle.map(|row| (format!("{} waits for {}", row.pid, pids(&row.by)), &*row.query)),
    );
    let more = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    let mut lines = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some((who, query)) = rows.next() {
        let again = rows.peek().is_some_and(|(_, next)| *next == query);
        let line = format!("{who}: {query}");
        if query.is_empty() {
            lines.push(shortened(&who, width));
        } else if line.chars().count() <= width {
            lines.push(line);
        } else {
            lines.push(shortened(&who, width));
            if !again {
                lines.push(format!("  {}", shortened(query, width.saturating_sub(2))));
            }
        }
    }
    if more > 0 {
        lines.push(format!("... and {more} more"));
    }
    lines
}

/// Who waits for the holder, and the statement of one of them.
fn held_up<'a>(look: &'a DatabaseLook, holder: &Holder) -> (String, &'a str) {
    let behind: Vec<&Blocked> =
        look.blocked.iter().filter(|row| row.behind == Some(holder.pid)).collect();
    let mut named: Vec<i32> = behind.iter().take(NAMED).map(|row| row.pid).collect();
    named.sort_unstable();
    let mut who = pids(&named);
    let more = (holder.holds_up as usize).saturating_sub(named.len());
    if more > 0 {
        who += &format!(" and {more} more");
    }
    let verb = if holder.holds_up == 1 { "waits" } else { "wait" };
    let state = holder.state.as_ref().map_or_else(String::new, |state| format!(" ({state})"));
    let query = behind.first().map_or("", |row| &*row.query);
    (format!("{who} {verb} for {}{state}", holder.pid), query)
}

fn pids(pids: &[i32]) -> String {
    let listed: Vec<String> = pids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if pids.len() > NAMED { ", ..." } else { "" };
    listed.join(", ") + more
}
