//! `handle_summary(s)`: a script writes its own reports.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::functions::HANDLE_SUMMARY;
use super::source::{Script, at_once, refusal};
use super::state::{Seat, State};
use crate::engine::Cut;

/// What a script makes of a summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// Text by the name of the file it is for; `stdout` and `stderr` are no files.
    pub outputs: BTreeMap<String, String>,
    /// What it said meanwhile.
    pub said: Vec<String>,
}

impl Script {
    /// Hands the summary of a run to the script. `None`: it does not want it.
    /// The error names file and line.
    pub fn handle_summary(&self, summary: &Json) -> Option<Result<Handled, String>> {
        if !self.has(HANDLE_SUMMARY) {
            return None;
        }
        let handled = at_once(self.handle(summary));
        Some(handled.map_err(|cut| refusal(cut).to_string()))
    }

    async fn handle(&self, summary: &Json) -> Result<Handled, Cut> {
        let state = State::new(self.source(), Seat::nobody()).await?;
        // The top level spoke when the script was loaded.
        drop(state.early());
        let summary = state.value(summary)?;
        let returned: Option<mlua::Value> = state.call(HANDLE_SUMMARY, summary).await?;
        let refuse = |cause: String| Cut::Error(format!("{}: {cause}", self.name()));
        let returned = state.json(&returned.unwrap_or(mlua::Value::Nil));
        let returned =
            returned.map_err(|cause| refuse(format!("what handle_summary returned {cause}")))?;
        let outputs = outputs(returned).map_err(refuse)?;
        Ok(Handled { outputs, said: state.early() })
    }
}

fn outputs(returned: Json) -> Result<BTreeMap<String, String>, String> {
    let table = match returned {
        Json::Null => return Ok(BTreeMap::new()),
        Json::Object(table) => table,
        _ => {
            return Err("handle_summary returns a table from file name to text, as in { \
                        [\"summary.json\"] = json.encode(s) }"
                .into());
        }
    };
    let text = |(name, value)| match value {
        Json::String(text) => Ok((name, text)),
        _ => Err(format!("what handle_summary returns for `{name}` is not a text")),
    };
    table.into_iter().map(text).collect()
}
