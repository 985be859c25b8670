use crate::bank::{Database, DatabaseSpec};
use crate::cli::Exit;
use crate::cli::output::eprint;
use crate::engine::Stop;

/// Opens the database. What is wrong has been said, and how it ends comes back.
pub(in crate::cli::explore) async fn open(
    database: &DatabaseSpec,
    stop: &Stop,
) -> Result<Database, Exit> {
    tokio::select! {
        opened = Database::open(database) => opened.map_err(|error| {
            eprint(&format!("{error}\n"));
            Exit::NotRun
        }),
        () = stop.ending() => Err(Exit::Interrupted),
    }
}
