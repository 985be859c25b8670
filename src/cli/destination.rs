//! Where a run goes, and why there.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::args::{Modes, RunArgs, UiArgs};
use super::database_url::PostgresUrl;
use crate::bank::{DatabaseSpec, Mode};
use crate::engine::{Client, Target, Transport};
use crate::scenario::{Fault, Scenario};

/// How long the question what a service is may take.
pub(super) const PROBE: Duration = Duration::from_secs(1);

/// One place to run a scenario against.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    Target {
        target: Target,
        reason: String,
        /// The PostgreSQL that it keeps its data in, where that is known.
        watched: Option<PostgresUrl>,
    },
    BuiltIn {
        mode: Mode,
        database: DatabaseSpec,
        reason: String,
    },
}

impl Destination {
    /// What tells it apart from others of one command.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Target { target, .. } => target.to_string(),
            Self::BuiltIn { mode, .. } => mode.to_string(),
        }
    }

    /// The faults of a scenario befall a server of our own, and a database that
    /// nobody else relies on.
    fn suits(&self, scenario: &Scenario) -> Result<(), String> {
        match (self, scenario.faults.first(), scenario.fault_on_postgres()) {
            (Self::Target { target, .. }, Some(Fault { place, kind, .. }), _) => Err(format!(
                "{place}: `faults` ({kind}) befall a server of our own, and {target} is none: \
                 leave --target and BANKRUN_TARGET out; --mode chooses how our own server works"
            )),
            (Self::BuiltIn { database, .. }, _, Some(Fault { place, kind, .. }))
                if !matches!(database, DatabaseSpec::PrivatePostgres(_)) =>
            {
                Err(format!(
                    "{place}: `faults` ({kind}) need a PostgreSQL of our own, and `{database}` is \
                     none: give `--database postgres`, or leave --database and BANKRUN_DATABASE out"
                ))
            }
            _ => Ok(()),
        }
    }
}

/// What a bankrun server says of itself under `/health`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Health {
    pub(super) service: String,
    pub(super) mode: Option<String>,
    pub(super) database: Option<String>,
    pub(super) race_window: Option<String>,
}

/// The rules of precedence: command line, environment, scenario, what is on
/// port 3000. `--target` and a built-in server exclude each other.
pub(super) async fn choose(
    args: &RunArgs,
    scenario: &Scenario,
) -> Result<Vec<Destination>, String> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let usual = usual_database(scenario);
    let chosen = match command_line(args, variable, &usual)? {
        Some(chosen) => chosen,
        None => match environment(variable, &usual)? {
            Some(chosen) => chosen,
            None => unnamed(scenario, &usual).await?,
        },
    };
    chosen.iter().try_for_each(|destination| destination.suits(scenario))?;
    Ok(chosen)
}

/// Where neither the command line nor the environment says where.
async fn unnamed(scenario: &Scenario, usual: &DatabaseSpec) -> Result<Vec<Destination>, String> {
    if let Some(target) = &scenario.target {
        let target = parse("target of the scenario", target)?;
        return Ok(targets(&[target], "named in the scenario"));
    }
    if !scenario.faults.is_empty() {
        return Ok(built_ins(&[], usual, "for the faults of the scenario to befall"));
    }
    Ok(vec![on_port_3000().await])
}

/// The database of a built-in server where none is named.
fn usual_database(scenario: &Scenario) -> DatabaseSpec {
    match scenario.fault_on_postgres() {
        Some(_) => DatabaseSpec::private(),
        None => DatabaseSpec::default(),
    }
}

/// What is given of a built-in server here, the environment completes.
fn command_line(
    args: &RunArgs,
    variable: impl Fn(&str) -> Option<String>,
    usual: &DatabaseSpec,
) -> Result<Option<Vec<Destination>>, String> {
    let built_in = !args.mode.is_empty() || args.database.is_some() || args.lose_answers.is_some();
    match (args.target.is_empty(), built_in) {
        (false, true) => Err("--target names a service that runs already; --mode, --database and \
                              --lose-answers start one of our own. Give one or the other"
            .into()),
        (false, false) => Ok(Some(targets(&args.target, "--target"))),
        (true, true) if !args.watch_database.is_empty() => Err(
            "--watch-database names the PostgreSQL of a --target; that of a server of our own is \
                 looked into anyway"
                .into(),
        ),
        (true, true) => {
            let mode = variable("BANKRUN_MODE").filter(|_| args.mode.is_empty());
            let database = variable("BANKRUN_DATABASE").filter(|_| args.database.is_none());
            let (modes, database) = named(mode, database)?;
            let modes = if args.mode.is_empty() { &modes } else { &args.mode };
            let database = args.database.as_ref().or(database.as_ref()).unwrap_or(usual);
            Ok(Some(built_ins(modes, database, "asked for")))
        }
        (true, false) => Ok(None),
    }
}

fn environment(
    variable: impl Fn(&str) -> Option<String>,
    usual: &DatabaseSpec,
) -> Result<Option<Vec<Destination>>, String> {
    let target = variable("BANKRUN_TARGET");
    let mode = variable("BANKRUN_MODE");
    let database = variable("BANKRUN_DATABASE");
    match (target, mode, database) {
        (None, None, None) => Ok(None),
        (Some(target), None, None) => {
            let targets_given: Vec<Target> = parse_list("BANKRUN_TARGET", &target)?;
            Ok(Some(targets(&targets_given, "BANKRUN_TARGET")))
        }
        (Some(_), _, _) => Err("BANKRUN_TARGET is set together with BANKRUN_MODE or \
                                BANKRUN_DATABASE; give one or the other"
            .into()),
        (None, mode, database) => {
            let (modes, database) = named(mode, database)?;
            let database = database.as_ref().unwrap_or(usual);
            Ok(Some(built_ins(&modes, database, "from the environment")))
        }
    }
}

