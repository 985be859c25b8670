use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::Value as Json;

use super::files::Files;
use super::metrics::Names;
use super::program::ScriptProgram;
use super::state::{Seat, State};
use super::{Limits, ScriptError, functions};
use crate::engine::{Cut, Planned, Program, plain};
use crate::scenario::{Body, Scenario};

/// Scripts larger than this are something else.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A Lua script that was read and looked at.
#[derive(Clone, Debug)]
pub struct Script {
    source: Arc<Source>,
    options: Json,
    functions: BTreeSet<String>,
    early: Vec<String>,
}

/// What every state of the script begins with.
#[derive(Debug)]
pub(super) struct Source {
    /// The file's name, as errors show it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) env: Arc<BTreeMap<String, String>>,
    pub(super) limits: Limits,
    /// Data files, read once for all states.
    pub(super) files: Files,
    pub(super) metrics: Names,
}

impl Script {
    /// Reads the script and runs its top level once, for its options and the
    /// names of its functions. Nothing is sent. `env` is what it sees as `env`.
    pub fn load(path: &Path, env: BTreeMap<String, String>) -> Result<Self, ScriptError> {
        Self::load_within(path, env, Limits::default())
    }

    /// [`load`](Self::load) with other limits, for this and for every virtual user.
    pub fn load_within(
        path: &Path,
        env: BTreeMap<String, String>,
        limits: Limits,
    ) -> Result<Self, ScriptError> {
        let text = read(path)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::from_text(name, text, folder, env, limits)
    }

    fn from_text(
        name: String,
        text: String,
        folder: PathBuf,
        env: BTreeMap<String, String>,
        limits: Limits,
    ) -> Result<Self, ScriptError> {
        let source = Arc::new(Source {
            name,
            text,
            env: Arc::new(env),
            limits,
            files: Files::new(folder),
            metrics: Names::default(),
        });
        let nobody = Seat::nobody();
        let state = at_once(State::new(&source, nobody)).map_err(refusal)?;
        let options = state.global("options").map_err(refusal)?;
        let options = match state.json(&options) {
            Ok(Json::Null) => Ok(Json::Object(Default::default())),
            Ok(options @ Json::Object(_)) => Ok(options),
            Ok(_) => Err("is a table with names, as in `options = { vus = 5 }`".to_owned()),
            Err(cause) => Err(cause),
        };
        let options =
            options.map_err(|cause| ScriptError::Options { script: source.name.clone(), cause })?;
        let functions = state.functions().map_err(refusal)?;
        let early = state.early();
        Ok(Self { source, options, functions, early })
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// The table `options`, which has the shape of a scenario file.
    pub fn options(&self) -> &Json {
        &self.options
    }

    /// The functions that the script defines, sorted.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(String::as_str)
    }

    pub fn has(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// The script by itself. `scenario` is made of its options.
    pub fn into_program(
        self: Arc<Self>,
        scenario: &Scenario,
        seed: u64,
    ) -> Result<Arc<dyn Program>, ScriptError> {
        self.program(None, scenario, seed)
    }

    /// The operations of a scenario file, with the script's hooks around them.
    pub fn hook(
        self: Arc<Self>,
        planned: Planned,
        scenario: &Scenario,
        seed: u64,
    ) -> Result<Arc<dyn Program>, ScriptError> {
        let hooks = [
            functions::BEFORE_REQUEST,
            functions::AFTER_RESPONSE,
            functions::VERIFY,
            functions::HANDLE_SUMMARY,
            functions::SETUP,
            functions::TEARDOWN,
        ];
        let calls =
            |workload: &crate::scenario::Workload| matches!(workload.body, Body::Function(_));
        if !hooks.iter().any(|name| self.has(name)) && !scenario.workloads.iter().any(calls) {
            return Err(ScriptError::NoHook {
                script: self.source.name.clone(),
                functions: self.functions.iter().cloned().collect(),
            });
        }
        self.program(Some(planned), scenario, seed)
    }

    fn program(
        self: Arc<Self>,
        planned: Option<Planned>,
        scenario: &Scenario,
        seed: u64,
    ) -> Result<Arc<dyn Program>, ScriptError> {
        let mut bodies = Vec::new();
        for workload in &scenario.workloads {
            bodies.push(match &workload.body {
                Body::Function(name) if self.has(name) => Some(name.as_str().into()),
                Body::Function(name) => {
                    return Err(ScriptError::NoFunction {
                        script: self.source.name.clone(),
                        name: name.clone(),
                        functions: self.functions.iter().cloned().collect(),
                    });
                }
                Body::Operations { .. } if planned.is_some() => None,
                Body::Operations { .. } => {
                    return Err(ScriptError::NotAFunction {
                        script: self.source.name.clone(),
                        workload: workload.name.clone(),
                    });
                }
            });
        }
        Ok(Arc::new(ScriptProgram::new(self, planned, bodies, scenario, seed)))
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// What the top level said when the script was loaded.
    pub(super) fn early(&self) -> &[String] {
        &self.early
    }
}

pub(super) fn refusal(cut: Cut) -> ScriptError {
    match cut {
        Cut::Error(error) => ScriptError::Lua(error),
        Cut::Stopped => ScriptError::Lua("the run was stopped".into()),
    }
}

fn read(path: &Path) -> Result<String, ScriptError> {
    let refuse = |cause: &str| ScriptError::Read { path: path.to_owned(), cause: cause.into() };
    let length = std::fs::metadata(path).map_err(|error| refuse(&plain(&error)))?;
    if length.is_dir() {
        return Err(refuse("this is a directory, not a script"));
    }
    if length.len() > LARGEST {
        return Err(refuse("this is too large to be a script"));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(&plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("the script is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // `#!/usr/bin/env bankrun` becomes a comment; lines keep their numbers.
    Ok(if text.starts_with('#') { format!("--{text}") } else { text.to_owned() })
}

/// Runs a future that waits for nothing but its next turn.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
