//! One scenario against one destination.

use std::fmt::Display;

use super::args::RunArgs;
use super::database_url::PostgresUrl;
use super::destination::{self, Destination, Health};
use super::execution::{self, Around, Records};
use super::history::HistoryFile;
use super::observation::Observation;
use super::open_files::warn_of_limit;
use super::output::{say, width};
use super::outputs::{Outputs, numbered};
use super::push::{Feed, Push};
use super::sources::{Refusal, Source};
use super::{preflight, transport};
use crate::bank::DatabaseSpec;
use crate::engine::{Faults, Service, Stop, arrival_rate};
use crate::facts::Facts;
use crate::facts::lines::HeaderLine;
use crate::model::{Scale, names_a_secret, without_secrets};
use crate::report::live::LiveHandle;
use crate::report::prometheus::RunLabels;
use crate::report::{Header, RunReport, RunResult, terminal};
use crate::scenario::{Expect, Problems};
use crate::verdict::judge;

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

/// What is known of a run before it begins.
#[derive(Clone, Debug)]
pub(super) struct Outset {
    pub(super) is_built_in: bool,
    /// Why it goes where it goes.
    pub(super) reason: String,
    pub(super) seed: u64,
    /// The command that runs it again.
    pub(super) again: String,
}

impl Runner<'_> {
    /// Runs, judges, and prints the header on the way.
    pub(super) async fn run(&self, destination: Destination) -> RunReport {
        if self.nth == 0 {
            let is_built_in = matches!(destination, Destination::BuiltIn { .. });
            warn_of_limit(&self.source.scenario, is_built_in);
        }
        // The command line's or the environment's, the scenario's, or any.
        let given = self.args.seed.or(self.source.scenario.seed);
        let seed = given.unwrap_or_else(|| u64::from(fastrand::u32(..))).wrapping_add(self.nth);
        let again = self.again(&destination, seed);
        match destination {
            Destination::Target { target, reason, watched } => {
                let mut client = self.source.transport.client(target.clone(), destination::PROBE);
                let health = destination::health(&mut client).await;
                // Only a bankrun server says so of itself.
                let is_own = health.is_some();
                let health = health.unwrap_or_default();
                let outset = Outset { is_built_in: false, reason, seed, again };
                let header = self.header(&target, outset, health);
                let url = watched.as_ref().and_then(PostgresUrl::config);
                let mut observation = Observation::of(url, self.stop).await;
                let service = self.source.service(target).own(is_own);
                let mut report = self.against(service, header, &mut observation, None).await;
                observation.conclude(&mut report.result, None).await;
                report
            }
            Destination::BuiltIn { mode, database, reason } => {
                let outset = Outset { is_built_in: true, reason, seed, again };
                self.on_built_in(mode, &database, outset).await
            }
        }
    }

    pub(super) fn header(&self, target: &dyn Display, outset: Outset, health: Health) -> Header {
        Header {
            scenario: self.source.scenario.name.clone(),
            target: target.to_string(),
            built_in: outset.is_built_in,
            reason: outset.reason,
            mode: health.mode,
            database: health.database,
            race_window: health.race_window,
            seed: outset.seed,
            notes: self.notes(outset.is_built_in),
            again: outset.again,
        }
    }

    fn feed(&self, labels: RunLabels) -> Feed {
        self.push.feed(labels, execution::workload_infos(&self.source.scenario))
    }

    pub(super) async fn against(
        &self,
        service: Service,
        header: Header,
        observation: &mut Observation,
        faults: Option<Faults>,
    ) -> RunReport {
        self.announce(&header);
        if let Some(problems) = self.contradictions(&service, header.seed).await {
            let error = problems.to_string();
            Refusal::from(problems).print();
            return self.unannounced(header, RunResult::Contradicted { error });
        }
        let feed = self.feed(RunLabels::of(&header));
        let scenario = &self.source.scenario;
        let service = service.of_one_process(header.built_in);
        let run = self.carry_out(service, &header, feed.clone(), observation, faults);
        let result = match run.await {
            Ok(mut facts) => {
                facts.of_bank = header.mode.is_some();
                let verdict = judge(
                    &self.expect(&header),
                    &scenario.thresholds,
                    &facts,
                    self.args.judge.options(),
                );
                feed.last(&facts.metrics, &verdict);
                RunResult::Judged { facts: Box::new(facts), verdict: Box::new(verdict) }
            }
            Err(error) => RunResult::NotRun { error },
        };
        let workloads = execution::workload_infos(scenario);
        RunReport { workloads, header, retries: None, result, live: None }
    }

    /// What the file says of its operations, and they do not do. A service that
    /// cannot be asked is for the run to tell of.
    async fn contradictions(&self, service: &Service, seed: u64) -> Option<Problems> {
        if self.args.no_preflight || self.nth > 0 || preflight::lacks_reset(self.source) {
            return None;
        }
        let tried = preflight::preflight(self.source, service, seed, self.stop, false).await;
        tried.ok().map(|tried| tried.problems).filter(|problems| !problems.is_empty())
    }

    async fn carry_out(
        &self,
        service: Service,
        header: &Header,
        feed: Feed,
        observation: &mut Observation,
        faults: Option<Faults>,
    ) -> Result<Facts, String> {
        let scenario = &self.source.scenario;
        let program = self.source.program(header.seed, &service)?;
        let outputs = Outputs::open(self.args.outputs(), self.number);
        let records = Records { history: self.history(header), outputs, feed };
        let view = execution::view(scenario, self.brief, self.live.clone());
        let stop = self.stop.child();
        let around = Around { view, records, observation, faults };
        let run = execution::execute(scenario, service, program, around, stop);
        run.await.map_err(|error| error.to_string())
    }

    /// What the scenario expects. A server of our own never lets a balance fall below
    /// zero, whether the file says so or not.
    fn expect(&self, header: &Header) -> Expect {
        let mut expect = self.source.scenario.expect.clone();
        if header.built_in && expect.non_negative.is_none() {
            expect.non_negative = Some(true);
        }
        expect
    }

    /// A file that cannot be made is told; the run has its verdict without it.
    fn history(&self, header: &Header) -> Option<HistoryFile> {
        let path = numbered(self.args.history.as_ref()?, self.number);
        let expect = serde_json::to_value(self.expect(header));
        let header = HeaderLine {
            bankrun: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: header.scenario.clone(),
            target: header.target.clone(),
            mode: header.mode.clone(),
            database: header.database.clone(),
            seed: header.seed,
            expect: expect.unwrap_or_default(),
            arrival_rate: arrival_rate(&self.source.scenario),
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
        let untried = !self.args.no_preflight && preflight::lacks_reset(self.source);
        let untried = untried.then(|| preflight::NO_RESET.to_owned());
        let scale = self.source.scenario.scale;
        let scaled = (scale != Scale::WHOLE)
            .then(|| format!("amounts below are counted in units of {}", scale.shown(1)));
        let is_split = self.source.scenario.declared().any(|declared| declared.effects.len() > 1);
        let split = is_split.then(|| {
            "operations with several effects are judged account by account, not as one".to_owned()
        });
        let notes = [blind, in_vain, untried, scaled, split];
        notes.into_iter().flatten().collect()
    }

    /// A report where there was no run.
    pub(super) fn instead(&self, header: Header, result: RunResult) -> RunReport {
        self.announce(&header);
        self.unannounced(header, result)
    }

    fn unannounced(&self, header: Header, result: RunResult) -> RunReport {
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
                    command += &format!(" --database {}", quoted(&database.to_string()));
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
        if self.args.overwrite {
            command += " --overwrite";
        }
        for (key, value) in &self.args.env {
            let value = if names_a_secret(key) { "***".to_owned() } else { without_secrets(value) };
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
