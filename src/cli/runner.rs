//! One scenario against one destination.

use std::fmt::Display;
use std::sync::Arc;

use super::args::RunArgs;
use super::database_url::PostgresUrl;
use super::destination::{self, Destination, Health};
use super::execution::{self, Records};
use super::history::HistoryFile;
use super::observation::Observation;
use super::open_files::warn_of_limit;
use super::output::{say, width};
use super::outputs::{Outputs, numbered};
use super::push::{Feed, Push};
use super::sources::{Driver, Source};
use super::transport;
use crate::bank::{Bank, BankError, BankOptions, Database, DatabaseSpec, Mode};
use crate::engine::{Planned, Program, Service, Stop, Target};
use crate::facts::Facts;
use crate::facts::lines::HeaderLine;
use crate::model::names_a_secret;
use crate::report::live::LiveHandle;
use crate::report::prometheus::RunLabels;
use crate::report::{Header, RunReport, RunResult, terminal};
use crate::verdict::judge;

/// Said of a run that was interrupted before it began.
const STOPPED: &str = "it was stopped before it began";

pub(super) struct Runner<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) source: &'a Source,
    pub(super) stop: &'a Stop,
    pub(super) push: &'a Push,
    /// Which of several runs it is, from 1.
    pub(super) number: usize,
    /// Which repetition it is, from 0: the seed moves with it.
    pub(super) nth: u64,
    /// Only the verdict is wanted: no header, no progress.
    pub(super) brief: bool,
    /// Where it is watched.
    pub(super) live: Option<LiveHandle>,
}

