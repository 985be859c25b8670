//! A run against a server that is started for it and gone with it.

use super::destination::Health;
use super::faults::Surroundings;
use super::observation::Observation;
use super::runner::{Outset, Runner};
use crate::bank::store::PrivatePostgres;
use crate::bank::{Bank, BankError, BankOptions, Database, DatabaseSpec, Mode};
use crate::report::{RunReport, RunResult};
use crate::scenario::{Fault, Victim};

/// Said of a run that was interrupted before it began.
const STOPPED: &str = "it was stopped before it began";

impl Runner<'_> {
    /// Makes the database, runs on it, and removes it, whatever came of the run.
    pub(super) async fn on_built_in(
        &self,
        mode: Mode,
        database: &DatabaseSpec,
        outset: Outset,
    ) -> RunReport {
        let place = format!("a server of our own on {database}");
        let known = Health { mode: Some(mode.to_string()), ..Health::default() };
        let not_run = |error: String| {
            let header = self.header(&place, outset.clone(), known.clone());
            self.instead(header, RunResult::NotRun { error })
        };
        if let Some(error) = self.no_postgres() {
            return not_run(error);
        }
        let opened = tokio::select! {
            opened = Database::open(database) => opened,
            () = self.stop.halted() => return not_run(STOPPED.to_owned()),
        };
        let mut opened = match opened {
            Ok(opened) => opened,
            Err(error) => return not_run(error.to_string()),
        };
        let result = self.on_database(mode, &mut opened, &outset).await;
        let report = result.unwrap_or_else(|result| {
            let header = self.header(&place, outset.clone(), known.clone());
            self.instead(header, result)
        });
        opened.close().await;
        report
    }

    /// Starts the server and runs. The error stands in the place of a report.
    async fn on_database(
        &self,
        mode: Mode,
        database: &mut Database,
        outset: &Outset,
    ) -> Result<RunReport, RunResult> {
        let not_run = |error: String| RunResult::NotRun { error };
        let scenario = &self.source.scenario;
        let direct = database.postgres().cloned();
        let around = Surroundings::of(scenario, database).await;
        let mut around = around.map_err(|error| not_run(error.to_string()))?;
        let options = self.bank_options(mode);
        let race_window = Some(options.race_window.to_string());
        let started = tokio::select! {
            started = Bank::start(database, options) => started,
            () = self.stop.halted() => return Err(not_run(STOPPED.to_owned())),
        };
        let bank = started.map_err(|error| match error {
            error @ BankError::NeedsPostgres { .. } => {
                RunResult::Skipped { reason: error.to_string() }
            }
            error => not_run(error.to_string()),
        })?;
        let health = Health {
            mode: Some(mode.to_string()),
            race_window,
            database: Some(bank.database().to_owned()),
            ..Health::default()
        };
        let target = around.target(scenario, &bank).await;
        let target = target.map_err(|error| not_run(error.to_string()))?;
        let header = self.header(&target, outset.clone(), health);
        // What is killed takes those with it that look into it, and its counters.
        let dies = scenario.faults.iter().any(|fault| fault.kind.victim() == Victim::Database);
        let looked_into = direct.as_ref().filter(|_| !dies);
        let mut observation = Observation::of(looked_into, self.stop).await;
        let faults = around.faults(scenario, outset.seed);
        let service = self.source.service(target).own(true);
        let mut report = self.against(service, header, &mut observation, faults).await;
        report.retries = Some(bank.retries());
        let name = bank.application_name();
        bank.shutdown().await;
        observation.conclude(&mut report.result, Some(&name)).await;
        Ok(report)
    }

    /// Why the faults of the scenario cannot befall anything here.
    fn no_postgres(&self) -> Option<String> {
        let fault = self.source.scenario.fault_on_postgres()?;
        (!PrivatePostgres::is_installed()).then(|| missing_postgres(fault))
    }

    fn bank_options(&self, mode: Mode) -> BankOptions {
        let defaults = BankOptions::default();
        BankOptions {
            mode,
            race_window: self.args.race_window.unwrap_or(defaults.race_window),
            lose_answers: self.args.lose_answers.unwrap_or(defaults.lose_answers),
            pool_size: self.args.pool_size,
            ..defaults
        }
    }
}

/// Said where a fault needs a PostgreSQL that is not there.
pub(super) fn missing_postgres(fault: &Fault) -> String {
    let Fault { place, kind, .. } = fault;
    format!(
        "{place}: `faults` ({kind}) need a PostgreSQL of our own, and there is none to start: \
         `initdb` and `postgres` are neither on PATH nor in /usr/lib/postgresql/*/bin; install \
         it (`apt-get install postgresql`)"
    )
}
