//! What is to be run: files, a script, or the set in the binary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::args::RunArgs;
use super::load::override_load;
use super::output::{eprint, stderr_has_colors, stderr_width};
use super::runner::quoted;
use super::transport::transport;
use crate::engine::Transport;
use crate::scenario::{Environment, Loaded, Problems, Scenario};
use crate::script::Script;

/// One scenario and what drives it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) scenario: Scenario,
    pub(super) driver: Driver,
    pub(super) transport: Transport,
    /// The arguments that name it, each with a space before it.
    pub(super) named: String,
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
    process.chain(given.iter().cloned()).collect()
}

/// What a scenario's requests travel by; a mistake in it was printed.
type By<'a> = dyn Fn(&Scenario) -> Result<Transport, ()> + 'a;

/// Reads all of them, with the options for the load in place, or prints what is
/// wrong with each.
pub(super) fn load(args: &RunArgs) -> Result<Vec<Source>, ()> {
    let options = args.load.options().map_err(|error| {
        eprint(&format!("{error}\n"));
    })?;
    let mut sources = read(args)?;
    for source in &mut sources {
        override_load(&mut source.scenario, &options);
        source.named += &options.to_string();
    }
    Ok(sources)
}

fn read(args: &RunArgs) -> Result<Vec<Source>, ()> {
    let tls = args.tls.read().map_err(|error| {
        eprint(&format!("{error}\n"));
    })?;
    let by = |scenario: &Scenario| {
        transport(&scenario.http, &tls, args.http_debug).map_err(|error| {
            eprint(&format!("{}: {error}\n", scenario.name));
        })
    };
    let env = environment(&args.env);
    match (&args.scenarios[..], &args.lua) {
        ([], None) => {
            let scenario = shown(Scenario::shipped())?;
            let transport = by(&scenario)?;
            Ok(vec![Source { scenario, driver: Driver::Plan, transport, named: String::new() }])
        }
        ([], Some(lua)) => Ok(vec![from_script(lua, env, &by)?]),
        (files, lua) => {
            let sources: Vec<_> =
                files.iter().map(|file| from_file(file, lua.as_deref(), &env, &by)).collect();
            sources.into_iter().collect()
        }
    }
}

fn from_file(
    file: &Path,
    given: Option<&Path>,
    env: &BTreeMap<String, String>,
    by: &By<'_>,
) -> Result<Source, ()> {
    if file.to_str().is_some_and(|file| file.contains("://")) {
        // Not shown: it may carry a password.
        eprint("a URL is no scenario file; name the service with --target URL\n");
        return Err(());
    }
    if file.extension().is_some_and(|ending| ending == "lua") {
        eprint(&format!("{} is a script; run it with --lua {0}\n", file.display()));
        return Err(());
    }
    let scenario = shown(Scenario::load(file, env))?;
    let lua = given.or(scenario.lua.as_deref());
    let driver = match lua {
        Some(lua) => Driver::Hooks(script(lua, env.clone())?),
        None => Driver::Plan,
    };
    let mut named = format!(" {}", quoted(&file.display().to_string()));
    if let Some(lua) = given {
        named += &format!(" --lua {}", quoted(&lua.display().to_string()));
    }
    let transport = by(&scenario)?;
    Ok(Source { scenario, driver, transport, named })
}

fn from_script(file: &Path, env: BTreeMap<String, String>, by: &By<'_>) -> Result<Source, ()> {
    let script = script(file, env)?;
    let scenario =
        shown(Scenario::from_options(&file.display().to_string(), script.options().clone()))?;
    let transport = by(&scenario)?;
    Ok(Source {
        scenario,
        driver: Driver::Script(script),
        transport,
        named: format!(" --lua {}", quoted(&file.display().to_string())),
    })
}

fn script(file: &Path, env: BTreeMap<String, String>) -> Result<Arc<Script>, ()> {
    Script::load(file, env).map(Arc::new).map_err(|error| {
        eprint(&format!("{error}\n"));
    })
}

/// Prints warnings and mistakes where they belong.
pub(super) fn shown(loaded: Result<Loaded, Problems>) -> Result<Scenario, ()> {
    let show = |problems: &Problems| {
        eprint(&format!("{}\n", problems.render(stderr_has_colors(), stderr_width())));
    };
    match loaded {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                show(&loaded.warnings);
            }
            Ok(loaded.scenario)
        }
        Err(problems) => {
            show(&problems);
            Err(())
        }
    }
}
