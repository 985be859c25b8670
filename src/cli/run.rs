//! `bankrun run`: every scenario against every destination, then the verdict.

use std::fs;
use std::path::Path;

use super::args::{Expected, RunArgs};
use super::destination::{self, Destination};
use super::output::{eprint, print, width};
use super::repeat::Tally;
use super::runner::Runner;
use super::sources::Source;
use super::{Exit, confirm, sources};
use crate::engine::Stop;
use crate::report::{RunReport, summary, terminal};

/// Carries out the command.
pub(super) async fn run(args: RunArgs, stop: Stop) -> Exit {
    let Ok(sources) = sources::load(&args) else { return Exit::Usage };
    let mut command = Command { args: &args, stop: &stop, reports: Vec::new() };
    for source in &sources {
        if let Err(error) = command.run(source).await {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    }
    let reports = command.reports;
    let exit = overall(args.expect, &reports);
    export(args.summary_export.as_deref(), &reports, exit)
}

struct Command<'a> {
    args: &'a RunArgs,
    stop: &'a Stop,
    reports: Vec<RunReport>,
}

impl Command<'_> {
    /// One scenario, against all its destinations.
    async fn run(&mut self, source: &Source) -> Result<(), String> {
        let first = self.reports.len();
        let destinations = destinations(self.args, source.scenario.target.as_deref()).await?;
        let several = destinations.len() > 1;
        for destination in destinations {
            if self.stop.is_ending() {
                break;
            }
            if self.args.repeat.is_some() || self.args.until_fail {
                self.repeatedly(source, destination).await;
            } else {
                self.once(source, destination, 0, self.args.quiet).await;
            }
        }
        if several {
            let table = terminal::comparison(&self.reports[first..], width());
            print(&format!("\n{table}"));
        }
        Ok(())
    }

    /// One run, with its report. `nth` counts repetitions and moves the seed.
    async fn once(&mut self, source: &Source, to: Destination, nth: u64, brief: bool) -> Exit {
        if !self.reports.is_empty() && !brief {
            print("\n");
        }
        let number = self.reports.len() + 1;
        let runner = Runner { args: self.args, source, stop: self.stop, number, nth, brief };
        let report = runner.run(to).await;
        print(&terminal::report(&report, brief, width()));
        let exit = Exit::of(&report);
        self.reports.push(report);
        exit
    }

    async fn repeatedly(&mut self, source: &Source, destination: Destination) {
        let most = self.args.repeat.map_or(u64::MAX, |most| u64::from(most.get()));
        let mut tally = Tally::default();
        for nth in 0..most {
            if self.stop.is_ending() {
                break;
            }
            let exit = self.once(source, destination.clone(), nth, true).await;
            let last = self.reports.pop();
            if let Some(report) = last {
                tally.add(&report);
                // Kept: what failed, and one to stand for all.
                if nth == 0 || exit != Exit::Passed {
                    self.keep(report, nth);
                }
            }
            let hopeless = exit == Exit::NotRun;
            if hopeless || (self.args.until_fail && exit == Exit::Failed) {
                break;
            }
        }
        let label = self.reports.last().map_or("", |report| report.label()).to_owned();
        print(&tally.line(&label));
    }

    /// Of many repetitions the worst is reported on; the tally counts the rest.
    fn keep(&mut self, report: RunReport, nth: u64) {
        if nth > 0
            && let Some(kept) = self.reports.last_mut()
        {
            let worst = Exit::worst([Exit::of(kept), Exit::of(&report)]);
            if worst != Exit::of(kept) {
                *kept = report;
            }
        } else {
            self.reports.push(report);
        }
    }
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
