use std::str::FromStr;

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::ObserverError;

/// What the observer calls itself while it looks.
pub(super) const NAME: &str = "bankrun observer";

/// How its statements begin: between two looks they are all that shows who it is.
pub(super) const MARK: &str = "/* bankrun observer */";

/// Nothing it asks for may hold up anybody, be held up, or change anything.
const SETTINGS: &str = "SET TRANSACTION READ ONLY; \
                        SET LOCAL application_name = 'bankrun observer'; \
                        SET LOCAL lock_timeout = '100ms'; \
                        SET LOCAL statement_timeout = '5s'";

/// Makes the server hand in what it counted of this transaction as soon as it ends.
const HAND_IN: &str = "SELECT pg_stat_force_next_flush()";

/// Asks one question, in a transaction of its own, and returns its rows.
///
/// Settings and question are one message, which the server takes as one transaction
/// and ends by itself, after an error, too. So the connection may be one of a
/// pooler, and somebody else's in the next moment: no setting, no prepared statement
/// and no open transaction stays behind.
pub(super) async fn ask(
    client: &Client,
    major: u32,
    question: &str,
) -> Result<Vec<SimpleQueryRow>, tokio_postgres::Error> {
    let hand_in = if major >= 15 { HAND_IN } else { "" };
    let message = format!("{MARK} {SETTINGS}; {hand_in}; {question}");
    let mut rows = Vec::new();
    for message in client.simple_query(&message).await? {
        match message {
            // Those of the statement before are of no interest.
            SimpleQueryMessage::RowDescription(_) => rows.clear(),
            SimpleQueryMessage::Row(row) => rows.push(row),
            // It may get new kinds.
            _ => {}
        }
    }
    Ok(rows)
}

/// The value of a column; `None` where it is NULL.
pub(super) fn value<T: FromStr>(
    row: &SimpleQueryRow,
    column: &str,
) -> Result<Option<T>, ObserverError> {
    let Some(text) = row.try_get(column)? else { return Ok(None) };
    let unreadable = |_| ObserverError::Answer(format!("`{column}` is `{text}`"));
    text.parse().map(Some).map_err(unreadable)
}

/// The same, where it is never NULL.
pub(super) fn certain<T: FromStr>(row: &SimpleQueryRow, column: &str) -> Result<T, ObserverError> {
    value(row, column)?.ok_or_else(|| ObserverError::Answer(format!("`{column}` is not there")))
}

/// `true` and `false`, as PostgreSQL writes them.
pub(super) fn is_true(row: &SimpleQueryRow, column: &str) -> Result<bool, ObserverError> {
    Ok(row.try_get(column)? == Some("t"))
}
