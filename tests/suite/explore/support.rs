use serde_json::Value;

use crate::bank::fresh_url;
use crate::support::{Bankrun, Ended};

/// An empty database.
pub(super) fn database() -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(fresh_url())
}

/// Explores on a database of its own, and returns how it ended and its JSON.
pub(super) fn explored(args: &[&str]) -> (Ended, Value) {
    let database = database();
    let all = [&["explore", "--database", &database, "--json", "-"], args].concat();
    let ended = Bankrun::new(&all).run();
    let json = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.stdout, ended.stderr));
    (ended, json)
}

/// The explorations of a document.
pub(super) fn explorations(json: &Value) -> &[Value] {
    json["explorations"].as_array().expect("a list")
}
