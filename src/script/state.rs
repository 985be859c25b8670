use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use mlua::chunk::ChunkMode;
use mlua::{FromLuaMulti, Function, IntoLuaMulti, Lua, Table, Value};
use serde_json::Value as Json;

use super::course::Course;
use super::guard::{End, Guard, Guarded};
use super::host::Host;
use super::source::Source;
use super::{api, functions, json, sandbox, trouble};
use crate::engine::{Cut, Stop, Vu};

/// A Lua state in which the script's top level has run.
#[derive(Debug)]
pub(super) struct State {
    lua: Lua,
    host: Arc<Host>,
    source: Arc<Source>,
    exec: Table,
    /// Lua's own functions and the host's, which are none of the script's.
    builtin: BTreeSet<String>,
}

/// For whom a state is made.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    /// Nobody: the script is only looked at.
    pub(super) vu: Option<&'a Arc<Vu>>,
    pub(super) seed: u64,
    pub(super) course: Arc<Course>,
    pub(super) role: Role,
}

/// What a state is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A virtual user of a workload, or nobody.
    User,
    /// For `setup` and `teardown`: no number among the virtual users, and an end.
    Caretaker,
    /// For `verify`: the same, and what it checks counts.
    Verifier,
}

impl Seat<'_> {
    pub(super) fn nobody() -> Self {
        Self { vu: None, seed: 0, course: Arc::default(), role: Role::User }
    }
}

impl State {
    pub(super) async fn new(source: &Arc<Source>, seat: Seat<'_>) -> Result<Self, Cut> {
        let limits = &source.limits;
        let stop = seat.vu.map_or_else(Stop::new, |vu| vu.stop().clone());
        let deadline = (seat.role != Role::User).then(|| Instant::now() + limits.caretaking);
        let guard = Arc::new(Guard::new(stop, limits.computing, deadline));
        let host = Arc::new(Host::new(guard, source, &seat));
        let state = Self::empty(source, host).map_err(|error| source.cut(&error))?;
        state.introduce(&seat).map_err(|error| source.cut(&error))?;
        let top_level = state
            .lua
            .load(source.text.as_str())
            .set_name(format!("@{}", source.name))
            .set_mode(ChunkMode::Text)
            .into_function()
            .map_err(|error| source.cut(&error))?;
        state.run::<()>(top_level, ()).await?;
        if let Some(vu) = seat.vu {
            state.host.begin(own_seed(seat.seed, vu));
        }
        Ok(state)
    }

    fn empty(source: &Arc<Source>, host: Arc<Host>) -> mlua::Result<Self> {
        let lua = sandbox::new(&source.limits)?;
        host.guard.watch(&lua)?;
        let live = {
            let host = host.clone();
            lua.create_function(move |lua, ()| match host.guard.ended() {
                Some(end) => Err(host.guard.end(lua, end)),
                None => Ok(()),
            })?
        };
        let ended = {
            let host = host.clone();
            lua.create_function(move |_, ()| Ok(host.guard.ended().is_some()))?
        };
        let (guarded, seal) = sandbox::tame(&lua, live, ended)?;
        let exec = api::install(&api::Maker::new(&lua, &host, guarded))?;
        seal.call::<()>(())?;
        let builtin = functions::global(&lua)?;
        Ok(Self { lua, host, source: source.clone(), exec, builtin })
    }

    fn introduce(&self, seat: &Seat<'_>) -> mlua::Result<()> {
        let Some(vu) = seat.vu else { return Ok(()) };
        let id = match seat.role {
            Role::User => u64::from(vu.seat.process) + 1,
            Role::Caretaker | Role::Verifier => 0,
        };
        self.exec.raw_get::<Table>("vu")?.raw_set("id", id)?;
        self.lua.globals().raw_set("__VU", id)?;
        let scenario: Table = self.exec.raw_get("scenario")?;
        scenario.raw_set("name", vu.seat.workload_name.as_ref())?;
        let pace = seat.course.pace(vu.seat.workload);
        scenario.raw_set("executor", pace.map(|pace| pace.executor))
    }

    /// Tells the script which iteration it is in: `own` among those of the virtual
    /// user, `number` as the engine counts.
    pub(super) fn iteration(&self, own: u64, number: u64) -> Result<(), Cut> {
        self.host.iteration(own, number);
        let tell = || {
            self.exec.raw_get::<Table>("vu")?.raw_set("iteration", own)?;
            self.lua.globals().raw_set("__ITER", own)?;
            self.exec.raw_get::<Table>("scenario")?.raw_set("iteration", number)
        };
        tell().map_err(|error: mlua::Error| self.source.cut(&error))
    }

