//! What is written when all runs are over. An output that fails is reported and
//! loses none of the others; what went well otherwise ends with another exit code.

use std::io::{self, Write};
use std::path::Path;

use super::args::RunArgs;
use super::edge::GITHUB;
use super::output::{eprint, eprint_commands, lost, mask, print_commands, print_json, with_losses};
use super::{Exit, written};
use crate::model::harmless;
use crate::report::{self, RunReport};

/// The file that GitHub Actions shows of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Writes JUnit's XML and the summary, and annotations and a page where someone
/// reads them. Returns how the command ends with all that was written.
pub(super) fn export(args: &RunArgs, reports: &[RunReport], exit: Exit) -> Exit {
    if let Some(file) = &args.html {
        let runs: Vec<_> = reports.iter().filter_map(|run| run.live.as_ref()).collect();
        let views: Vec<_> = runs.iter().map(|run| run.view()).collect();
        let code = with_losses(exit).code();
        write("HTML report", file, &text(&report::html_report(&views, Some(code))));
    }
    if let Some(file) = &args.junit {
        write("JUnit report", file, &text(&report::junit(reports)));
    }
    if std::env::var_os(GITHUB).is_some_and(|value| value == "true") {
        let annotations = report::annotations(reports);
        // Standard output belongs to the summary where that was asked for.
        let show = if args.summary_on_stdout() { eprint_commands } else { print_commands };
        show(&annotations);
    }
    if let Some(file) = std::env::var_os(STEP_SUMMARY).filter(|file| !file.is_empty()) {
        // Others have written there, too.
        let file = Path::new(&file);
        let text = text(&report::step_summary(reports));
        let written =
            written::append(file).and_then(|mut opened| opened.write_all(text.as_bytes()));
        if let Err(error) = written {
            eprint(&told("step summary", file, &error));
        }
    }
    // The last one: its exit code knows of all others.
    let summary = || format!("{:#}\n", report::summary(reports, with_losses(exit).code()));
    match &args.summary_export {
        // A reader that went away is told by nobody.
        Some(_) if args.summary_on_stdout() => drop(print_json(&summary())),
        Some(file) => write("summary", file, &mask().apply(&summary())),
        None => {}
    }
    with_losses(exit)
}

/// For people, by whatever they read it.
pub(super) fn text(text: &str) -> String {
    harmless(&mask().apply(text)).into_owned()
}

/// Writes a file; what is not written is told, and changes the exit code.
pub(super) fn write(what: &str, file: &Path, text: &str) {
    if let Err(error) = written::write(file, text) {
        lost(&told(what, file, &error));
    }
}

fn told(what: &str, file: &Path, error: &io::Error) -> String {
    format!("the {what} could not be written to {}: {error}\n", file.display())
}
