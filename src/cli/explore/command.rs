use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio_postgres::Config;

use super::bank::BankSubject;
use super::between::between;
use super::database;
use super::groups::{Group, groups};
use super::results::{Results, options};
use super::what_ifs::AsItIs;
use crate::bank::{Bank, BankError, BankOptions, Database, DatabaseSpec, Mode};
use crate::cli::Exit;
use crate::cli::args::{ExploreArgs, Modes};
use crate::cli::output::eprint;
use crate::engine::{Stop, Target};
use crate::explore::{
    Applied, Exploration, MOST_REQUESTS, OnWire, Options, Proxy, Scheduler, Trouble, WhatIf,
    WhatIfs, explore,
};
use crate::model::Pause;
use crate::report::Explored;
use crate::report::progress::Orders;

/// Explores each group in each mode, and reports each when it is done.
pub(in crate::cli) async fn run(args: ExploreArgs, stop: Stop) -> Exit {
    if let Some(file) = &args.file {
        return super::file::run(&args, file, &stop).await;
    }
    let groups = match checked(&args) {
        Ok(groups) => groups,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    };
    let modes = modes(&args.mode);
    let results = Results::new(&args, &stop);
    let mut command = Command { args: &args, groups: &groups, stop: &stop, results };
    let database = match database::open(&args.database, &stop).await {
        Ok(database) => database,
        Err(exit) => return exit,
    };
    for mode in modes {
        if stop.is_ending() {
            break;
        }
        command.mode(mode, &database).await;
    }
    database.close().await;
    command.results.conclude()
}

/// The error is for a person.
fn checked(args: &ExploreArgs) -> Result<Vec<Group>, String> {
    match &args.database {
        DatabaseSpec::PrivatePostgres(_) | DatabaseSpec::Postgres(_) => {}
        DatabaseSpec::Sqlite | DatabaseSpec::SqliteFile(_) => {
            return Err("explore needs PostgreSQL: give `--database postgres` (a private one) or \
                        `--database postgres://...`"
                .to_owned());
        }
    }
    let mut groups = groups(&args.operations, args.three);
    if args.replay.is_some() {
        groups.truncate(1);
    }
    for group in &groups {
        let count = group.operations.len();
        if !(2..=MOST_REQUESTS).contains(&count) {
            return Err(format!(
                "{count} requests were given; from 2 to {MOST_REQUESTS} can be explored together \
                 (--op once for each)"
            ));
        }
        let last = args.replay.as_ref().and_then(|order| order.0.iter().max());
        if last.is_some_and(|last| *last >= count) {
            return Err(format!(
                "--replay names more requests than there are: these are {count}, A to {}",
                crate::explore::letter(count - 1)
            ));
        }
    }
    Ok(groups)
}

fn modes(given: &[Modes]) -> Vec<Mode> {
    let mut modes: Vec<Mode> = Vec::new();
    let all = given.iter().flat_map(|given| match given {
        Modes::All => Mode::ALL.to_vec(),
        Modes::One(mode) => vec![*mode],
    });
    for mode in all {
        if !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    modes
}

struct Command<'a> {
    args: &'a ExploreArgs,
    groups: &'a [Group],
    stop: &'a Stop,
    results: Results<'a>,
}

/// A bank that serves, and the proxy before its database.
struct Running {
    bank: Bank,
    scheduler: Scheduler,
    _proxy: Proxy,
}

impl Running {
    async fn start(
        mode: Mode,
        server: &Config,
        timeout: Duration,
        applied: &Applied,
    ) -> Result<Self, Trouble> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (proxy, mut scheduler) = between(server, address, timeout, applied).await?;
        let through = DatabaseSpec::Postgres(Box::new(proxy.config(server)));
        let through = Database::open(&through).await;
        let through = through.map_err(|error| Trouble::Database(error.to_string()))?;
        let options = BankOptions { mode, race_window: Pause::NONE, ..BankOptions::default() };
        let bank = scheduler.meanwhile(Bank::start(&through, options)).await;
        let bank = bank.map_err(|error: BankError| Trouble::Service(error.to_string()))?;
        Ok(Self { bank, scheduler, _proxy: proxy })
    }

    async fn end(self) {
        let Self { bank, mut scheduler, .. } = self;
        scheduler.meanwhile(bank.shutdown()).await;
    }
}