    /// What iterates the global function `name`: see `iterate.lua`.
    pub(super) fn iterator(&self, name: &str) -> Result<Function, Cut> {
        let make = || {
            let vu: Table = self.exec.raw_get("vu")?;
            let scenario: Table = self.exec.raw_get("scenario")?;
            let chunk = self.lua.load(include_str!("iterate.lua")).set_name("=bankrun");
            let maker: Function =
                chunk.set_mode(ChunkMode::Text).call((self.lua.globals(), vu, scenario))?;
            maker.call(name)
        };
        make().map_err(|error: mlua::Error| self.source.cut(&error))
    }

    /// Runs an iteration, numbered as in [`iteration`](Self::iteration).
    pub(super) async fn iterate(
        &self,
        iterator: &Function,
        (own, number): (u64, u64),
        data: &Value,
    ) -> Result<(), Cut> {
        self.host.iteration(own, number);
        self.run(iterator.clone(), (own, number, data)).await
    }

    /// Calls the global function `name`. Nothing happens when there is none.
    pub(super) async fn call<R>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<Option<R>, Cut>
    where
        R: FromLuaMulti,
    {
        let function: Value =
            self.lua.globals().raw_get(name).map_err(|error| self.source.cut(&error))?;
        match function {
            Value::Function(function) => self.run(function, arguments).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn run<R>(&self, function: Function, arguments: impl IntoLuaMulti) -> Result<R, Cut>
    where
        R: FromLuaMulti,
    {
        let guard = self.host.guard.clone();
        guard.rested();
        let result = match self.lua.create_thread(function) {
            Ok(thread) => match thread.into_async(arguments) {
                Ok(thread) => Guarded { thread, guard }.await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        if let Some(vu) = self.host.vu() {
            self.host.leave(vu, 0);
        }
        match self.host.guard.ended() {
            Some(end) => Err(self.ended(end)),
            None => result.map_err(|error| self.source.cut(&error)),
        }
    }

    fn ended(&self, end: End) -> Cut {
        let place = self.host.guard.place().unwrap_or_else(|| self.source.name.clone());
        match end {
            End::Stopped => Cut::Stopped,
            End::Busy => Cut::Error(format!(
                "{place}: the script computed for {:?} without a pause and was ended",
                self.host.guard.limit()
            )),
            End::Late => Cut::Error(format!(
                "{place}: setup, teardown and verify may take {:?} each; the script was ended",
                self.source.limits.caretaking
            )),
        }
    }

    /// Whether the state can be used again after a call ended like this.
    pub(super) fn survives<T>(&self, result: &Result<T, Cut>) -> bool {
        match result {
            Ok(_) => true,
            Err(Cut::Stopped) => false,
            Err(Cut::Error(_)) => {
                // What fills the memory is thrown away with the state.
                self.host.guard.ended().is_none()
                    && self.lua.used_memory() < self.source.limits.memory / 2
            }
        }
    }

    pub(super) fn value(&self, json: &Json) -> Result<Value, Cut> {
        json::to_lua(&self.lua, json).map_err(|error| self.source.cut(&error))
    }

    pub(super) fn json(&self, value: &Value) -> Result<Json, String> {
        json::from_lua(&self.lua, value)
    }

    pub(super) fn global(&self, name: &str) -> Result<Value, Cut> {
        self.lua.globals().raw_get(name).map_err(|error| self.source.cut(&error))
    }

    pub(super) fn functions(&self) -> Result<BTreeSet<String>, Cut> {
        let all = functions::global(&self.lua).map_err(|error| self.source.cut(&error))?;
        Ok(all.difference(&self.builtin).cloned().collect())
    }

    pub(super) fn lua(&self) -> &Lua {
        &self.lua
    }

    pub(super) fn early(&self) -> Vec<String> {
        std::mem::take(&mut *self.host.early())
    }
}

impl Source {
    pub(super) fn cut(&self, error: &mlua::Error) -> Cut {
        Cut::Error(trouble::describe(error, &self.name))
    }
}

/// The seed of one virtual user's random numbers, which have nothing in common
/// with its neighbour's.
fn own_seed(seed: u64, vu: &Vu) -> u64 {
    [vu.seat.workload as u64 + 1, u64::from(vu.seat.number) + 1].iter().fold(seed, |seed, part| {
        fastrand::Rng::with_seed(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)).u64(..)
    })
}
