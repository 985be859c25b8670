use super::request::{Answers, Asked};
use crate::bank::ledger::batched;
use crate::bank::ledger::counters::Counters;
use crate::bank::ledger::error::LedgerError;
use crate::bank::ledger::window::Window;
use crate::bank::store::{Connection, Isolation, StoreError, StoredAnswer};

/// What each member of a batch is answered.
type Each = Vec<Result<StoredAnswer, LedgerError>>;

/// Carries out a batch and commits it. Returns one answer for each of its
/// members; the connection is back in its pool by then.
pub(super) async fn carry_out(
    connection: Result<Connection, StoreError>,
    window: &Window,
    batch: &[Asked],
    counters: &Counters,
) -> Each {
    let mut connection = match connection {
        Ok(connection) => connection,
        Err(away) => return for_all(batch, away.into()),
    };
    if batch.is_empty() {
        return Vec::new();
    }
    match transact(&mut connection, window, batch, counters).await {
        Ok(each) => each,
        // The database has a rule that one of them breaks, and says so to all
        // of them: nothing was applied, and each may try by itself.
        Err(LedgerError::Store(StoreError::Refused(_))) if batch.len() > 1 => {
            let mut each = Vec::new();
            for one in batch.chunks(1) {
                let alone = transact(&mut connection, window, one, counters).await;
                each.extend(alone.unwrap_or_else(|error| for_all(one, error)));
            }
            each
        }
        Err(error) => for_all(batch, error),
    }
}

/// BEGIN, the batch, COMMIT. An error is everybody's, and says that nothing
/// was applied.
async fn transact(
    connection: &mut Connection,
    window: &Window,
    batch: &[Asked],
    counters: &Counters,
) -> Result<Each, LedgerError> {
    connection.begin(Isolation::ReadCommitted).await?;
    let carried = batched::carry_out(connection, window, batch).await;
    let Answers { each, repeats } = match carried {
        Ok(answers) => answers,
        Err(error) => {
            let undone: Result<Each, LedgerError> = connection.end(Err(error)).await;
            return undone;
        }
    };
    match connection.end(Ok(())).await {
        Ok(()) => {
            counters.count_batch(batch.len(), repeats);
            Ok(each)
        }
        Err(LedgerError::Store(StoreError::OutcomeUnknown(reason))) => {
            Ok(each.into_iter().map(|answer| unknown(answer, &reason)).collect())
        }
        Err(error) => Err(error),
    }
}

/// COMMIT was never answered. What would have been done may have been; what
/// would have been refused was not, but by a balance that may not have come to
/// be: it may be tried again.
fn unknown(
    answer: Result<StoredAnswer, LedgerError>,
    reason: &str,
) -> Result<StoredAnswer, LedgerError> {
    let reason = reason.to_owned();
    Err(match answer {
        Ok(_) => StoreError::OutcomeUnknown(reason).into(),
        Err(_) => StoreError::Unavailable(reason).into(),
    })
}

fn for_all(batch: &[Asked], error: LedgerError) -> Each {
    batch.iter().map(|_| Err(error.clone())).collect()
}
