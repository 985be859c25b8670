//! Which functions a script defines.

use std::collections::BTreeSet;

use mlua::{Lua, Value};

/// The functions the host calls by itself.
pub(super) const SETUP: &str = "setup";
pub(super) const TEARDOWN: &str = "teardown";
pub(super) const BEFORE_REQUEST: &str = "before_request";
pub(super) const AFTER_RESPONSE: &str = "after_response";
pub(super) const VERIFY: &str = "verify";
pub(super) const HANDLE_SUMMARY: &str = "handle_summary";

/// Names of all global functions of the state.
pub(super) fn global(lua: &Lua) -> mlua::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for pair in lua.globals().pairs::<Value, Value>() {
        if let (Value::String(name), Value::Function(_)) = pair? {
            names.insert(name.to_string_lossy());
        }
    }
    Ok(names)
}
