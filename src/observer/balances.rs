use tokio_postgres::{Client, Statement};

use super::ObserverError;
use super::statements;

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

/// `None`: there is no such table, it may not be read, or somebody has locked it.
pub(super) async fn read(client: &Client) -> Result<Option<Balances>, ObserverError> {
    let there: bool = client.query_one(statements::HAS_ACCOUNTS, &[]).await?.try_get(0)?;
    if !there {
        return Ok(None);
    }
    let statement: Result<Statement, _> = client.prepare(statements::ACCOUNTS).await;
    let most = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let rows = match statement {
        Ok(statement) => client.query(&statement, &[&most]).await,
        Err(error) => Err(error),
    };
    let rows = match rows {
        Ok(rows) => rows,
        // Locked, or gone since: it is there again some other time.
        Err(error) if error.as_db_error().is_some() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let more = rows.len() > SHOWN;
    let rows = rows.iter().take(SHOWN).map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(Some(Balances { rows: rows.collect::<Result<_, ObserverError>>()?, more }))
}
