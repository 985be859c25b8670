use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use mlua::{Lua, Table, Value};
use tokio::sync::Mutex;

use super::api::response::{response, whole_url};
use super::functions::{AFTER_RESPONSE, BEFORE_REQUEST};
use super::program::Shared;
use super::state::{Role, State};
use crate::engine::{Answer, Behaviour, BoxFuture, Cut, Ended, Hooks, Prepared, Vu, WireRequest};
use crate::model::AccountId;

/// The hooks of one virtual user, in a state of its own.
#[derive(Debug)]
pub(super) struct VuHooks {
    shared: Arc<Shared>,
    state: Mutex<Option<State>>,
    iteration: AtomicU64,
    /// How many iterations it began.
    begun: AtomicU64,
}

/// Planned iterations whose hooks know which one it is.
pub(super) struct Hooked {
    inner: Box<dyn Behaviour>,
    hooks: Arc<VuHooks>,
}

impl VuHooks {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            state: Mutex::default(),
            iteration: AtomicU64::new(0),
            begun: AtomicU64::new(0),
        }
    }

    async fn state(&self, vu: &Arc<Vu>) -> Result<State, Cut> {
        let state = match self.state.lock().await.take() {
            Some(state) => state,
            None => self.shared.state(vu, Role::User).await?,
        };
        let own = self.begun.load(Ordering::Relaxed).saturating_sub(1);
        state.iteration(own, self.iteration.load(Ordering::Relaxed))?;
        Ok(state)
    }

    async fn keep<T>(&self, state: State, result: Result<T, Cut>) -> Result<T, Cut> {
        if state.survives(&result) {
            *self.state.lock().await = Some(state);
        }
        result
    }

    fn context(&self, lua: &Lua, vu: &Vu, prepared: &Prepared) -> mlua::Result<Table> {
        let context = lua.create_table()?;
        context.raw_set("vu", u64::from(vu.seat.process) + 1)?;
        context.raw_set("iteration", self.iteration.load(Ordering::Relaxed))?;
        context.raw_set("scenario", vu.seat.workload_name.as_ref())?;
        context.raw_set("operation", prepared.name.as_ref())?;
        if let Some(call) = &prepared.call {
            context.raw_set("account", call.account().map(AccountId::as_str))?;
            context.raw_set("amount", call.delta().unsigned_abs())?;
        }
        Ok(context)
    }

    async fn before(
        &self,
        state: &State,
        vu: &Vu,
        prepared: &Prepared,
        request: &WireRequest,
    ) -> Result<WireRequest, Cut> {
        let source = self.shared.script.source();
        let prepare =
            |lua: &Lua| Ok((table(lua, prepared, request)?, self.context(lua, vu, prepared)?));
        let (given, context) =
            prepare(state.lua()).map_err(|error: mlua::Error| source.cut(&error))?;
        let returned: Option<Value> = state.call(BEFORE_REQUEST, (given.clone(), context)).await?;
        let changed = match returned {
            None | Some(Value::Nil) => given,
            Some(Value::Table(table)) => table,
            Some(other) => {
                return Err(Cut::Error(format!(
                    "{}: before_request returns the request or nothing, not a {}",
                    source.name,
                    other.type_name()
                )));
            }
        };
        read(&changed, state)
            .map_err(|cause| Cut::Error(format!("{}: before_request: {cause}", source.name)))
    }
}

impl Hooks for VuHooks {
    fn before_request<'a>(
        &'a self,
        vu: &'a Arc<Vu>,
        prepared: &'a Prepared,
        request: WireRequest,
    ) -> BoxFuture<'a, Result<WireRequest, Cut>> {
        Box::pin(async move {
            if !self.shared.script.has(BEFORE_REQUEST) {
                return Ok(request);
            }
            let state = self.state(vu).await?;
            let result = self.before(&state, vu, prepared, &request).await;
            self.keep(state, result).await
        })
    }

    fn after_response<'a>(
        &'a self,
        vu: &'a Arc<Vu>,
        prepared: &'a Prepared,
        request: &'a WireRequest,
        answer: &'a Answer,
        ended: Ended,
    ) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            if !self.shared.script.has(AFTER_RESPONSE) {
                return Ok(());
            }
            let state = self.state(vu).await?;
            let prepare = |lua: &Lua| {
                let url = whole_url(vu.service().target(), &request.path);
                let answer = response(lua, &url, Ok(answer), ended.took, ended.outcome)?;
                Ok((table(lua, prepared, request)?, answer, self.context(lua, vu, prepared)?))
            };
            let arguments = prepare(state.lua())
                .map_err(|error: mlua::Error| self.shared.script.source().cut(&error));
            let result = match arguments {
                Ok(arguments) => state.call::<()>(AFTER_RESPONSE, arguments).await.map(drop),
                Err(cut) => Err(cut),
            };
            self.keep(state, result).await
        })
    }
}

impl Hooked {
    pub(super) fn new(inner: Box<dyn Behaviour>, hooks: Arc<VuHooks>) -> Self {
        Self { inner, hooks }
    }
}

impl Behaviour for Hooked {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>> {
        self.hooks.iteration.store(number, Ordering::Relaxed);
        self.hooks.begun.fetch_add(1, Ordering::Relaxed);
        self.inner.iterate(vu, number)
    }
}

fn table(lua: &Lua, prepared: &Prepared, request: &WireRequest) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("method", request.method.as_str())?;
    table.raw_set("path", request.path.as_str())?;
    table.raw_set("headers", lua.create_table_from(request.headers.clone())?)?;
    table.raw_set("body", lua.create_string(&request.body)?)?;
    table.raw_set("operation", prepared.name.as_ref())?;
    Ok(table)
}

/// The request a hook left; the error names the field.
fn read(table: &Table, state: &State) -> Result<WireRequest, String> {
    let text = |name: &str| match table.raw_get::<Value>(name) {
        Ok(Value::String(text)) => Ok(text.to_string_lossy()),
        Ok(other) => Err(format!("`{name}` is a text, not a {}", other.type_name())),
        Err(error) => Err(error.to_string()),
    };
    let body = match table.raw_get::<Value>("body").map_err(|error| error.to_string())? {
        Value::Nil => Bytes::new(),
        Value::String(text) => Bytes::copy_from_slice(&text.as_bytes()),
        value @ Value::Table(_) => {
            let json = state.json(&value).map_err(|cause| format!("`body` {cause}"))?;
            json.to_string().into()
        }
        other => return Err(format!("`body` is a text or a table, not a {}", other.type_name())),
    };
    let headers = match table.raw_get::<Value>("headers").map_err(|error| error.to_string())? {
        Value::Nil => BTreeMap::new(),
        Value::Table(headers) => super::api::http::headers(&headers)?,
        other => return Err(format!("`headers` is a table, not a {}", other.type_name())),
    };
    Ok(WireRequest { method: text("method")?, path: text("path")?, headers, body })
}
