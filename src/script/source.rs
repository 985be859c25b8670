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
use crate::engine::{Cut, Planned, Program};
use crate::files::Reach;
use crate::scenario::{Body, Scenario, Tool, Workload};

/// Scripts larger than this are something else.
const LARGEST: u64 = 4_000_000;

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
        Self::load_from(path, &Reach::Anywhere, env, limits)
    }

    /// The same of a script that may not lie anywhere.
    pub fn load_from(
        path: &Path,
        reach: &Reach,
        env: BTreeMap<String, String>,
        limits: Limits,
    ) -> Result<Self, ScriptError> {
        let text = read(path, reach)?;
        let copy = text.clone();
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let script = Self::from_text(name, text, folder, env, limits);
        if script.as_ref().is_ok_and(Self::is_of_ours) {
            return script;
        }
        match Tool::of(path, Some(&copy)) {
            Some(tool) => Err(ScriptError::Foreign { path: path.to_owned(), tool }),
            None => script,
        }
    }

    /// What is told of a script of another tool; nothing in it runs.
    pub fn foreign(path: &Path, reach: &Reach) -> Option<ScriptError> {
        let tool = Tool::of(path, Some(&read(path, reach).ok()?))?;
        Some(ScriptError::Foreign { path: path.to_owned(), tool })
    }

    /// Whether it says what scripts of other tools do not. `setup` is in wrk's, too.
    fn is_of_ours(&self) -> bool {
        let ours = [
            "default",
            functions::BEFORE_REQUEST,
            functions::AFTER_RESPONSE,
            functions::VERIFY,
            functions::HANDLE_SUMMARY,
            functions::TEARDOWN,
        ];
        let has_options = self.options.as_object().is_some_and(|options| !options.is_empty());
        has_options || ours.iter().any(|name| self.has(name))
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

    /// Whether it can drive the scenario: by itself, or `beside` a file that has
    /// operations. The error says what is missing.
    pub fn suits(&self, scenario: &Scenario, beside: bool) -> Result<(), ScriptError> {
        let hooks = [
            functions::BEFORE_REQUEST,
            functions::AFTER_RESPONSE,
            functions::VERIFY,
            functions::HANDLE_SUMMARY,
            functions::SETUP,
            functions::TEARDOWN,
        ];
        let calls = |workload: &Workload| matches!(workload.body, Body::Function(_));
        let is_idle =
            !hooks.iter().any(|name| self.has(name)) && !scenario.workloads.iter().any(calls);
        if beside && is_idle {
            return Err(ScriptError::NoHook {
                script: self.source.name.clone(),
                functions: self.functions.iter().cloned().collect(),
            });
        }
        self.bodies(scenario, beside).map(drop)
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
        self.program(Some(planned), scenario, seed)
    }

    fn program(
        self: Arc<Self>,
        planned: Option<Planned>,
        scenario: &Scenario,
        seed: u64,
    ) -> Result<Arc<dyn Program>, ScriptError> {
        self.suits(scenario, planned.is_some())?;
        let bodies = self.bodies(scenario, planned.is_some())?;
        Ok(Arc::new(ScriptProgram::new(self, planned, bodies, scenario, seed)))
    }

    /// The function of each workload; `None` where it has operations.
    fn bodies(
        &self,
        scenario: &Scenario,
        beside: bool,
    ) -> Result<Vec<Option<Arc<str>>>, ScriptError> {
        let body = |workload: &Workload| match &workload.body {
            Body::Function(name) if self.has(name) => Ok(Some(name.as_str().into())),
            Body::Function(name) => Err(ScriptError::NoFunction {
                script: self.source.name.clone(),
                name: name.clone(),
                functions: self.functions.iter().cloned().collect(),
            }),
            Body::Operations { .. } if beside => Ok(None),
            Body::Operations { .. } => Err(ScriptError::NotAFunction {
                script: self.source.name.clone(),
                workload: workload.name.clone(),
            }),
        };
        scenario.workloads.iter().map(body).collect()
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

fn read(path: &Path, reach: &Reach) -> Result<String, ScriptError> {
    let text = reach.text(path, LARGEST);
    let text = text
        .map_err(|error| ScriptError::Read { path: path.to_owned(), cause: error.to_string() })?;
    // `#!/usr/bin/env bankrun` becomes a comment; lines keep their numbers.
    Ok(if text.starts_with('#') { format!("--{text}") } else { text })
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