impl Command<'_> {
    /// All groups in one mode.
    async fn mode(&mut self, mode: Mode, database: &Database) {
        let Some(server) = database.postgres() else { return };
        let mut running = None;
        for group in self.groups {
            if self.stop.is_ending() {
                break;
            }
            match self.group(&mut running, server, mode, group).await {
                Err(Trouble::Stopped) => break,
                explored => {
                    self.report(mode, group, explored.map_err(|trouble| trouble.to_string()));
                }
            }
        }
        if let Some(running) = running {
            running.end().await;
        }
    }

    /// One group, by a bank that runs already or is started, and where it fails by
    /// banks with changes.
    async fn group(
        &self,
        running: &mut Option<Running>,
        server: &Config,
        mode: Mode,
        group: &Group,
    ) -> Result<(Exploration, Option<WhatIfs>), Trouble> {
        let timeout = self.args.timeout;
        let bank = match running {
            Some(bank) => bank,
            None => {
                running.insert(Running::start(mode, server, timeout, &Applied::default()).await?)
            }
        };
        let name = format!("{mode}: {}", group.name);
        let as_it_is = self.explore(bank, server, &name, group, options(self.args)).await?;
        if !as_it_is.is_to_be_changed(self.args) {
            return Ok((as_it_is.exploration, None));
        }
        // Its connections would be those of a stranger.
        if let Some(bank) = running.take() {
            bank.end().await;
        }
        let explore = async |what_if: WhatIf, applied: &Applied, options: Options| {
            let mut bank = Running::start(mode, server, timeout, applied).await?;
            let name = format!("{name}, {what_if}");
            let explored = self.explore(&mut bank, server, &name, group, options).await;
            bank.end().await;
            Ok(explored?.exploration)
        };
        Ok(as_it_is.what_ifs(self.args, self.stop, explore).await)
    }

    async fn explore(
        &self,
        running: &mut Running,
        server: &Config,
        name: &str,
        group: &Group,
        options: Options,
    ) -> Result<AsItIs, Trouble> {
        let target = Target::localhost(running.bank.addr().port());
        let timeout = self.args.timeout;
        let subject = BankSubject::new(target, server, &group.operations, timeout);
        let mut subject = subject.await?;
        let requests = group.operations.iter().map(ToString::to_string).collect();
        let shows = !self.args.quiet && io::stderr().is_terminal();
        let bar = shows.then(|| Orders::new(name));
        let explored = async {
            let mut executor = OnWire::prepare(&mut running.scheduler, &mut subject).await?;
            let told = |progress| {
                if let Some(bar) = &bar {
                    bar.tell(progress);
                }
            };
            let stopped = self.stop.ending();
            let exploration = explore(&mut executor, requests, &options, told, stopped).await?;
            let transactions = executor.transactions();
            // Somebody may have come meanwhile.
            running.scheduler.refuse_strangers().await?;
            Ok(AsItIs { exploration, transactions })
        };
        let explored = explored.await;
        if let Some(bar) = &bar {
            bar.finish();
        }
        explored
    }

    fn report(
        &mut self,
        mode: Mode,
        group: &Group,
        result: Result<(Exploration, Option<WhatIfs>), String>,
    ) {
        let mut again = format!("bankrun explore --mode {mode}");
        if let DatabaseSpec::Postgres(_) = self.args.database {
            again += &format!(" --database {}", self.args.database);
        }
        // The first of the usual groups is what --replay means without --op.
        let is_first = self.groups.first().is_some_and(|first| first.name == group.name);
        for operation in group.operations.iter().filter(|_| group.is_given || !is_first) {
            again += &format!(" --op '{}'", operation.argument());
        }
        let (mode, group) = (mode.to_string(), group.name.clone());
        self.results.take(Explored::new(mode, group, again, result));
    }
}
