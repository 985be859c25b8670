//! `exec`: who and where the script is. The state fills in what stays the same
//! for an iteration; the rest is worked out when it is asked for.

use mlua::{Function, Table, Value};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::script::guard::line_of_script;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<Table> {
    let lua = make.lua;
    let exec = lua.create_table()?;
    exec.raw_set("vu", lua.create_table()?)?;
    exec.raw_set("scenario", asked(make, make.function("exec.scenario", scenario)?)?)?;
    exec.raw_set("instance", asked(make, make.function("exec.instance", instance)?)?)?;
    let test = lua.create_table()?;
    test.raw_set("abort", make.function("exec.test.abort", abort)?)?;
    exec.raw_set("test", test)?;
    lua.globals().raw_set("exec", &exec)?;
    Ok(exec)
}

/// A table that asks for what it does not hold.
fn asked(make: &Maker<'_>, answer: Function) -> mlua::Result<Table> {
    let table = make.lua.create_table()?;
    let meta = make.lua.create_table()?;
    meta.raw_set("__index", answer)?;
    meta.raw_set("__metatable", false)?;
    table.set_metatable(Some(meta))?;
    Ok(table)
}

fn key(call: &mut Call) -> Option<String> {
    call.arguments.value();
    call.arguments.value().as_string().map(|key| key.to_string_lossy())
}

fn scenario(mut call: Call) -> Result<Value, Refusal> {
    match (key(&mut call).as_deref(), call.host.vu()) {
        (Some("progress"), Some(_)) => Ok(Value::Number(progress(&call).unwrap_or(0.0))),
        _ => Ok(Value::Nil),
    }
}

/// From 0 to 1: by iterations where their number is known, else by the time.
fn progress(call: &Call) -> Option<f64> {
    let vu = call.host.vu()?;
    let pace = call.host.course.pace(vu.seat.workload)?;
    let done = match pace.iterations {
        Some(0) => 1.0,
        Some(all) => vu.tally().iterations_done(vu.seat.workload) as f64 / all as f64,
        None => {
            let since = vu.clock().now().saturating_sub(pace.start);
            since.as_secs_f64() / pace.limit.as_secs_f64().max(f64::MIN_POSITIVE)
        }
    };
    Some(done.clamp(0.0, 1.0))
}

fn instance(mut call: Call) -> Result<Value, Refusal> {
    let count = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    Ok(match (key(&mut call).as_deref(), call.host.vu()) {
        (Some("vus_active"), Some(vu)) => count(vu.tally().vus_active()),
        (Some("iterations_completed"), Some(vu)) => count(vu.tally().standing().iterations),
        _ => Value::Nil,
    })
}

/// Does not return: the run is over.
fn abort(mut call: Call) -> Result<(), Refusal> {
    let message = match call.arguments.is_empty() {
        true => "exec.test.abort()".to_owned(),
        false => call.arguments.text("message")?,
    };
    let vu = call.vu()?;
    let place = line_of_script(&call.lua).unwrap_or_else(|| call.host.source.name.clone());
    vu.abort(format!("{place}: {message}"));
    Err(Refusal::Stopped)
}
