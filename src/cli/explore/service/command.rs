use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::environment::Environment;
use super::file::{ServiceFile, parse};
use super::process::Process;
use super::state::ServiceState;
use super::subject::ServiceSubject;
use crate::bank::DatabaseSpec;
use crate::cli::Exit;
use crate::cli::args::ExploreArgs;
use crate::cli::explore::between::between;
use crate::cli::explore::database;
use crate::cli::explore::results::{Results, options};
use crate::cli::explore::senders::Senders;
use crate::cli::explore::what_ifs::AsItIs;
use crate::cli::output::{eprint, foreign};
use crate::engine::{Stop, Target};
use crate::explore::{
    APART, Applied, Executor, Exploration, OnWire, Options, Reply, Scheduler, Trouble, WhatIf,
    WhatIfs, explore, letter,
};
use crate::report::Explored;
use crate::report::progress::Orders;

/// How long a service that was started may take until it listens.
const START: Duration = Duration::from_secs(60);

/// How long what was killed may take until it listens no more.
const SILENCE: Duration = Duration::from_secs(5);

/// How often requests are sent until a service has opened connections again.
const RECONNECTIONS: usize = 20;

/// How long a service says nothing to its database once it has started.
const QUIET: Duration = Duration::from_millis(200);

/// How long it is waited for that; some are never quiet.
const SETTLING: Duration = Duration::from_secs(5);

/// How long is listened for statements that come without a request.
const BACKGROUND: Duration = Duration::from_millis(500);

/// Explores the requests of a file, on a service that is there or is started.
pub(in crate::cli::explore) async fn run(
    args: &ExploreArgs,
    file: &Path,
    text: &str,
    stop: &Stop,
) -> Exit {
    let refuse = |why: String| {
        eprint(&format!("{}: {why}\n", file.display()));
        Exit::Usage
    };
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(error),
    };
    let target = match target(args, &parsed) {
        Ok(target) => target,
        Err(error) => return refuse(error),
    };
    match args.database {
        DatabaseSpec::PrivatePostgres(_) | DatabaseSpec::Postgres(_) => {}
        DatabaseSpec::Sqlite | DatabaseSpec::SqliteFile(_) => {
            return refuse("explore needs PostgreSQL: `--database postgres://...`".to_owned());
        }
    }
    let last = args.replay.as_ref().and_then(|order| order.0.iter().max());
    if last.is_some_and(|last| *last >= parsed.requests.len()) {
        return refuse(format!(
            "--replay names more requests than `requests` has: {}",
            parsed.requests.len()
        ));
    }
    let database = match database::open(&args.database, stop).await {
        Ok(database) => database,
        Err(exit) => return exit,
    };
    let service = Service { args, file, parsed: &parsed, target, stop };
    let mut results = Results::new(args, stop);
    if let Some(server) = database.postgres() {
        match service.explored(server).await {
            Err(Trouble::Stopped) => {}
            explored => results.take(Explored::new(
                service.target.to_string(),
                service.group(),
                service.again(),
                explored.map_err(|trouble| trouble.to_string()),
            )),
        }
    }
    database.close().await;
    results.conclude()
}

/// Where the service listens. The error is for a person.
fn target(args: &ExploreArgs, parsed: &ServiceFile) -> Result<Target, String> {
    match (&args.target, &parsed.target) {
        (Some(target), _) => Ok(target.clone()),
        (None, Some(text)) => text.parse().map_err(|error| format!("`target`: {error}")),
        (None, None) => Err("it lacks `target`, the URL where the service listens, as in \
                             http://127.0.0.1:8080; --target gives it as well"
            .to_owned()),
    }
}

struct Service<'a> {
    args: &'a ExploreArgs,
    file: &'a Path,
    parsed: &'a ServiceFile,
    target: Target,
    stop: &'a Stop,
}

