//! What is to be run: files, a script, or the set in the binary.

use std::path::Path;
use std::sync::Arc;

use super::args::RunArgs;
use super::load::override_load;
use super::output::{conceal, eprint, stderr_has_colors, stderr_width};
use super::runner::quoted;
use super::transport::{transport, with_token};
use crate::engine::{Planned, Program, Service, Target, Transport};
use crate::files::{Reach, Root, STDIN};
use crate::model::names_a_secret;
use crate::scenario::{Environment, HttpAuth, HttpOptions, Loaded, Problems, Scenario};
use crate::script::{Limits, Script};

/// One scenario and what drives it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) scenario: Scenario,
    pub(super) driver: Driver,
    pub(super) transport: Transport,
    /// The arguments that name it, each with a space before it.
    pub(super) named: String,
    /// What its author should know all the same.
    pub(super) warnings: Warnings,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The scenario has mistakes.
    Problems(Box<Problems>),
    Other(String),
}

/// What is odd about a scenario, and what the options changed of it.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    pub(super) problems: Problems,
    pub(super) notes: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Driver {
    /// The operations of the file.
    Plan,
    /// The same, with a script looking on.
    Hooks(Arc<Script>),
    /// A script by itself.
    Script(Arc<Script>),
}

/// The variables that scenarios and scripts see: `-e` stands over the process's
/// environment.
pub(super) fn environment(given: &[(String, String)]) -> Environment {
    // What is not Unicode cannot be put into a scenario.
    let process = std::env::vars_os();
    let process = process
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let environment: Environment = process.chain(given.iter().cloned()).collect();
    for (name, value) in &environment {
        if names_a_secret(name) && !is_of_postgres(name) {
            conceal(value);
        }
    }
    environment
}

/// Whether the variable is one of PostgreSQL's programs or images: no scenario
/// sends it, and as a password `postgres` is no secret.
fn is_of_postgres(name: &str) -> bool {
    name.starts_with("PG") || name.starts_with("POSTGRES_")
}

/// What goes with every request and is shown nowhere.
fn conceal_all(http: &HttpOptions) {
    match &http.auth {
        Some(HttpAuth::Bearer(token)) => conceal(token),
        Some(HttpAuth::Basic { password, .. }) => conceal(password),
        None => {}
    }
    http.headers
        .iter()
        .filter(|(name, _)| names_a_secret(name))
        .for_each(|(_, value)| conceal(value));
}

/// What a scenario's requests travel by.
type By<'a> = dyn Fn(&Scenario) -> Result<Transport, Refusal> + 'a;

/// What files are read with.
struct Means<'a> {
    env: Environment,
    by: &'a By<'a>,
    /// Where those may lie that are named by whoever wants the run.
    reach: &'a Reach,
    /// Of scripts.
    limits: Limits,
}

/// Reads all of them, with the options for the load in place, or says what is
/// wrong with each.
pub(super) fn load(args: &RunArgs) -> Result<Vec<Source>, Vec<Refusal>> {
    load_from(args, &Reach::Anywhere, Limits::default())
}

