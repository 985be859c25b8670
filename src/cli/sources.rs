//! What is to be run: files, a script, or the set in the binary.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::args::RunArgs;
use super::output::{eprint, stderr_has_colors, stderr_width};
use super::runner::quoted;
use crate::scenario::{Loaded, Problems, Scenario};
use crate::script::Script;

/// One scenario and what drives it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) scenario: Scenario,
    pub(super) driver: Driver,
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

/// Reads all of them, or prints what is wrong with each.
pub(super) fn load(args: &RunArgs) -> Result<Vec<Source>, ()> {
    let env = environment(args);
    match (&args.scenarios[..], &args.lua) {
        ([], None) => Ok(vec![Source {
            scenario: shown(Scenario::shipped())?,
            driver: Driver::Plan,
            named: String::new(),
        }]),
        ([], Some(lua)) => Ok(vec![from_script(lua, env)?]),
        (files, lua) => {
            let sources: Vec<_> =
                files.iter().map(|file| from_file(file, lua.as_deref(), &env)).collect();
            sources.into_iter().collect()
        }
    }
}

/// What scripts see: the environment, and over it what `-e` gave.
fn environment(args: &RunArgs) -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).chain(args.env.iter().cloned()).collect()
}

fn from_file(
    file: &Path,
    given: Option<&Path>,
    env: &BTreeMap<String, String>,
) -> Result<Source, ()> {
    if file.extension().is_some_and(|ending| ending == "lua") {
        eprint(&format!("{} is a script; run it with --lua {0}\n", file.display()));
        return Err(());
    }
    let scenario = shown(Scenario::load(file))?;
    let lua = given.or(scenario.lua.as_deref());
    let driver = match lua {
        Some(lua) => Driver::Hooks(script(lua, env.clone())?),
        None => Driver::Plan,
    };
    let mut named = format!(" {}", quoted(&file.display().to_string()));
    if let Some(lua) = given {
        named += &format!(" --lua {}", quoted(&lua.display().to_string()));
    }
    Ok(Source { scenario, driver, named })
}

fn from_script(file: &Path, env: BTreeMap<String, String>) -> Result<Source, ()> {
    let script = script(file, env)?;
    let scenario =
        shown(Scenario::from_options(&file.display().to_string(), script.options().clone()))?;
    Ok(Source {
        scenario,
        driver: Driver::Script(script),
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
