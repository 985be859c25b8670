//! A PostgreSQL database as it is now, for `bankrun watch`.

use std::time::Duration;

use anstyle::Style;

use super::database::{longest, picture};
use super::paint::{BAD, DOUBT, FAINT, STRONG, paint};
use super::table::table;
use crate::facts::{Blocked, DatabaseCounters, DatabaseLook, Holder};
use crate::report::format::{counted, duration, rate, shortened};

/// Groups of connections shown.
const GROUPS: usize = 8;
/// Longest name of a client shown whole.
const APPLICATION: usize = 24;
/// Rows of who waits for whom that are shown on the lowest terminal.
const LEAST: usize = 6;

/// What is known of a database at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// Which one it is, in words.
    pub title: &'a str,
    pub look: &'a DatabaseLook,
    /// Since the last look.
    pub counters: DatabaseCounters,
    /// Between the last look and this one.
    pub passed: Duration,
    /// Account and balance, where there is a table of ours.
    pub balances: &'a [(i64, i64)],
    /// Whether there are more accounts than these.
    pub more_balances: bool,
}

/// One line, for what is no terminal.
pub fn watched_line(watched: &Watched<'_>) -> String {
    let look = watched.look;
    let mut line = format!("{}  {}, {}", time(look), connections(look), totals(watched));
    if look.waiting > 0 {
        line += &format!("; {}", waiting(look));
    }
    if !watched.balances.is_empty() {
        let balances = watched.balances.iter();
        let balances: Vec<_> = balances.map(|(id, balance)| format!("{id}={balance}")).collect();
        let more = if watched.more_balances { " ..." } else { "" };
        line += &format!("; accounts {}{more}", balances.join(" "));
    }
    for row in picture(look, usize::MAX) {
        line += &format!("; {row}");
    }
    line + "\n"
}

/// A page that fits into a terminal of so many columns and rows.
pub fn watched(watched: &Watched<'_>, width: usize, height: usize) -> String {
    let look = watched.look;
    let fit = |text: &str| shortened(text, width);
    let mut text = format!("{}\n", paint(STRONG, &fit(watched.title)));
    text += &format!("{}\n", fit(&format!("{}  {}", time(look), connections(look))));
    text += &format!("{}\n", fit(&totals(watched)));
    text += &match look.waiting {
        0 => format!("{}\n", paint(FAINT, "nobody waits for a lock")),
        _ => format!("{}\n", paint(DOUBT, &fit(&waiting(look)))),
    };
    let groups = groups(look, width);
    let balances = balances(watched, width);
    let used =
        [&*text, &*groups, &*balances].iter().map(|text| text.lines().count()).sum::<usize>();
    // Three empty lines, a heading, and the one below everything.
    let rows = height.saturating_sub(used + 5).max(LEAST);
    let mut sections = vec![text, groups, queues(look, width, rows), balances];
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn time(look: &DatabaseLook) -> String {
    format!("{:>5.1}s", look.time.as_secs_f64())
}

fn connections(look: &DatabaseLook) -> String {
    let mut text = format!(
        "{}, {} active, {} idle in transaction",
        counted(look.connections.into(), "connection"),
        look.active,
        look.idle_in_transaction,
    );
    if look.hidden > 0 {
        text += &format!(", {} hidden (pg_read_all_stats shows them)", look.hidden);
    }
    text
}

fn totals(watched: &Watched<'_>) -> String {
    let DatabaseCounters { commits, rollbacks, .. } = watched.counters;
    format!(
        "{} commits/s, {} rollbacks/s, {}",
        rate(commits, watched.passed),
        rate(rollbacks, watched.passed),
        counted(watched.look.deadlocks, "deadlock"),
    )
}

fn waiting(look: &DatabaseLook) -> String {
    let verb = if look.waiting == 1 { "waits" } else { "wait" };
    let longest = longest(look.longest_wait, look.longest_statement);
    format!("{} {verb} for a lock; the longest {longest}", look.waiting)
}

fn groups(look: &DatabaseLook, width: usize) -> String {
    let rows: Vec<(Style, Vec<String>)> = look
        .groups
        .iter()
        .take(GROUPS)
        .map(|group| {
            let waits_for = group.waits_for.as_deref().unwrap_or("");
            let style = if waits_for.starts_with("lock") { DOUBT } else { Style::new() };
            let cells = vec![
                shortened(&group.application, APPLICATION),
                group.state.as_deref().unwrap_or("hidden").to_owned(),
                waits_for.to_owned(),
                group.count.to_string(),
            ];
            (style, cells)
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table(&["application", "state", "waits for", "connections"], &rows, width)
}

/// Who holds others up, and who those are; at most so many rows.
fn queues(look: &DatabaseLook, width: usize, most: usize) -> String {
    let mut lines = Vec::new();
    for holder in &look.holders {
        lines.push(paint(BAD, &shortened(&holding(holder), width)));
        let mut behind: Vec<&Blocked> =
            look.blocked.iter().filter(|row| row.behind == Some(holder.pid)).collect();
        behind.sort_by_key(|row| (row.ahead, std::cmp::Reverse(row.waited)));
        lines.extend(behind.iter().map(|row| shortened(&format!("  {}", waiter(row)), width)));
        let more = (holder.holds_up as usize).saturating_sub(behind.len());
        if more > 0 {
            lines.push(format!("  ... and {more} more"));
        }
    }
    let headless = look.blocked.iter().filter(|row| row.behind.is_none());
    lines.extend(headless.map(|row| shortened(&waiter(row), width)));
    if lines.is_empty() {
        return String::new();
    }
    let more = lines.len().saturating_sub(most);
    lines.truncate(most);
    if more > 0 {
        lines.pop();
        lines.push(format!("... and {} more rows", more + 1));
    }
    format!("{}\n{}\n", paint(FAINT, "who waits for whom"), lines.join("\n"))
}

fn holding(holder: &Holder) -> String {
    let state = holder.state.as_deref().map_or_else(String::new, |state| format!(" ({state})"));
    let colon = if holder.query.is_empty() { "" } else { ": " };
    format!("{}{state} holds up {}{colon}{}", holder.pid, holder.holds_up, holder.query)
}

fn waiter(row: &Blocked) -> String {
    let behind = match (row.by.first(), row.ahead) {
        (Some(pid), 1) => format!(" behind {pid}"),
        (Some(pid), ahead) => format!(" behind {pid} and {} more", ahead.saturating_sub(1)),
        (None, _) => String::new(),
    };
    let colon = if row.query.is_empty() { "" } else { ": " };
    let Blocked { pid, waits_for, query, .. } = row;
    format!("{pid} waits {} for {waits_for}{behind}{colon}{query}", duration(row.waited))
}

fn balances(watched: &Watched<'_>, width: usize) -> String {
    if watched.balances.is_empty() {
        return String::new();
    }
    let balances = watched.balances.iter();
    let rows: Vec<_> = balances
        .map(|(id, balance)| (Style::new(), vec![id.to_string(), balance.to_string()]))
        .collect();
    let more = if watched.more_balances { "... and more\n" } else { "" };
    table(&["account", "balance"], &rows, width) + more
}
