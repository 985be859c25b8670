//! `handle_summary` of a script: what it makes of a run, on its way out.

use std::path::Path;

use super::args::RunArgs;
use super::output::{eprint, foreign, say};
use super::sources::{Driver, Source};
use crate::files::Outbox;
use crate::report::{RunReport, RunResult, run_summary};
use crate::script::{Handled, Script};

/// Lets the script write its reports. Returns whether one of them stands in for
/// ours. What goes wrong is said, and changes no verdict.
pub(super) fn of_script(args: &RunArgs, source: &Source, report: &RunReport) -> bool {
    let (Driver::Hooks(script) | Driver::Script(script)) = &source.driver else { return false };
    let RunResult::Judged { .. } = report.result else { return false };
    match handled(script, report) {
        None => false,
        Some(Ok(handled)) => write(args, &handled),
        Some(Err(error)) => {
            eprint(&format!("{error}\n"));
            false
        }
    }
}

fn handled(script: &Script, report: &RunReport) -> Option<Result<Handled, String>> {
    script.handle_summary(&run_summary(report))
}

fn write(args: &RunArgs, handled: &Handled) -> bool {
    for line in &handled.said {
        eprint(&format!("{}\n", foreign(line)));
    }
    // A script that came from somewhere must not be able to overwrite what it likes.
    let files = Outbox::new(Path::new("."), args.overwrite);
    let mut ours_is_replaced = false;
    for (name, text) in &handled.outputs {
        match name.as_str() {
            "stdout" => {
                say(args, text);
                ours_is_replaced = true;
            }
            "stderr" => {
                eprint(text);
            }
            name => {
                if let Err(cause) = files.write(name, text) {
                    eprint(&format!("handle_summary: {name} could not be written: {cause}\n"));
                }
            }
        }
    }
    ours_is_replaced
}
