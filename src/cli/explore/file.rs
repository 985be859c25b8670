//! `bankrun explore FILE`: requests to a service, or sessions of plain SQL.

use std::path::Path;

use super::{service, sessions};
use crate::cli::Exit;
use crate::cli::args::ExploreArgs;
use crate::cli::output::eprint;
use crate::engine::Stop;
use crate::files;

/// It is text that somebody wrote; what is larger is something else.
const LARGEST: u64 = 1 << 20;

/// Explores what the file asks for.
pub(super) async fn run(args: &ExploreArgs, file: &Path, stop: &Stop) -> Exit {
    let refuse = |why: &str| {
        eprint(&format!("{}: {why}\n", file.display()));
        Exit::Usage
    };
    // A pipe may take its time; whoever wants to end this does not.
    let named = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || files::read(&named, LARGEST));
    let read = tokio::select! {
        read = reading => read,
        () = stop.ending() => return Exit::Interrupted,
    };
    let read = match read {
        Ok(read) => read,
        Err(error) => return refuse(&error.to_string()),
    };
    let text = match read.map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return refuse("it is not UTF-8"),
        Err(error) => return refuse(&error.to_string()),
    };
    let is_yaml = file.extension().is_some_and(|end| end == "yaml" || end == "yml");
    if is_yaml && service::has_requests(&text) {
        if !args.isolation.is_empty() || args.all_orders {
            return refuse("--isolation and --all-orders are for files with sessions");
        }
        return service::run(args, file, &text, stop).await;
    }
    if !args.what_ifs.is_empty() {
        return refuse(
            "--what-if changes what a service does, and here are sessions of SQL: \
             `--isolation repeatable-read,serializable` runs them at other levels",
        );
    }
    if let Some(option) = args.option_of_requests() {
        return refuse(&format!("{option} is for files with `requests:`, and this has none"));
    }
    sessions::run(args, file, &text, is_yaml, stop).await
}
