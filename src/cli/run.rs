//! `bankrun run`: every scenario against every destination, then the verdict.

use super::args::{Expected, RunArgs};
use super::database_url::PostgresUrl;
use super::destination::{self, Destination};
use super::export::export;
use super::output::{eprint, say, width};
use super::push::Push;
use super::repeat::Tally;
use super::runner::Runner;
use super::sources::{Refusal, Source};
use super::web::Onlookers;
use super::{Exit, confirm, sources, summary};
use crate::engine::Stop;
use crate::report::live::Board;
use crate::report::{RunReport, terminal};
use crate::scenario::Scenario;

/// What is to be run. What is wrong with it was told.
pub(super) fn load(args: &RunArgs) -> Result<Vec<Source>, Exit> {
    sources::load(args).map_err(|refusals| {
        refusals.iter().for_each(Refusal::print);
        Exit::Usage
    })
}

/// Carries out the command.
pub(super) async fn run(args: RunArgs, sources: Vec<Source>, stop: Stop) -> Exit {
    let onlookers = Onlookers::of(&args).await;
    let audience = onlookers.board().map(|board| Audience { board, group: board.next_group() });
    let exit = carry_out(&args, &sources, audience, &stop).await;
    onlookers.leave().await;
    exit
}

/// Who watches the runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Audience<'a> {
    pub(super) board: &'a Board,
    /// That of the first runs; those of another scenario are not compared with them.
    pub(super) group: u64,
}

/// All runs, and what is written after them.
pub(super) async fn carry_out(
    args: &RunArgs,
    sources: &[Source],
    audience: Option<Audience<'_>>,
    stop: &Stop,
) -> Exit {
    sources.iter().for_each(|source| source.warnings.print());
    let prepared = args.watched_databases().and_then(|watched| Ok((watched, Push::start(args)?)));
    let (watched, push) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    };
    let command = Command {
        args,
        audience,
        watched: &watched,
        push: &push,
        stop,
        runs: 0,
        reports: Vec::new(),
    };
    let exit = command.all(sources).await;
    push.finish(stop).await;
    exit
}

struct Command<'a> {
    args: &'a RunArgs,
    audience: Option<Audience<'a>>,
    /// The PostgreSQL of the targets.
    watched: &'a [PostgresUrl],
    stop: &'a Stop,
    push: &'a Push,
    /// How many runs there were, repetitions included.
    runs: usize,
    reports: Vec<RunReport>,
}

