//! A Lua state without a way out: no files, no processes, no modules, no
//! bytecode, and no more memory than it is given.

use std::time::Duration;

use mlua::chunk::ChunkMode;
use mlua::state::{GcGenParams, GcMode};
use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value};

/// What one virtual user's state may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub memory: usize,
    /// How long a script may compute without waiting for anything.
    pub computing: Duration,
    /// How long `setup` and `teardown` may take.
    pub caretaking: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 * 1024 * 1024,
            computing: Duration::from_secs(10),
            caretaking: Duration::from_secs(60),
        }
    }
}

const WITHOUT: [&str; 3] = ["dofile", "loadfile", "warn"];

pub(super) fn new(limits: &Limits) -> mlua::Result<Lua> {
    let libraries =
        StdLib::COROUTINE | StdLib::TABLE | StdLib::STRING | StdLib::UTF8 | StdLib::MATH;
    let lua = Lua::new_with(libraries, LuaOptions::default())?;
    lua.set_memory_limit(limits.memory)?;
    // What an iteration leaves behind is young, and there are many states, each of
    // which is to touch little memory: docs/performance.md.
    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
    let globals = lua.globals();
    for name in WITHOUT {
        globals.raw_set(name, Value::Nil)?;
    }
    globals.raw_get::<Table>("string")?.raw_set("dump", Value::Nil)?;
    Ok(lua)
}

/// Replaces what could harm the host by a version that cannot. Returns what lets
/// the host's functions fail like Lua's own, and what is to be called when they
/// have been made.
pub(super) fn tame(
    lua: &Lua,
    live: Function,
    ended: Function,
) -> mlua::Result<(Function, Function)> {
    lua.load(include_str!("sandbox.lua")).set_name("=bankrun").set_mode(ChunkMode::Text).call((
        live,
        ended,
        Lua::poll_pending(),
    ))
}
