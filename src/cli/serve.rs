//! `bankrun serve`: the bank server, until a signal ends it.

use std::env;
use std::num::NonZeroU32;

use super::Exit;
use super::args::ServeArgs;
use super::open_files::connections_within_limit;
use super::output::{eprint, print};
use super::signals::Signals;
use crate::bank::{Access, Bank, BankError, BankOptions, Database, DatabaseSpec};

/// Serves until Ctrl-C or SIGTERM. A second signal does not wait for the
/// requests that are still in flight.
pub(super) async fn serve(args: ServeArgs, signals: Signals) -> Exit {
    match start_and_wait(args, signals.begin()).await {
        Ok(()) => Exit::Passed,
        Err((exit, error)) => {
            eprint(&format!("{error}\n"));
            exit
        }
    }
}

async fn start_and_wait(args: ServeArgs, mut signals: Signals) -> Result<(), (Exit, String)> {
    let usage = |error: &dyn std::fmt::Display| (Exit::Usage, error.to_string());
    let not_run = |error: &dyn std::fmt::Display| (Exit::NotRun, error.to_string());
    let spec = database(args.database.clone()).map_err(|error| usage(&error))?;
    let listen = args.listen;
    let options = options(args);
    let open = matches!(options.access, Access::Open);

    let opened = tokio::select! {
        opened = Database::open(&spec) => opened.map_err(|error| not_run(&error))?,
        () = signals.next() => return Ok(()),
    };
    let started = tokio::select! {
        started = Bank::start(&opened, options) => started,
        () = signals.next() => {
            opened.close().await;
            return Ok(());
        }
    };
    let bank = match started {
        Ok(bank) => bank,
        Err(error) => {
            opened.close().await;
            return Err(match error {
                BankError::Unguarded(_) => usage(&error),
                BankError::Listen { .. } => not_run(&error),
                error => not_run(&format!("{spec}: {error}")),
            });
        }
    };
    let (address, mode, database) = (bank.addr(), bank.mode(), bank.database());
    print(&format!("bankrun serves http://{address}, mode {mode}, on {database}\n"));
    if !listen.ip().to_canonical().is_loopback() {
        let warning = match open {
            true => "warning: anyone who reaches this address can move and reset the money\n",
            false => "warning: anyone who reaches this address can move the money\n",
        };
        eprint(warning);
    }

    signals.next().await;
    eprint("stopping: requests in flight are finished; once more to stop at once\n");
    tokio::select! {
        () = bank.shutdown() => {}
        () = signals.next() => {}
    }
    opened.close().await;
    Ok(())
}

/// The command line's, or `BANKRUN_DATABASE`, or what PostgreSQL's own
/// variables name.
fn database(given: Option<DatabaseSpec>) -> Result<DatabaseSpec, String> {
    match given {
        Some(given) => Ok(given),
        None => Ok(from_environment()?.unwrap_or_default()),
    }
}

/// What `BANKRUN_DATABASE` names, or PostgreSQL's own variables.
pub(super) fn from_environment() -> Result<Option<DatabaseSpec>, String> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(named) = variable("BANKRUN_DATABASE") {
        return named.parse().map(Some).map_err(|error| format!("BANKRUN_DATABASE: {error}"));
    }
    DatabaseSpec::from_environment(variable).map_err(|error| error.to_string())
}

fn options(args: ServeArgs) -> BankOptions {
    let defaults = BankOptions::default();
    let bytes = |limit: Option<NonZeroU32>, otherwise| limit.map_or(otherwise, as_usize);
    let wanted = args.max_connections.map_or(defaults.max_connections, as_usize);
    let mut options = BankOptions {
        listen: args.listen,
        access: match (args.token, args.allow_open) {
            (Some(token), _) => Access::Token(token),
            (None, true) => Access::Open,
            (None, false) => Access::Local,
        },
        mode: args.mode,
        race_window: args.race_window,
        lose_answers: args.lose_answers.unwrap_or(defaults.lose_answers),
        pool_size: args.pool_size,
        acquire_timeout: args.acquire_timeout.unwrap_or(defaults.acquire_timeout),
        request_timeout: args.request_timeout.unwrap_or(defaults.request_timeout),
        idle_timeout: args.idle_timeout.unwrap_or(defaults.idle_timeout),
        header_timeout: args.header_timeout.unwrap_or(defaults.header_timeout),
        header_limit: bytes(args.header_limit, defaults.header_limit),
        max_headers: args.max_headers.map_or(defaults.max_headers, |most| most as usize),
        body_timeout: args.body_timeout.unwrap_or(defaults.body_timeout),
        body_limit: bytes(args.body_limit, defaults.body_limit),
        memory_limit: bytes(args.memory_limit, defaults.memory_limit),
        drain_timeout: args.drain_timeout.unwrap_or(defaults.drain_timeout),
        ..defaults
    };
    options.max_connections = connections_within_limit(wanted, options.connections());
    options
}

fn as_usize(number: NonZeroU32) -> usize {
    number.get() as usize
}
