use std::future::Future;
use std::sync::Arc;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value};

use super::arguments::Arguments;
use crate::engine::{Stopped, Vu};
use crate::script::guard::End;
use crate::script::host::Host;

/// Makes the host's functions for one state.
#[derive(Debug)]
pub(in crate::script) struct Maker<'a> {
    pub(super) lua: &'a Lua,
    pub(super) host: &'a Arc<Host>,
    guarded: Function,
}

/// Why a function of the host did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The caller's mistake; the message names the function.
    Message(String),
    /// The run was stopped, and with it the script.
    Stopped,
    Lua(mlua::Error),
}

/// One call of a function of the host.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) lua: Lua,
    pub(super) host: Arc<Host>,
    pub(super) arguments: Arguments,
}

impl<'a> Maker<'a> {
    pub(in crate::script) fn new(lua: &'a Lua, host: &'a Arc<Host>, guarded: Function) -> Self {
        Self { lua, host, guarded }
    }

    /// A function that answers at once. `name` is what messages call it.
    pub(super) fn function<R>(
        &self,
        name: impl Into<Arc<str>>,
        body: impl Fn(Call) -> Result<R, Refusal> + Send + 'static,
    ) -> mlua::Result<Function>
    where
        R: IntoLuaMulti,
    {
        self.guarded.call(self.native(name, body)?)
    }

    /// The same for Lua of our own: it answers with true and its results, or with
    /// false and a message.
    pub(super) fn native<R>(
        &self,
        name: impl Into<Arc<str>>,
        body: impl Fn(Call) -> Result<R, Refusal> + Send + 'static,
    ) -> mlua::Result<Function>
    where
        R: IntoLuaMulti,
    {
        let name = name.into();
        let host = self.host.clone();
        self.lua.create_function(move |lua, values: MultiValue| {
            let call = Call::new(&name, lua, &host, values);
            settle(lua, &host, true, body(call))
        })
    }

    /// A function that waits for something.
    pub(super) fn waiting<R, F>(
        &self,
        name: impl Into<Arc<str>>,
        body: impl Fn(Call) -> F + Send + 'static,
    ) -> mlua::Result<Function>
    where
        R: IntoLuaMulti,
        F: Future<Output = Result<R, Refusal>> + Send + 'static,
    {
        self.guarded.call(self.native_waiting(name, true, body)?)
    }

    /// The same; what it answers with, `make` makes its result of. The first of it
    /// is neither nil nor false; up to two values go the fast way.
    pub(super) fn waiting_to<R, F>(
        &self,
        make: &Function,
        name: impl Into<Arc<str>>,
        body: impl Fn(Call) -> F + Send + 'static,
    ) -> mlua::Result<Function>
    where
        R: IntoLuaMulti,
        F: Future<Output = Result<R, Refusal>> + Send + 'static,
    {
        self.guarded.call((self.native_waiting(name, false, body)?, make))
    }

    fn native_waiting<R, F>(
        &self,
        name: impl Into<Arc<str>>,
        marked: bool,
        body: impl Fn(Call) -> F + Send + 'static,
    ) -> mlua::Result<Function>
    where
        R: IntoLuaMulti,
        F: Future<Output = Result<R, Refusal>> + Send + 'static,
    {
        let name = name.into();
        let host = self.host.clone();
        self.lua.create_async_function(move |lua, values: MultiValue| {
            let host = host.clone();
            // Lua moves what it holds, and this is large.
            let answer = Box::pin(body(Call::new(&name, &lua, &host, values)));
            async move {
                host.guard.check(&lua)?;
                let answer = answer.await;
                host.guard.rested();
                settle(&lua, &host, marked, answer)
            }
        })
    }
}

/// The results, behind `true` if `marked`, or `false` and a message: see
/// `sandbox.lua`.
fn settle<R>(
    lua: &Lua,
    host: &Host,
    marked: bool,
    answer: Result<R, Refusal>,
) -> mlua::Result<MultiValue>
where
    R: IntoLuaMulti,
{
    match answer {
        Ok(results) => {
            let mut results = results.into_lua_multi(lua)?;
            if marked {
                results.push_front(Value::Boolean(true));
            }
            Ok(results)
        }
        Err(Refusal::Message(message)) => (false, message).into_lua_multi(lua),
        Err(Refusal::Stopped) => Err(host.guard.end(lua, End::Stopped)),
        Err(Refusal::Lua(error)) => Err(error),
    }
}

impl Call {
    fn new(name: &Arc<str>, lua: &Lua, host: &Arc<Host>, values: MultiValue) -> Self {
        Self {
            lua: lua.clone(),
            host: host.clone(),
            arguments: Arguments::new(name.clone(), values),
        }
    }

    /// The virtual user. There is none in the top level of a script.
    pub(super) fn vu(&self) -> Result<Arc<Vu>, Refusal> {
        self.host.vu().cloned().ok_or_else(|| {
            self.arguments.refuse(
                "cannot be called in the top level of a script, which only prepares; call it in default(), setup() or teardown()",
            )
        })
    }
}

impl From<Stopped> for Refusal {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<mlua::Error> for Refusal {
    fn from(error: mlua::Error) -> Self {
        Self::Lua(error)
    }
}
