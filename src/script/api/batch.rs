//! `http.batch`: several requests of one virtual user at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlua::{Lua, MultiValue, Table, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::arguments::{Arguments, shown};
use super::http::{Asked, answered, request};
use super::maker::{Call, Refusal};

/// At most so many requests of a batch are under way, as in k6.
const TOGETHER: usize = 20;
/// Of those, to one host.
const PER_HOST: usize = 6;
/// Requests of a batch.
const MOST: usize = 10_000;
const FIELDS: &str = "method, url, body and opts";

/// Results stand where their requests stood.
pub(super) async fn batch(mut call: Call) -> Result<Table, Refusal> {
    let requests = call.arguments.table("the requests")?;
    let vu = call.vu()?;
    let mut asked: Vec<(Value, Asked)> = Vec::new();
    for pair in requests.pairs::<Value, Value>() {
        let (key, entry) = pair?;
        if asked.len() == MOST {
            return Err(call.arguments.refuse(format!("a batch holds at most {MOST} requests")));
        }
        let arguments = arguments(&call.lua, &entry).map_err(|cause| {
            call.arguments.refuse(format!("request {} {cause}", position(&key)))
        })?;
        let (lua, host) = (call.lua.clone(), call.host.clone());
        let mut one = Call { lua, host, arguments };
        asked.push((key, request(&mut one, None, true)?));
    }
    // The keys of a table come in any order; a list is sent in its own.
    asked.sort_by_key(|(key, _)| key.as_integer().unwrap_or(i64::MAX));

    let together = Arc::new(Semaphore::new(TOGETHER));
    let mut hosts: BTreeMap<String, Arc<Semaphore>> = BTreeMap::new();
    let mut under_way = JoinSet::new();
    let mut urls = Vec::with_capacity(asked.len());
    for (index, (key, Asked { plain, url })) in asked.into_iter().enumerate() {
        let host = hosts.entry(origin(&url).to_owned());
        let host = host.or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))).clone();
        let (together, vu) = (together.clone(), vu.clone());
        urls.push((key, url));
        under_way.spawn(async move {
            // Never closed.
            let _of_host = host.acquire().await;
            let _of_all = together.acquire().await;
            (index, vu.request(plain).await)
        });
    }
    let results = call.lua.create_table()?;
    let mut stopped = false;
    while let Some(done) = under_way.join_next().await {
        match done {
            Ok((index, Ok(result))) => {
                let (key, url) = &urls[index];
                results.raw_set(key, answered(&call.lua, url, result)?)?;
            }
            // What was sent is awaited.
            Ok((_, Err(_))) => stopped = true,
            Err(panic) => return Err(call.arguments.refuse(panic.to_string())),
        }
    }
    if stopped { Err(Refusal::Stopped) } else { Ok(results) }
}

/// `{method, url, body, opts}`, the same by names, or a URL alone.
fn arguments(lua: &Lua, entry: &Value) -> Result<Arguments, String> {
    let [method, url, body, options] = match entry {
        Value::String(_) => [Value::Nil, entry.clone(), Value::Nil, Value::Nil],
        Value::Table(table) => fields(table)?,
        other => return Err(format!("must be a table or a URL, not {}", shown(other))),
    };
    let method = match method {
        Value::Nil => {
            lua.create_string("GET").map(Value::String).map_err(|error| error.to_string())?
        }
        method => method,
    };
    Ok(Arguments::new("http.batch".into(), MultiValue::from_iter([method, url, body, options])))
}

fn fields(table: &Table) -> Result<[Value; 4], String> {
    let mut fields = [Value::Nil, Value::Nil, Value::Nil, Value::Nil];
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|error| error.to_string())?;
        let index = match &key {
            Value::Integer(place @ 1..=4) => *place as usize - 1,
            Value::String(name) => match &*name.to_string_lossy() {
                "method" => 0,
                "url" => 1,
                "body" => 2,
                "opts" | "params" => 3,
                name => return Err(format!("has no field `{name}`; there are {FIELDS}")),
            },
            other => return Err(format!("has no field {}; there are {FIELDS}", shown(other))),
        };
        fields[index] = value;
    }
    Ok(fields)
}

fn position(key: &Value) -> String {
    match key {
        Value::String(name) => format!("`{}`", name.to_string_lossy()),
        other => shown(other),
    }
}

/// `http://localhost:3000` of a whole URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |end| end + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |end| host + end);
    &url[..end]
}
