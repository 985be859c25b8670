//! What is written when all runs are over. An output that fails is reported, and
//! neither changes the verdict nor loses the others.

use std::fs;
use std::path::Path;

use super::Exit;
use super::args::RunArgs;
use super::output::{eprint, print};
use crate::report::{self, RunReport};

/// GitHub Actions sets it to `true`.
const GITHUB: &str = "GITHUB_ACTIONS";

/// Writes the summary, JUnit's XML, and annotations where someone reads them.
pub(super) fn export(args: &RunArgs, reports: &[RunReport], exit: Exit) {
    let summary = || format!("{:#}\n", report::summary(reports, exit.code()));
    match &args.summary_export {
        // A reader that went away is told by nobody.
        Some(_) if args.summary_on_stdout() => drop(print(&summary())),
        Some(file) => write("summary", file, &summary()),
        None => {}
    }
    if let Some(file) = &args.html {
        let runs: Vec<_> = reports.iter().filter_map(|run| run.live.as_ref()).collect();
        let views: Vec<_> = runs.iter().map(|run| run.view()).collect();
        write("HTML report", file, &report::html(&views, Some(exit.code())));
    }
    if let Some(file) = &args.junit {
        write("JUnit report", file, &report::junit(reports));
    }
    if std::env::var_os(GITHUB).is_some_and(|value| value == "true") {
        let annotations = report::annotations(reports);
        // Standard output belongs to the summary where that was asked for.
        let show = if args.summary_on_stdout() { eprint } else { print };
        show(&annotations);
    }
}

fn write(what: &str, file: &Path, text: &str) {
    if let Err(error) = fs::write(file, text) {
        eprint(&format!("the {what} could not be written to {}: {error}\n", file.display()));
    }
}
