use std::path::PathBuf;

use thiserror::Error;

use crate::scenario::Tool;

/// Why a script cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ScriptError {
    #[error("{}: {cause}", path.display())]
    Read { path: PathBuf, cause: String },
    /// It is of another tool.
    #[error("{}: {}; {}", path.display(), tool.refusal(), tool.hint())]
    Foreign { path: PathBuf, tool: Tool },
    /// From Lua; begins with file and line.
    #[error("{0}")]
    Lua(String),
    #[error("{script}: `options` {cause}")]
    Options { script: String, cause: String },
    #[error("{script}: there is no function `{name}`{}", there_are(functions))]
    NoFunction { script: String, name: String, functions: Vec<String> },
    #[error(
        "{script}: the scenario `{workload}` lists operations; beside a script it names a function, as in `exec = \"default\"`"
    )]
    NotAFunction { script: String, workload: String },
    #[error(
        "{script}: a script beside a scenario file defines before_request, after_response, verify, handle_summary, setup or teardown{}",
        there_are(functions)
    )]
    NoHook { script: String, functions: Vec<String> },
}

fn there_are(functions: &[String]) -> String {
    match functions {
        [] => "; the script defines no functions".into(),
        [one] => format!("; there is `{one}`"),
        [most @ .., last] => format!("; there are `{}` and `{last}`", most.join("`, `")),
    }
}