/// What the environment says of a built-in server.
fn named(
    mode: Option<String>,
    database: Option<String>,
) -> Result<(Vec<Modes>, Option<DatabaseSpec>), String> {
    let modes = mode.map_or(Ok(Vec::new()), |mode| parse_list("BANKRUN_MODE", &mode))?;
    let database = database.map(|database| parse("BANKRUN_DATABASE", &database)).transpose()?;
    Ok((modes, database))
}

async fn on_port_3000() -> Destination {
    let target = Target::localhost(3000);
    let built_in = |reason: &str| Destination::BuiltIn {
        mode: Mode::Robust,
        database: DatabaseSpec::default(),
        reason: reason.to_owned(),
    };
    let mut client = Transport::default().client(target.clone(), PROBE);
    if client.connect().await.is_err() {
        return built_in("built in: nothing listens on port 3000");
    }
    match health(&mut client).await {
        Some(_) => at(&target, "a bankrun server on port 3000"),
        None => built_in(
            "built in: what listens on port 3000 is no bankrun server and is NOT tested; \
             name it with --target",
        ),
    }
}

/// What the server at the other end says of itself, if it is one of ours.
pub(super) async fn health(client: &mut Client) -> Option<Health> {
    let request = hyper::Request::get("/health").body(bytes::Bytes::new()).ok()?;
    let answer = client.send_here(request).await.ok()?;
    let health: Health = serde_json::from_slice(&answer.body).ok()?;
    (health.service == "bankrun").then_some(health)
}

/// What the page may offer by the environment, where the command line names none.
pub(super) fn complete(args: &mut UiArgs) -> Result<(), String> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(targets) = variable("BANKRUN_TARGET").filter(|_| args.target.is_empty()) {
        args.target = parse_list("BANKRUN_TARGET", &targets)?;
    }
    if let Some(database) = variable("BANKRUN_DATABASE").filter(|_| args.database.is_none()) {
        args.database = Some(parse("BANKRUN_DATABASE", &database)?);
    }
    if args.watch_database.is_empty() {
        args.watch_database = PostgresUrl::from_variable("BANKRUN_WATCH_DATABASE")?;
    }
    PostgresUrl::of_each(&args.watch_database, 0, args.target.len()).map(|_| ())
}

fn targets(targets: &[Target], reason: &str) -> Vec<Destination> {
    targets.iter().map(|target| at(target, reason)).collect()
}

fn at(target: &Target, reason: &str) -> Destination {
    Destination::Target { target: target.clone(), reason: reason.to_owned(), watched: None }
}

fn built_ins(modes: &[Modes], database: &DatabaseSpec, reason: &str) -> Vec<Destination> {
    let modes = if modes.is_empty() { &[Modes::One(Mode::Robust)] } else { modes };
    let modes = modes.iter().flat_map(|modes| match modes {
        Modes::All => Mode::ALL.to_vec(),
        Modes::One(mode) => vec![*mode],
    });
    let destination = |mode| Destination::BuiltIn {
        mode,
        database: database.clone(),
        reason: format!("built in: {reason}"),
    };
    modes.map(destination).collect()
}

fn parse_list<T: FromStr<Err: std::fmt::Display>>(
    what: &str,
    text: &str,
) -> Result<Vec<T>, String> {
    text.split(',').map(|part| parse(what, part.trim())).collect()
}

fn parse<T: FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(args: &RunArgs, variables: &[(&str, &str)]) -> Vec<String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let chosen = command_line(args, variable, &DatabaseSpec::default())
            .expect("no mistake")
            .expect("destinations");
        let label = |destination: Destination| match destination {
            Destination::Target { target, .. } => target.to_string(),
            Destination::BuiltIn { mode, database, .. } => format!("{mode} on {database}"),
        };
        chosen.into_iter().map(label).collect()
    }

    #[test]
    fn the_environment_completes_what_the_command_line_says() {
        let mode = RunArgs { mode: vec![Modes::One(Mode::Naive)], ..RunArgs::default() };
        assert_eq!(chosen(&mode, &[("BANKRUN_DATABASE", "postgres")]), ["naive on postgres"]);
        assert_eq!(chosen(&mode, &[("BANKRUN_MODE", "atomic")]), ["naive on sqlite"]);
        let database = RunArgs { database: Some(DatabaseSpec::private()), ..RunArgs::default() };
        assert_eq!(chosen(&database, &[("BANKRUN_MODE", "atomic")]), ["atomic on postgres"]);
        assert_eq!(chosen(&database, &[("BANKRUN_DATABASE", "nonsense")]), ["robust on postgres"]);
    }

    #[test]
    fn a_target_on_the_command_line_stands_over_the_environment() {
        let target = vec!["http://localhost:1".parse().expect("a target")];
        let args = RunArgs { target, ..RunArgs::default() };
        assert_eq!(chosen(&args, &[("BANKRUN_MODE", "naive")]), ["http://localhost:1"]);
    }
}