impl Service<'_> {
    fn group(&self) -> String {
        let texts: Vec<&str> = self.parsed.requests.iter().map(|it| it.text.as_str()).collect();
        texts.join(" beside ")
    }

    fn again(&self) -> String {
        let mut again = format!("bankrun explore {}", self.file.display());
        if let DatabaseSpec::Postgres(_) = self.args.database {
            again += &format!(" --database {}", self.args.database);
        }
        if self.args.target.is_some() {
            again += &format!(" --target {}", self.target);
        }
        again
    }

    /// As it is, and where it fails with changes.
    async fn explored(
        &self,
        server: &tokio_postgres::Config,
    ) -> Result<(Exploration, Option<WhatIfs>), Trouble> {
        let mut address = self.args.proxy.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let name = self.group();
        let options = options(self.args);
        let mut state = ServiceState::open(server, self.parsed, self.args.timeout).await?;
        let state = &mut state;
        let as_it_is = self.once(server, state, &mut address, None, &name, options).await?;
        if !as_it_is.is_to_be_changed(self.args) {
            return Ok((as_it_is.exploration, None));
        }
        let explore = async |what_if: WhatIf, applied: &Applied, options: Options| {
            let name = format!("{name}, {what_if}");
            let changed = self.once(server, state, &mut address, Some(applied), &name, options);
            Ok(changed.await?.exploration)
        };
        Ok(as_it_is.what_ifs(self.args, self.stop, explore).await)
    }

    /// Between the service and its database, from its start to its end. `address`:
    /// where the proxy listens; once chosen it stays, for a service that was started by
    /// others.
    async fn once(
        &self,
        server: &tokio_postgres::Config,
        state: &mut ServiceState,
        address: &mut SocketAddr,
        applied: Option<&Applied>,
        name: &str,
        options: Options,
    ) -> Result<AsItIs, Trouble> {
        let unchanged = Applied::default();
        let timeout = self.args.timeout;
        let started = between(server, *address, timeout, applied.unwrap_or(&unchanged)).await;
        let (proxy, mut scheduler) = started?;
        address.set_port(proxy.port());
        let environment = Environment::of(&proxy.config(server), address.ip());
        let is_again = applied.is_some();
        if is_again {
            self.await_silence().await;
        }
        state.touch();
        let mut process = self.start(&environment, is_again)?;
        let explored = async {
            self.await_service(&mut scheduler, process.as_mut()).await?;
            // It may listen before it has made its tables.
            scheduler.meanwhile(self.senders().probe()).await;
            scheduler.await_quiet(QUIET, SETTLING).await;
            if is_again && process.is_none() {
                self.reconnect(&mut scheduler).await?;
            }
            self.explore(&mut scheduler, state, name, options).await
        };
        let explored = explored.await;
        let was_stopped = matches!(explored, Err(Trouble::Stopped));
        if let (Err(_), Some(process), false) = (&explored, &mut process, was_stopped) {
            for line in process.last_lines() {
                eprint(&format!("| {}\n", foreign(&line)));
            }
        }
        drop(process);
        // The next one listens at the same port.
        proxy.close().await;
        let put_back = state.put_back().await;
        explored.and_then(|explored| put_back.map(|()| explored))
    }

    /// Until what was started before and has been killed listens no more.
    async fn await_silence(&self) {
        if self.args.command.is_empty() && self.parsed.command.is_none() {
            return;
        }
        let began = Instant::now();
        while began.elapsed() < SILENCE {
            if TcpStream::connect((self.target.host(), self.target.port())).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts the service where a command says how, and else says how it is to be
    /// started.
    fn start(&self, environment: &Environment, is_again: bool) -> Result<Option<Process>, Trouble> {
        let shell = |command: &String| ["/bin/sh", "-c", command].map(str::to_owned).to_vec();
        let command = match (&self.args.command[..], &self.parsed.command) {
            // It runs already, and its connections have been closed.
            ([], None) if is_again => return Ok(None),
            ([], None) => {
                eprint(&format!(
                    "start the service with\n  {}\nand it will be explored once {} answers \
                     (Ctrl-C ends it)\n",
                    environment.shown(),
                    self.target
                ));
                return Ok(None);
            }
            ([], Some(command)) => shell(command),
            (command, _) => command.to_vec(),
        };
        // That of the file is meant beside the file, that of the command line here.
        let beside = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = match self.args.command.is_empty() {
            true => beside.unwrap_or(Path::new(".")),
            false => Path::new("."),
        };
        let started = Process::start(&command, folder, &environment.variables());
        let failed = |error: io::Error| Trouble::Service(format!("`{}`: {error}", command[0]));
        started.map(Some).map_err(failed)
    }

    /// Until something listens at the target.
    async fn await_service(
        &self,
        scheduler: &mut Scheduler,
        mut process: Option<&mut Process>,
    ) -> Result<(), Trouble> {
        let began = Instant::now();
        let mut tried = false;
        loop {
            if self.stop.is_ending() {
                return Err(Trouble::Stopped);
            }
            let connect = TcpStream::connect((self.target.host(), self.target.port()));
            let connected = scheduler.meanwhile(connect).await;
            if let Some(end) = process.as_mut().and_then(|process| process.end()) {
                return Err(Trouble::Service(format!("it ended before it listened: {end}")));
            }
            if connected.is_ok() {
                // What listens before the service can have started is another.
                let is_another = process.is_some() && !tried;
                return match is_another {
                    true => Err(Trouble::Service(format!(
                        "something else listens at {} already",
                        self.target
                    ))),
                    false => Ok(()),
                };
            }
            tried = true;
            if process.is_some() && began.elapsed() > START {
                return Err(Trouble::Service(format!(
                    "nothing listens at {} {START:?} after its start",
                    self.target
                )));
            }
            scheduler.meanwhile(tokio::time::sleep(Duration::from_millis(20))).await;
        }
    }

    /// Sends requests until a service whose connections were closed has others.
    async fn reconnect(&self, scheduler: &mut Scheduler) -> Result<(), Trouble> {
        let senders = self.senders();
        for _ in 0..RECONNECTIONS {
            let mut are_answered = true;
            for request in 0..senders.count() {
                let reply = scheduler.meanwhile(senders.send(request)).await;
                are_answered &= matches!(reply, Reply::Answered { status: 200..500, .. });
            }
            if are_answered {
                return Ok(());
            }
        }
        Err(Trouble::Service(
            "its connections to the database were closed, so that it opens others, and since then \
             its requests fail: let bankrun start it (`command` in the file, or after `--`)"
                .to_owned(),
        ))
    }

    fn senders(&self) -> Senders {
        let requests = self.parsed.requests.iter().map(|it| it.request.clone()).collect();
        Senders::new(self.target.clone(), requests, self.args.timeout)
    }

    async fn explore(
        &self,
        scheduler: &mut Scheduler,
        state: &mut ServiceState,
        name: &str,
        options: Options,
    ) -> Result<AsItIs, Trouble> {
        state.learn(scheduler, &self.senders(), BACKGROUND).await?;
        if let (Some(tables), false) = (state.written(), self.args.quiet) {
            eprint(&format!("the requests write {tables}, which each order begins with as now\n"));
        }
        let found = self.all_orders(scheduler, state, name, options.clone()).await?;
        if !state.has_learnt_more().await? {
            return Ok(found);
        }
        // What was not put back has been in the way of the orders that followed.
        state.reset().await.map_err(Trouble::Reset)?;
        self.all_orders(scheduler, state, name, options).await
    }

    async fn all_orders(
        &self,
        scheduler: &mut Scheduler,
        state: &mut ServiceState,
        name: &str,
        options: Options,
    ) -> Result<AsItIs, Trouble> {
        let not_compared = state.not_compared();
        let mut subject = ServiceSubject { senders: self.senders(), state };
        let requests: Vec<String> =
            self.parsed.requests.iter().map(|request| request.text.clone()).collect();
        let shows = !self.args.quiet && io::stderr().is_terminal();
        let bar = shows.then(|| Orders::new(name));
        let options = Options { ignored: self.parsed.ignore.clone(), apart: APART, ..options };
        let explored = async {
            let mut executor = OnWire::prepare(scheduler, &mut subject).await?;
            for (request, text) in requests.iter().enumerate() {
                check_alone(&mut executor, request, text).await?;
            }
            let told = |progress| {
                if let Some(bar) = &bar {
                    bar.tell(progress);
                }
            };
            let stopped = self.stop.ending();
            let explored = explore(&mut executor, requests, &options, told, stopped);
            let mut exploration = explored.await?;
            exploration.ignored.extend(not_compared);
            let transactions = executor.transactions();
            // Somebody may have come meanwhile.
            scheduler.refuse_strangers().await?;
            Ok(AsItIs { exploration, transactions })
        };
        let explored = explored.await;
        if let Some(bar) = &bar {
            bar.finish();
        }
        explored
    }
}

/// A request that fails when it is alone, or says nothing to the database, makes
/// whatever comes out worthless.
async fn check_alone(
    executor: &mut impl Executor,
    request: usize,
    text: &str,
) -> Result<(), Trouble> {
    let alone = executor.serial(&[request]).await?;
    let trouble = |why: String| {
        Err(Trouble::Service(format!(
            "request {} ({text}), alone after a reset, {why}",
            letter(request)
        )))
    };
    match alone.replies.get(request) {
        Some(Some(Reply::Answered { status: 200..300, .. })) => {}
        Some(Some(Reply::Answered { status, body })) => {
            let body: String = body.chars().take(200).collect();
            return trouble(format!("is answered {status}: {}", foreign(&body)));
        }
        Some(Some(Reply::Lost(why))) => return trouble(format!("is not answered: {why}")),
        Some(None) | None => return trouble("is not answered".to_owned()),
    }
    if alone.steps.is_empty() {
        return trouble(
            "sends no statement through the proxy: the service must be started with the \
             database URL that bankrun gives it"
                .to_owned(),
        );
    }
    Ok(())
}
