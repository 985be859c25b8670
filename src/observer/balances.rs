use tokio_postgres::SimpleQueryRow;

use super::ObserverError;
use super::asking::certain;

/// Accounts shown at most.
const SHOWN: usize = 10;

/// What the bank's table holds, where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Account and balance; the first few.
    pub rows: Vec<(i64, i64)>,
    /// Whether there are more.
    pub more: bool,
}

impl Balances {
    /// Of the rows of [`accounts`].
    pub(super) fn of(rows: &[SimpleQueryRow]) -> Result<Self, ObserverError> {
        let more = rows.len() > SHOWN;
        let rows = rows.iter().take(SHOWN);
        let rows = rows.map(|row| Ok((certain(row, "id")?, certain(row, "balance")?)));
        Ok(Self { rows: rows.collect::<Result<_, ObserverError>>()?, more })
    }
}

/// Asks for the first accounts, and one more than are shown.
pub(super) fn accounts() -> String {
    format!("SELECT id, balance FROM accounts ORDER BY id LIMIT {}", SHOWN + 1)
}
