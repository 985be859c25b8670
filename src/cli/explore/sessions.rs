//! The sessions of a specification, without a service.

use std::io::{self, IsTerminal};
use std::path::Path;

use super::database;
use crate::bank::DatabaseSpec;
use crate::cli::Exit;
use crate::cli::args::{Expected, ExploreArgs};
use crate::cli::export::write;
use crate::cli::output::{eprint, mask, print, print_json, width, with_losses};
use crate::engine::Stop;
use crate::explore::Conclusion;
use crate::isolation::{
    Exploration, ExploreOptions, IsolationError, IsolationLevel, Scratch, Spec, explore, parse,
    parse_yaml,
};
use crate::report::progress::Orders;
use crate::report::{isolation_json, terminal};

/// Runs the specification's orders at each isolation level that is asked for.
pub(super) async fn run(
    args: &ExploreArgs,
    file: &Path,
    text: &str,
    is_yaml: bool,
    stop: &Stop,
) -> Exit {
    let read = if is_yaml { parse_yaml(text) } else { parse(text) };
    let spec = match read {
        Ok(spec) => spec,
        Err(problem) => {
            eprint(&format!("{}: {problem}\n", file.display()));
            return Exit::Usage;
        }
    };
    match args.database {
        DatabaseSpec::PrivatePostgres(_) | DatabaseSpec::Postgres(_) => {}
        DatabaseSpec::Sqlite | DatabaseSpec::SqliteFile(_) => {
            eprint("sessions run on PostgreSQL: `--database postgres` or `postgres://...`\n");
            return Exit::Usage;
        }
    }
    let database = match database::open(&args.database, stop).await {
        Ok(database) => database,
        Err(exit) => return exit,
    };
    let exit = match database.postgres() {
        Some(server) => explored(args, file, &spec, server, stop).await,
        None => Exit::NotRun,
    };
    database.close().await;
    exit
}

async fn explored(
    args: &ExploreArgs,
    file: &Path,
    spec: &Spec,
    server: &tokio_postgres::Config,
    stop: &Stop,
) -> Exit {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let levels: Vec<Option<IsolationLevel>> = match &args.isolation[..] {
        [] => vec![None],
        levels => levels.iter().copied().map(Some).collect(),
    };
    let mut found = Vec::new();
    for level in levels {
        if stop.is_ending() {
            break;
        }
        match at_level(args, &name, spec, server, stop, level).await {
            Ok(exploration) => {
                let text = terminal::isolation(&name, spec, &exploration, args.quiet, width());
                say(args, &text);
                found.push(exploration);
            }
            Err(error) => {
                eprint(&format!("{}: {error}\n", file.display()));
                return Exit::NotRun;
            }
        }
    }
    if found.len() > 1 && !args.quiet {
        say(args, &format!("\n{}", terminal::isolation_levels(&found, width())));
    }
    let exit = exit(args, stop, &found);
    if let Some(path) = &args.json {
        let json = format!("{:#}\n", isolation_json(&name, spec, &found, with_losses(exit).code()));
        match path.as_os_str() == "-" {
            true => drop(print_json(&json)),
            false => write("JSON", path, &mask().apply(&json)),
        }
    }
    with_losses(exit)
}

/// In a scratch database of its own, which is gone afterwards, also after an
/// error.
async fn at_level(
    args: &ExploreArgs,
    name: &str,
    spec: &Spec,
    server: &tokio_postgres::Config,
    stop: &Stop,
    level: Option<IsolationLevel>,
) -> Result<Exploration, IsolationError> {
    let scratch = Scratch::create(server).await?;
    let shows = !args.quiet && io::stderr().is_terminal();
    let bar = shows.then(|| Orders::new(name));
    let options = ExploreOptions { level, all: args.all_orders, time: args.time };
    let found = explore(
        spec,
        &scratch,
        &options,
        || stop.is_ending(),
        |progress| {
            if let Some(bar) = &bar {
                bar.tell(progress);
            }
        },
    );
    let found = found.await;
    if let Some(bar) = &bar {
        bar.finish();
    }
    let removed = scratch.remove().await;
    let found = found?;
    removed?;
    Ok(found)
}

fn exit(args: &ExploreArgs, stop: &Stop, found: &[Exploration]) -> Exit {
    let of = |found: &Exploration| match found.conclusion() {
        Conclusion::Pass => Exit::Passed,
        Conclusion::Fail => Exit::Failed,
        Conclusion::Inconclusive => Exit::Inconclusive,
    };
    let exit = Exit::worst(found.iter().map(of));
    let exit = match (args.expect, exit) {
        (Some(Expected::Fail), Exit::Failed) => Exit::Passed,
        (Some(Expected::Fail), Exit::Passed) => {
            eprint("a failure was expected, and every order is serializable\n");
            Exit::Failed
        }
        (_, exit) => exit,
    };
    if stop.is_ending() { Exit::worst([exit, Exit::Interrupted]) } else { exit }
}

/// The report gives way to JSON on standard output.
fn say(args: &ExploreArgs, text: &str) {
    let json_on_stdout = args.json.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if json_on_stdout {
        eprint(text)
    } else {
        print(text)
    };
}