impl Runner<'_> {
    /// Runs, judges, and prints the header on the way.
    pub(super) async fn run(&self, destination: Destination) -> RunReport {
        let is_built_in = matches!(destination, Destination::BuiltIn { .. });
        if self.nth == 0 {
            warn_of_limit(&self.source.scenario, is_built_in);
        }
        // The command line's or the environment's, the scenario's, or any.
        let given = self.args.seed.or(self.source.scenario.seed);
        let seed = given.unwrap_or_else(|| u64::from(fastrand::u32(..))).wrapping_add(self.nth);
        let again = self.again(&destination, seed);
        let header = |target: &dyn Display, reason: String, health: Option<Health>| {
            let health = health.unwrap_or_default();
            Header {
                scenario: self.source.scenario.name.clone(),
                target: target.to_string(),
                built_in: is_built_in,
                reason,
                mode: health.mode,
                database: health.database,
                race_window: health.race_window,
                seed,
                notes: self.notes(is_built_in),
                again: again.clone(),
            }
        };
        match destination {
            Destination::Target { target, reason, watched } => {
                let mut client = self.source.transport.client(target.clone(), destination::PROBE);
                let health = destination::health(&mut client).await;
                let header = header(&target, reason, health);
                let url = watched.as_ref().and_then(PostgresUrl::config);
                let mut observation = Observation::of(url, self.stop).await;
                let mut report = self.against(target, header, &mut observation).await;
                observation.conclude(&mut report.result, None).await;
                report
            }
            Destination::BuiltIn { mode, database, reason } => {
                let instead = |result: RunResult| {
                    let health = Health { mode: Some(mode.to_string()), ..Health::default() };
                    let place = format!("a server of our own on {database}");
                    self.instead(header(&place, reason.clone(), Some(health)), result)
                };
                let not_run = |error: String| instead(RunResult::NotRun { error });
                let opened = tokio::select! {
                    opened = Database::open(&database) => opened,
                    () = self.stop.halted() => return not_run(STOPPED.to_owned()),
                };
                let opened = match opened {
                    Ok(opened) => opened,
                    Err(error) => return not_run(error.to_string()),
                };
                let options = self.bank_options(mode);
                let health = Health {
                    mode: Some(mode.to_string()),
                    race_window: Some(options.race_window.to_string()),
                    ..Health::default()
                };
                let started = tokio::select! {
                    started = Bank::start(&opened, options) => Some(started),
                    () = self.stop.halted() => None,
                };
                let report = match started {
                    None => not_run(STOPPED.to_owned()),
                    Some(Ok(bank)) => {
                        let target = Target::localhost(bank.addr().port());
                        let health =
                            Health { database: Some(bank.database().to_owned()), ..health };
                        let header = header(&target, reason, Some(health));
                        let mut observation = Observation::of(opened.postgres(), self.stop).await;
                        let mut report = self.against(target, header, &mut observation).await;
                        report.retries = Some(bank.retries());
                        let name = bank.application_name();
                        bank.shutdown().await;
                        observation.conclude(&mut report.result, Some(&name)).await;
                        report
                    }
                    Some(Err(error @ BankError::NeedsPostgres { .. })) => {
                        instead(RunResult::Skipped { reason: error.to_string() })
                    }
                    Some(Err(error)) => not_run(error.to_string()),
                };
                opened.close().await;
                report
            }
        }
    }

    fn feed(&self, labels: RunLabels) -> Feed {
        self.push.feed(labels, execution::workload_infos(&self.source.scenario))
    }

    async fn against(
        &self,
        target: Target,
        header: Header,
        observation: &mut Observation,
    ) -> RunReport {
        self.announce(&header);
        let feed = self.feed(RunLabels::of(&header));
        let scenario = &self.source.scenario;
        let service = Service::over(target, self.source.transport.clone())
            .reading(self.source.scenario.read.clone());
        let result = match self.carry_out(service, &header, feed.clone(), observation).await {
            Ok(facts) => {
                let verdict = judge(
                    &scenario.expect,
                    &scenario.thresholds,
                    &facts,
                    self.args.judge.options(),
                );
                feed.last(&facts.metrics, &verdict);
                RunResult::Judged { facts: Box::new(facts), verdict }
            }
            Err(error) => RunResult::NotRun { error },
        };
        let workloads = execution::workload_infos(scenario);
        RunReport { workloads, header, retries: None, result, live: None }
    }

    async fn carry_out(
        &self,
        service: Service,
        header: &Header,
        feed: Feed,
        observation: &mut Observation,
    ) -> Result<Facts, String> {
        let scenario = &self.source.scenario;
        let program = self.program(header.seed, &service)?;
        let outputs = Outputs::open(self.args.outputs(), self.number);
        let records = Records { history: self.history(header), outputs, feed };
        let view = execution::view(scenario, self.brief, self.live.clone());
        let stop = self.stop.child();
        let run = execution::execute(scenario, service, program, view, records, observation, stop);
        run.await.map_err(|error| error.to_string())
    }

    fn program(&self, seed: u64, service: &Service) -> Result<Arc<dyn Program>, String> {
        let scenario = &self.source.scenario;
        let planned = Planned::new(scenario, seed, service);
        let program = match &self.source.driver {
            Driver::Plan => return Ok(Arc::new(planned)),
            Driver::Hooks(script) => script.clone().hook(planned, scenario, seed),
            Driver::Script(script) => script.clone().into_program(scenario, seed),
        };
        program.map_err(|error| error.to_string())
    }

    /// A file that cannot be made is told; the run has its verdict without it.
    fn history(&self, header: &Header) -> Option<HistoryFile> {
        let path = numbered(self.args.history.as_ref()?, self.number);
        let expect = serde_json::to_value(&self.source.scenario.expect);
        let header = HeaderLine {
            bankrun: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: header.scenario.clone(),
            target: header.target.clone(),
            mode: header.mode.clone(),
            database: header.database.clone(),
            seed: header.seed,
            expect: expect.unwrap_or_default(),
            tls_unverified: self.source.transport.is_blind(),
            ..HeaderLine::default()
        };
        HistoryFile::create(&path, header)
    }

    /// What a reader must know of the conditions.
    fn notes(&self, is_built_in: bool) -> Vec<String> {
        let is_blind = self.source.transport.is_blind();
        // No target was named, and there was none on port 3000.
        let in_vain = is_built_in && !self.args.watch_database.is_empty();
        let blind = is_blind.then(|| Header::TLS_UNVERIFIED.to_owned());
        let in_vain =
            in_vain.then(|| "--watch-database is of no target: not looked into".to_owned());
        blind.into_iter().chain(in_vain).collect()
    }

    /// A report where there was no run.
    fn instead(&self, header: Header, result: RunResult) -> RunReport {
        self.announce(&header);
        let workloads = execution::workload_infos(&self.source.scenario);
        RunReport { header, workloads, retries: None, result, live: None }
    }

    fn announce(&self, header: &Header) {
        if let Some(live) = &self.live {
            let goals = execution::goals(&self.source.scenario);
            let workloads = execution::workload_infos(&self.source.scenario);
            live.with(|run| run.announce(header.clone(), goals, workloads));
        }
        if !self.brief {
            say(self.args, &terminal::header(header, width()));
        }
    }

    fn bank_options(&self, mode: Mode) -> BankOptions {
        let defaults = BankOptions::default();
        BankOptions {
            mode,
            race_window: self.args.race_window.unwrap_or(defaults.race_window),
            lose_answers: self.args.lose_answers.unwrap_or(defaults.lose_answers),
            pool_size: self.args.pool_size.unwrap_or(defaults.pool_size),
            ..defaults
        }
    }

    /// The command that runs the same again.
    fn again(&self, destination: &Destination, seed: u64) -> String {
        let mut command = format!("bankrun{}", self.source.named);
        match destination {
            Destination::Target { target, watched, .. } => {
                command += &format!(" --target {}", transport::argument(target));
                let named = !self.args.watch_database.is_empty();
                if let Some(database) = watched.as_ref().filter(|_| named) {
                    command += &format!(" --watch-database {}", quoted(&database.to_string()));
                }
            }
            Destination::BuiltIn { mode, database, .. } => {
                command += &format!(" --mode {mode}");
                if *database != DatabaseSpec::default() {
                    command += &format!(" --database {database}");
                }
            }
        }
        if let Some(window) = self.args.race_window {
            command += &format!(" --race-window {window}");
        }
        if let Some(size) = self.args.pool_size {
            command += &format!(" --pool-size {size}");
        }
        if let Some(share) = self.args.lose_answers {
            command += &format!(" --lose-answers {share}");
        }
        if self.args.token.is_some() {
            command += " --token '***'";
        }
        command += &self.args.tls.again();
        for (key, value) in &self.args.env {
            let value = if names_a_secret(key) { "***" } else { value };
            command += &format!(" -e {}", quoted(&format!("{key}={value}")));
        }
        command + &format!(" --seed {seed}")
    }
}

/// As a shell takes it for one word.
pub(super) fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_-./:=,+@%".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_shell() {
        assert_eq!(quoted("scenarios/mix.yaml"), "scenarios/mix.yaml");
        assert_eq!(quoted("my file.yaml"), "'my file.yaml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