/// The same of files that may not lie anywhere, with other limits for scripts.
pub(super) fn load_from(
    args: &RunArgs,
    reach: &Reach,
    limits: Limits,
) -> Result<Vec<Source>, Vec<Refusal>> {
    let (mut sources, mut refusals) = (Vec::new(), Vec::new());
    for source in each(args, reach, limits).map_err(|refusal| vec![refusal])? {
        match source {
            Ok(source) => sources.push(source),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(sources) } else { Err(refusals) }
}

/// Each of them by itself, in their order. The error is of what they share.
pub(super) fn each(
    args: &RunArgs,
    reach: &Reach,
    limits: Limits,
) -> Result<Vec<Result<Source, Refusal>>, Refusal> {
    let options = args.load.options().map_err(Refusal::Other)?;
    let tls = args.tls.read().map_err(Refusal::Other)?;
    let by = |scenario: &Scenario| {
        let http = with_token(&scenario.http, args.token.as_ref());
        conceal_all(&http);
        let transport = transport(&http, &tls, args.http_debug);
        transport.map_err(|error| Refusal::Other(format!("{}: {error}", scenario.name)))
    };
    let means = Means { env: environment(&args.env), by: &by, reach, limits };
    let mut read = match (&args.scenarios[..], &args.lua) {
        ([], None) => vec![of_the_binary(&by)],
        ([], Some(lua)) => vec![from_script(lua, &means)],
        (files, lua) => files.iter().map(|file| from_file(file, lua.as_deref(), &means)).collect(),
    };
    for source in read.iter_mut().flatten() {
        source.warnings.notes = override_load(&mut source.scenario, &options);
        source.named += &options.to_string();
    }
    Ok(read)
}

fn of_the_binary(by: &By<'_>) -> Result<Source, Refusal> {
    Source::of(Scenario::shipped()?, Driver::Plan, by, String::new())
}

fn from_file(file: &Path, given: Option<&Path>, means: &Means<'_>) -> Result<Source, Refusal> {
    if file.to_str().is_some_and(|file| file.contains("://")) {
        // Not shown: it may carry a password.
        let message = "a URL is no scenario file; name the service with --target URL";
        return Err(Refusal::Other(message.to_owned()));
    }
    if file.extension().is_some_and(|ending| ending == "lua") {
        let ours = || format!("{} is a script; run it with --lua {0}", file.display());
        let foreign = Script::foreign(file, means.reach).map(|error| error.to_string());
        return Err(Refusal::Other(foreign.unwrap_or_else(ours)));
    }
    let loaded = Scenario::load_from(file, means.reach, &means.env)?;
    let driver = match (given, &loaded.scenario.lua) {
        (Some(lua), _) => Driver::Hooks(script(lua, means.reach, means)?),
        (None, Some(lua)) => {
            let beside = if file.as_os_str() == STDIN { Root::new("") } else { Root::beside(file) };
            let script = script(lua, &Reach::Below(beside), means);
            let script = script.map_err(|error| error.because(&format!("{}: lua", file.display())));
            Driver::Hooks(script?)
        }
        (None, None) => Driver::Plan,
    };
    let mut named = format!(" {}", quoted(&file.display().to_string()));
    if let Some(lua) = given {
        named += &format!(" --lua {}", quoted(&lua.display().to_string()));
    }
    Source::of(loaded, driver, means.by, named)
}

fn from_script(file: &Path, means: &Means<'_>) -> Result<Source, Refusal> {
    let script = script(file, means.reach, means)?;
    let name = file.display().to_string();
    let loaded = Scenario::from_options(&name, script.options().clone())?;
    Source::of(loaded, Driver::Script(script), means.by, format!(" --lua {}", quoted(&name)))
}

fn script(file: &Path, reach: &Reach, means: &Means<'_>) -> Result<Arc<Script>, Refusal> {
    let script = Script::load_from(file, reach, means.env.clone(), means.limits).map(Arc::new);
    script.map_err(|error| Refusal::Other(error.to_string()))
}

impl Source {
    fn of(loaded: Loaded, driver: Driver, by: &By<'_>, named: String) -> Result<Self, Refusal> {
        let Loaded { scenario, warnings: problems } = loaded;
        let suits = match &driver {
            Driver::Plan => Ok(()),
            Driver::Hooks(script) => script.suits(&scenario, true),
            Driver::Script(script) => script.suits(&scenario, false),
        };
        suits.map_err(|error| Refusal::Other(error.to_string()))?;
        conceal_all(&scenario.http);
        let transport = by(&scenario)?;
        let warnings = Warnings { problems, notes: Vec::new() };
        Ok(Self { scenario, driver, transport, named, warnings })
    }

    /// The service at this target, as the scenario speaks to it.
    pub(super) fn service(&self, target: Target) -> Service {
        Service::over(target, self.transport.clone()).reading(self.scenario.read.clone())
    }

    /// What drives a run of it.
    pub(super) fn program(&self, seed: u64, service: &Service) -> Result<Arc<dyn Program>, String> {
        let scenario = &self.scenario;
        let planned = Planned::new(scenario, seed, service);
        let program = match &self.driver {
            Driver::Plan => return Ok(Arc::new(planned)),
            Driver::Hooks(script) => script.clone().hook(planned, scenario, seed),
            Driver::Script(script) => script.clone().into_program(scenario, seed),
        };
        program.map_err(|error| error.to_string())
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::Problems(Box::new(problems))
    }
}

impl Refusal {
    /// Without colours, for a reader elsewhere.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Problems(problems) => problems.to_string(),
            Self::Other(message) => message.clone(),
        }
    }

    /// With what led to it before a message that does not show it.
    fn because(self, what: &str) -> Self {
        match self {
            Self::Problems(problems) => Self::Problems(problems),
            Self::Other(message) => Self::Other(format!("{what}: {message}")),
        }
    }

    pub(super) fn print(&self) {
        match self {
            Self::Problems(problems) => print_problems(problems),
            Self::Other(message) => drop(eprint(&format!("{message}\n"))),
        }
    }
}

impl Warnings {
    pub(super) fn print(&self) {
        if !self.problems.is_empty() {
            print_problems(&self.problems);
        }
        for note in &self.notes {
            eprint(&format!("note: {note}\n"));
        }
    }
}

fn print_problems(problems: &Problems) {
    eprint(&format!("{}\n", problems.render(stderr_has_colors(), stderr_width())));
}
