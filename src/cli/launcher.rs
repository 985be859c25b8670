//! What the page may start: scenarios of the folder, on what the command line
//! offers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::args::{Modes, RunArgs, UiArgs};
use super::database_url::PostgresUrl;
use super::destination::Destination;
use super::folder::{Folder, description, is_script};
use super::load::LoadArgs;
use super::output::eprint;
use super::run::{Audience, carry_out};
use super::sources::{self, Refusal, Source};
use super::{confirm, destination};
use crate::bank::{DatabaseSpec, Mode};
use crate::engine::{Stop, Target};
use crate::files::{Reach, Root};
use crate::model::without_credentials;
use crate::report::live::Board;
use crate::scenario::Workload;
use crate::script::Limits;
use crate::web::{
    Control, ModeOffer, Offer, ScenarioOffer, StartError, Started, TargetOffer, Wish, WorkloadOffer,
};

/// How long a script may compute before it is listed.
const GLANCE: Duration = Duration::from_secs(1);

/// The comment of a larger file is not looked at.
const DESCRIBED: u64 = 10_000_000;

/// Starts one command at a time.
#[derive(Debug)]
pub(super) struct Launcher {
    /// `None`: only the set in the binary.
    folder: Option<Folder>,
    args: UiArgs,
    board: Arc<Board>,
    /// That of the command as a whole.
    stop: Stop,
    under_way: Arc<Mutex<Option<Stop>>>,
}

impl Launcher {
    pub(super) fn new(folder: Option<Folder>, args: UiArgs, board: Arc<Board>, stop: Stop) -> Self {
        Self { folder, args, board, stop, under_way: Arc::default() }
    }

    async fn launch(&self, wish: Wish) -> Result<u64, StartError> {
        let stop = self.reserve()?;
        let free = Free { under_way: self.under_way.clone(), board: self.board.clone() };
        let (args, sources) = self.prepare(&wish).await?;
        let group = self.board.next_group();
        eprint(&format!("\n{}\n", told(&args, &sources)));
        let board = self.board.clone();
        tokio::spawn(async move {
            let audience = Audience { board: &board, group };
            carry_out(&args, &sources, Some(audience), &stop).await;
            drop(free);
        });
        Ok(group)
    }

    /// From here on nothing else can be started.
    fn reserve(&self) -> Result<Stop, StartError> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.is_some() {
            return Err(StartError::Busy);
        }
        let stop = self.stop.child();
        *under_way = Some(stop.clone());
        self.board.set_busy(true);
        Ok(stop)
    }

    /// The same as a command line, and what it is to run.
    async fn prepare(&self, wish: &Wish) -> Result<(RunArgs, Vec<Source>), StartError> {
        let args = self.run_args(wish)?;
        // A script may compute for a while: others are not to wait for it.
        let loaded = tokio::task::block_in_place(|| {
            sources::load_from(&args, &self.reach(), Limits::default())
        });
        let sources = loaded.map_err(|refusals| {
            let texts: Vec<String> = refusals.iter().map(Refusal::text).collect();
            StartError::Wrong(texts.join("\n"))
        })?;
        for source in &sources {
            let chosen = destination::choose(&args, &source.scenario).await;
            for destination in chosen.map_err(StartError::Wrong)? {
                if let Destination::Target { target, .. } = destination
                    && let Some(refusal) = confirm::refusal(&target, args.yes)
                {
                    return Err(StartError::Wrong(refusal));
                }
            }
        }
        Ok((args, sources))
    }

    fn run_args(&self, wish: &Wish) -> Result<RunArgs, StartError> {
        fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
            what: &str,
            text: &str,
        ) -> Result<T, StartError> {
            text.parse().map_err(|error| StartError::Wrong(format!("{what}: {error}")))
        }
        let mut args = RunArgs {
            token: self.args.token.clone(),
            tls: self.args.tls.clone(),
            env: self.args.env.clone(),
            yes: self.args.yes,
            quiet: true,
            ..RunArgs::of_environment().map_err(StartError::Wrong)?
        };
        if let Some(file) = wish.file.as_deref().filter(|file| !file.is_empty()) {
            name_source(&mut args, self.file(file)?);
        }
        for mode in &wish.modes {
            args.mode.push(Modes::One(parse("mode", mode)?));
        }
        for url in &wish.targets {
            let index = self.args.target.iter().position(|target| target.to_string() == *url);
            let unknown = || StartError::Wrong(format!("{url} is not among the targets offered"));
            let index = index.ok_or_else(unknown)?;
            args.target.push(self.args.target[index].clone());
            args.watch_database.extend(self.watched(index).cloned());
        }
        args.database = wish.database.as_deref().map(|name| self.database(name)).transpose()?;
        args.load = load(wish).map_err(StartError::Wrong)?;
        if let Some(pause) = &wish.race_window {
            args.race_window = Some(parse("race window", pause)?);
        }
        args.seed = wish.seed.or(args.seed);
        Ok(args)
    }

    /// The PostgreSQL of that target. Those that are named fit the targets.
    fn watched(&self, index: usize) -> Option<&PostgresUrl> {
        let count = self.args.target.len();
        PostgresUrl::of_each(&self.args.watch_database, index, count).ok().flatten()
    }

    fn file(&self, file: &str) -> Result<PathBuf, StartError> {
        let found = self.folder.as_ref().and_then(|folder| folder.find(file));
        found.ok_or_else(|| StartError::NoSuchFile(format!("there is no scenario `{file}` here")))
    }

    /// What the page names lies in the folder.
    fn reach(&self) -> Reach {
        Reach::Below(self.folder.as_ref().map_or(Root::new(""), Folder::root))
    }

    fn databases(&self) -> Vec<DatabaseSpec> {
        let mut all = vec![DatabaseSpec::Sqlite, DatabaseSpec::private()];
        all.extend(self.args.database.clone().filter(|given| !all.contains(given)));
        all
    }

    fn database(&self, name: &str) -> Result<DatabaseSpec, StartError> {
        let found = self.databases().into_iter().find(|offered| offered.to_string() == name);
        found.ok_or_else(|| StartError::Wrong(format!("`{name}` is not among the databases")))
    }

    fn scenarios(&self) -> Vec<ScenarioOffer> {
        let Some(folder) = &self.folder else { return vec![self.offered("", None)] };
        let offered = |file: String| {
            let path = folder.find(&file)?;
            Some(self.offered(&file, Some(&path)))
        };
        folder.files().into_iter().filter_map(offered).collect()
    }

    fn offered(&self, file: &str, path: Option<&Path>) -> ScenarioOffer {
        let mut args = RunArgs { env: self.args.env.clone(), ..RunArgs::default() };
        if let Some(path) = path {
            name_source(&mut args, path.to_owned());
        }
        let text = path.and_then(|path| self.reach().text(path, DESCRIBED).ok());
        let offer = ScenarioOffer {
            file: file.to_owned(),
            name: file.to_owned(),
            description: text.as_deref().and_then(description),
            workloads: Vec::new(),
            accounts: None,
            target: None,
            error: None,
        };
        let limits = Limits { computing: GLANCE, ..Limits::default() };
        match sources::load_from(&args, &self.reach(), limits) {
            Ok(sources) => sources.first().map_or(offer.clone(), |source| known(offer, source)),
            Err(refusals) => {
                let error = refusals.iter().map(Refusal::text).collect::<Vec<_>>().join("\n");
                ScenarioOffer { error: Some(error), ..offer }
            }
        }
    }
}

