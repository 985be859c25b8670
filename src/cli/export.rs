//! What is written when all runs are over. An output that fails is reported, and
//! neither changes the verdict nor loses the others.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::args::RunArgs;
use super::output::{eprint, mask, print};
use super::{Exit, written};
use crate::report::{self, RunReport};

/// GitHub Actions sets it to `true`.
const GITHUB: &str = "GITHUB_ACTIONS";
/// The file that GitHub Actions shows of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Writes the summary, JUnit's XML, and annotations and a page where someone
/// reads them.
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
        write("HTML report", file, &report::html_report(&views, Some(exit.code())));
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
    if let Some(file) = std::env::var_os(STEP_SUMMARY).filter(|file| !file.is_empty()) {
        // Others have written there, too.
        let file = Path::new(&file);
        let opened = OpenOptions::new().append(true).create(true).open(file);
        let text = mask().apply(&report::step_summary(reports)).into_owned();
        told("step summary", file, opened.and_then(|mut file| file.write_all(text.as_bytes())));
    }
}

fn write(what: &str, file: &Path, text: &str) {
    told(what, file, written::write(file, &mask().apply(text)));
}

fn told(what: &str, file: &Path, written: io::Result<()>) {
    if let Err(error) = written {
        eprint(&format!("the {what} could not be written to {}: {error}\n", file.display()));
    }
}
