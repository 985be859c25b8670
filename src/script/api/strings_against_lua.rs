//! What matches patterns here, against Lua's own, on patterns and texts at random.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mlua::Lua;

use super::{Maker, strings};
use crate::engine::Stop;
use crate::script::files::Files;
use crate::script::guard::Guard;
use crate::script::host::Host;
use crate::script::metrics::Names;
use crate::script::source::Source;
use crate::script::state::Seat;
use crate::script::{Limits, sandbox};

/// How many cases of each function.
const CASES: u32 = 5_000;

/// A state whose `string` never calls Lua's own matcher; that one is in `real`.
fn state() -> Lua {
    let limits = Limits::default();
    let source = Arc::new(Source {
        name: "custom.lua".into(),
        text: String::new(),
        env: Arc::new(BTreeMap::new()),
        limits,
        files: Files::new(PathBuf::new()),
        metrics: Names::default(),
    });
    let guard = Arc::new(Guard::new(Stop::new(), Duration::from_secs(3600), None));
    let host = Arc::new(Host::new(guard, &source, &Seat::nobody()));
    let lua = sandbox::new(&limits).expect("a state");
    lua.load("real = {} for name, it in pairs(string) do real[name] = it end")
        .exec()
        .expect("Lua's own");
    let live = lua.create_function(|_, ()| Ok(())).expect("a function");
    let ended = lua.create_function(|_, ()| Ok(false)).expect("a function");
    let (guarded, _) = sandbox::tame(&lua, live, ended).expect("tamed");
    let make = Maker::new(&lua, &host, guarded);
    strings::install_within(&make, -1.0).expect("installed");
    lua
}

#[test]
fn every_answer_and_every_error_is_that_of_lua() {
    let lua = state();
    let chunk = lua.load(include_str!("strings_against_lua.lua")).set_name("@cases.lua");
    let compared: u32 = chunk.call(CASES).unwrap_or_else(|error| panic!("{error}"));
    assert!(compared >= 5 * CASES, "{compared}");
}