impl Control for Launcher {
    fn offer(&self) -> Offer {
        let mode = |mode: Mode| ModeOffer {
            name: mode.name(),
            right: mode.is_correct(),
            needs_postgres: mode.needs_postgres(),
        };
        let target =
            |target: &Target| TargetOffer { name: target.authority(), url: target.to_string() };
        Offer {
            folder: self.folder.as_ref().map(Folder::name).unwrap_or_default(),
            scenarios: self.scenarios(),
            modes: Mode::ALL.into_iter().map(mode).collect(),
            databases: self.databases().iter().map(DatabaseSpec::to_string).collect(),
            targets: self.args.target.iter().map(target).collect(),
        }
    }

    fn start(&self, wish: Wish) -> Started<'_> {
        Box::pin(self.launch(wish))
    }

    fn stop(&self) -> bool {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.as_ref().map(Stop::halt).is_some()
    }
}

/// Makes way for the next command, whatever became of this one.
struct Free {
    under_way: Arc<Mutex<Option<Stop>>>,
    board: Arc<Board>,
}

impl Drop for Free {
    fn drop(&mut self) {
        // Together: else the next command might be taken for idle.
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        self.board.set_busy(false);
        *under_way = None;
    }
}

fn name_source(args: &mut RunArgs, file: PathBuf) {
    if is_script(&file) {
        args.lua = Some(file);
    } else {
        args.scenarios = vec![file];
    }
}

/// What is known of a scenario that can be run.
fn known(offer: ScenarioOffer, source: &Source) -> ScenarioOffer {
    let scenario = &source.scenario;
    let workload = |workload: &Workload| WorkloadOffer {
        name: workload.name.clone(),
        executor: workload.executor.name(),
        vus: workload.executor.vus(),
        iterations: workload.executor.iterations(),
        duration_s: workload.executor.time_limit().as_secs_f64(),
    };
    ScenarioOffer {
        name: scenario.name.clone(),
        workloads: scenario.workloads.iter().map(workload).collect(),
        accounts: scenario.accounts.as_ref().map(|accounts| accounts.len()),
        target: scenario.target.as_deref().map(without_credentials),
        ..offer
    }
}

/// One line for the terminal.
fn told(args: &RunArgs, sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.scenario.name.as_str()).collect();
    let modes: Vec<String> = args.mode.iter().map(Modes::to_string).collect();
    let targets: Vec<String> = args.target.iter().map(ToString::to_string).collect();
    let places = [modes, targets].concat().join(", ");
    match places.as_str() {
        "" => names.join(", "),
        places => format!("{}: {places}", names.join(", ")),
    }
}

/// The same words as on the command line.
fn load(wish: &Wish) -> Result<LoadArgs, String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("--{name}={value}")));
    };
    option("vus", wish.vus.map(|vus| vus.to_string()));
    option("iterations", wish.iterations.map(|iterations| iterations.to_string()));
    option("duration", wish.duration.clone());
    LoadArgs::of_words(words)
}
