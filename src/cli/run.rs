//! `bankrun run`: every scenario against every destination, then the verdict.

use std::fs;
use std::path::Path;

use super::args::{Expected, RunArgs};
use super::destination::{self, Destination};
use super::output::{eprint, print, width};
use super::runner::Runner;
use super::{Exit, confirm, sources};
use crate::engine::Stop;
use crate::report::{RunReport, summary, terminal};

/// Carries out the command.
pub(super) async fn run(args: RunArgs, stop: Stop) -> Exit {
    let Ok(sources) = sources::load(&args) else { return Exit::Usage };
    let mut reports: Vec<RunReport> = Vec::new();
    for source in &sources {
        let destinations = match destinations(&args, source.scenario.target.as_deref()).await {
            Ok(destinations) => destinations,
            Err(error) => {
                eprint(&format!("{error}\n"));
                return Exit::Usage;
            }
        };
        let first = reports.len();
        for destination in destinations {
            if stop.is_ending() {
                break;
            }
            if !reports.is_empty() {
                print("\n");
            }
            let runner = Runner { args: &args, source, stop: &stop, number: reports.len() + 1 };
            let report = runner.run(destination).await;
            print(&terminal::report(&report, args.quiet, width()));
            reports.push(report);
        }
        if reports.len() > first + 1 {
            print(&format!("\n{}", terminal::comparison(&reports[first..], width())));
        }
    }
    let exit = overall(args.expect, &reports);
    export(args.summary_export.as_deref(), &reports, exit)
}

async fn destinations(args: &RunArgs, named: Option<&str>) -> Result<Vec<Destination>, String> {
    let destinations = destination::choose(args, named).await?;
    for destination in &destinations {
        if let Destination::Target { target, .. } = destination {
            confirm::may_reset(target, args.yes)?;
        }
    }
    Ok(destinations)
}

/// The worst of all runs. Where a verdict is expected, that one is a success and
/// the other a failure; what could not be run or known stays what it is.
fn overall(expected: Option<Expected>, reports: &[RunReport]) -> Exit {
    let exits = reports.iter().map(Exit::of);
    Exit::worst(exits.map(|exit| match (expected, exit) {
        (Some(Expected::Fail), Exit::Failed) => Exit::Passed,
        (Some(Expected::Fail), Exit::Passed) => {
            eprint("a failure was expected, and the run passed\n");
            Exit::Failed
        }
        (_, exit) => exit,
    }))
}

/// Writes the summary. An output that fails is reported and never hides a
/// verdict that is worse.
fn export(file: Option<&Path>, reports: &[RunReport], exit: Exit) -> Exit {
    let Some(file) = file else { return exit };
    let text = format!("{:#}\n", summary(reports, exit.code()));
    if file == Path::new("-") {
        print(&text);
        return exit;
    }
    match fs::write(file, text) {
        Ok(()) => exit,
        Err(error) => {
            eprint(&format!("the summary could not be written to {}: {error}\n", file.display()));
            Exit::worst([exit, Exit::NotRun])
        }
    }
}
