use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::SimpleQueryRow;

use super::ObserverError;
use super::asking::{certain, value};
use crate::model::one_line;

/// The longest statement shown, in characters.
const LONGEST: usize = 120;
/// What PostgreSQL shows instead of a statement that is not to be seen.
const HIDDEN: &str = "<insufficient privilege>";

/// One connection, as the database shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) pid: i32,
    pub(super) application: String,
    /// `None`: it is another user's, and not to be seen.
    pub(super) state: Option<String>,
    /// Type and name of what it waits for, be it a lock, the disk or the client.
    pub(super) event: Option<(String, String)>,
    pub(super) query: Arc<str>,
    pub(super) lock: Option<Awaited>,
}

/// A lock that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Awaited {
    pub(super) kind: String,
    pub(super) waited: Duration,
    /// Since the statement that needs it began.
    pub(super) statement: Duration,
    /// Each of them once; empty when it was granted meanwhile.
    pub(super) by: Vec<i32>,
}

/// Reads the deadlocks that the database has counted, and its connections.
pub(super) fn read(rows: &[SimpleQueryRow]) -> Result<(u64, Vec<Seen>), ObserverError> {
    let mut deadlocks = 0;
    let mut seen = Vec::with_capacity(rows.len());
    for row in rows {
        deadlocks = certain::<i64>(row, "deadlocks")?.unsigned_abs();
        if let Some(pid) = value(row, "pid")? {
            seen.push(connection(pid, row)?);
        }
    }
    Ok((deadlocks, seen))
}

fn connection(pid: i32, row: &SimpleQueryRow) -> Result<Seen, ObserverError> {
    let text = |column| row.try_get(column);
    let event = text("wait_event")?.map(str::to_owned);
    let kind = text("wait_event_type")?.map(str::to_owned);
    Ok(Seen {
        pid,
        application: shortened(text("application_name")?.unwrap_or_default()),
        state: text("state")?.map(str::to_owned),
        event: kind.zip(event),
        query: match text("query")? {
            None | Some(HIDDEN) => "".into(),
            Some(query) => shortened(query).into(),
        },
        lock: lock(row)?,
    })
}

fn lock(row: &SimpleQueryRow) -> Result<Option<Awaited>, ObserverError> {
    let Some(kind) = value(row, "locktype")? else { return Ok(None) };
    let time = |column| {
        let seconds: Option<f64> = value(row, column)?;
        let time = Duration::try_from_secs_f64(seconds.unwrap_or(0.0));
        Ok::<_, ObserverError>(time.unwrap_or_default())
    };
    let by = row.try_get("blocked_by")?.unwrap_or_default();
    let mut by: Vec<i32> = by.split(',').filter_map(|pid| pid.parse().ok()).collect();
    // One with parallel workers is named once for each of them.
    let mut known = std::collections::BTreeSet::new();
    by.retain(|pid| known.insert(*pid));
    Ok(Some(Awaited { kind, waited: time("waited")?, statement: time("statement")?, by }))
}

/// As it may be shown in a line: each gap a space, no control characters, and not
/// too long.
fn shortened(text: &str) -> String {
    let mut line = one_line(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_becomes_a_line() {
        assert_eq!(shortened("SELECT *\n\t FROM  a\u{1b}[2J"), "SELECT * FROM a [2J");
        let long = shortened(&"ä".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST + 1, true));
        assert_eq!(shortened(""), "");
    }
}