impl Command<'_> {
    /// All scenarios, and what is written after them.
    async fn all(mut self, sources: &[Source]) -> Exit {
        for source in sources {
            if self.stop.is_ending() {
                break;
            }
            if !self.repeats() {
                self.regroup();
            }
            if let Err(error) = self.run(source).await {
                eprint(&format!("{error}\n"));
                return if self.stop.is_ending() { Exit::Interrupted } else { Exit::Usage };
            }
        }
        // Also between two runs, or before the first.
        let interrupted = self.stop.is_ending().then_some(Exit::Interrupted);
        let exit =
            Exit::worst(interrupted.into_iter().chain([overall(self.args.expect, &self.reports)]));
        export(self.args, &self.reports, exit)
    }

    /// One scenario, against all its destinations.
    async fn run(&mut self, source: &Source) -> Result<(), String> {
        let first = self.reports.len();
        let destinations = self.destinations(&source.scenario).await?;
        let several = destinations.len() > 1;
        for destination in destinations {
            if self.stop.is_ending() {
                break;
            }
            if self.repeats() {
                self.repeatedly(source, destination).await;
            } else {
                self.once(source, destination, 0, self.args.quiet).await;
            }
        }
        if several && !(self.repeats() && self.args.quiet) {
            let table = terminal::comparison(&self.reports[first..], width());
            say(self.args, &format!("\n{table}"));
        }
        Ok(())
    }

    fn repeats(&self) -> bool {
        self.args.repeat.is_some() || self.args.until_fail
    }

    /// What comes now is not shown beside what was there.
    fn regroup(&mut self) {
        if let Some(audience) = self.audience.as_mut().filter(|_| self.runs > 0) {
            audience.group = audience.board.next_group();
        }
    }

    async fn destinations(&self, scenario: &Scenario) -> Result<Vec<Destination>, String> {
        let mut destinations = destination::choose(self.args, scenario).await?;
        let count = destinations.len();
        for (index, destination) in destinations.iter_mut().enumerate() {
            if let Destination::Target { target, watched, .. } = destination {
                *watched = PostgresUrl::of_each(self.watched, index, count)?.cloned();
                confirm::may_reset(target, self.args.yes, self.stop).await?;
            }
        }
        Ok(destinations)
    }

    /// One run, with its report. `nth` counts repetitions and moves the seed.
    async fn once(&mut self, source: &Source, to: Destination, nth: u64, brief: bool) -> Exit {
        if !self.reports.is_empty() && !brief {
            say(self.args, "\n");
        }
        self.runs += 1;
        let live = self.audience.map(|audience| audience.board.open(audience.group, to.label()));
        let runner = Runner {
            args: self.args,
            source,
            push: self.push,
            stop: self.stop,
            number: self.runs,
            nth,
            brief,
            live: live.clone(),
        };
        let mut report = runner.run(to).await;
        if let Some(live) = live {
            live.with(|run| run.finish(&report));
            report.live = Some(live);
        }
        let own = summary::of_script(self.args, source, &report);
        let exit = Exit::of(&report);
        // Those that came to a verdict are counted; why one did not is told.
        let counted = self.repeats() && self.args.quiet && exit != Exit::NotRun;
        if !own && !counted {
            say(self.args, &terminal::report(&report, brief, width()));
        }
        self.reports.push(report);
        exit
    }

    async fn repeatedly(&mut self, source: &Source, destination: Destination) {
        let most = self.args.repeat.map_or(u64::MAX, |most| u64::from(most.get()));
        let mut tally = Tally::default();
        let mut label = String::new();
        for nth in 0..most {
            if self.stop.is_ending() {
                break;
            }
            self.regroup();
            let exit = self.once(source, destination.clone(), nth, true).await;
            if let Some(report) = self.reports.last_mut() {
                report.forget_operations();
                label = report.label().to_owned();
                tally.add(report);
            }
            // Without a limit nobody knows how many there will be.
            if self.args.repeat.is_none() && nth > 0 && exit == Exit::Passed {
                self.reports.pop();
            }
            let hopeless = matches!(exit, Exit::NotRun | Exit::Usage);
            if hopeless || (self.args.until_fail && exit == Exit::Failed) {
                break;
            }
        }
        say(self.args, &tally.line(&label));
    }
}

/// The worst of all runs. Where a verdict is expected, that one is a success and
/// the other a failure; what could not be run or known stays what it is. Runs
/// that were skipped do not count, unless nothing else was there.
fn overall(expected: Option<Expected>, reports: &[RunReport]) -> Exit {
    let mut exits: Vec<Exit> =
        reports.iter().filter(|report| !report.was_skipped()).map(Exit::of).collect();
    if exits.is_empty() && !reports.is_empty() {
        return Exit::NotRun;
    }
    if expected == Some(Expected::Fail) {
        for exit in &mut exits {
            *exit = match *exit {
                Exit::Failed => Exit::Passed,
                Exit::Passed => Exit::Failed,
                other => other,
            };
        }
        if exits.contains(&Exit::Failed) {
            eprint("a failure was expected, and the run passed\n");
        }
    }
    Exit::worst(exits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Header, RunResult};

    fn report(result: RunResult) -> RunReport {
        let header = Header::default();
        RunReport { header, workloads: Vec::new(), retries: None, result, live: None }
    }

    #[test]
    fn where_all_was_skipped_nothing_passed() {
        let skipped = || report(RunResult::Skipped { reason: String::new() });
        assert_eq!(overall(None, &[skipped()]), Exit::NotRun);
        assert_eq!(overall(Some(Expected::Fail), &[skipped(), skipped()]), Exit::NotRun);
        assert_eq!(overall(None, &[]), Exit::Passed);
    }
}
