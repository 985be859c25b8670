//! `random`, and `math.random` on the same stream: with the same seed a run
//! draws the same numbers.

use mlua::{Table, Value};

use super::Maker;
use super::data::Rows;
use super::maker::{Call, Refusal};

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let random = make.lua.create_table()?;
    random.raw_set("int", make.function("random.int", int)?)?;
    random.raw_set("pick", make.function("random.pick", pick)?)?;
    random.raw_set("shuffle", make.function("random.shuffle", shuffle)?)?;
    make.lua.globals().raw_set("random", random)?;

    let math: Table = make.lua.globals().raw_get("math")?;
    math.raw_set("random", make.function("math.random", like_lua)?)?;
    math.raw_set("randomseed", make.function("math.randomseed", |_| Ok(()))?)
}

fn int(mut call: Call) -> Result<i64, Refusal> {
    let low = call.arguments.integer("lo")?;
    let high = call.arguments.integer("hi")?;
    between(&call, low, high)
}

fn between(call: &Call, low: i64, high: i64) -> Result<i64, Refusal> {
    if low > high {
        return Err(call.arguments.refuse(format!("the range {low} to {high} is empty")));
    }
    Ok(call.host.dice().i64(low..=high))
}

fn pick(mut call: Call) -> Result<Value, Refusal> {
    let value = call.arguments.value();
    if let Some(rows) = value.as_userdata().and_then(|value| value.borrow::<Rows>().ok()) {
        if rows.len() == 0 {
            return Err(call.arguments.refuse("the list is empty"));
        }
        let place = call.host.dice().usize(1..=rows.len());
        return Ok(rows.row(&call.lua, place)?);
    }
    let Value::Table(list) = value else {
        return Err(call.arguments.wrong("the list", "a table", &value));
    };
    match list.raw_len() {
        0 => Err(call.arguments.refuse("the list is empty")),
        length => {
            let index = call.host.dice().usize(1..=length);
            Ok(list.raw_get(index)?)
        }
    }
}

/// Shuffles the list in place, and returns it.
fn shuffle(mut call: Call) -> Result<Table, Refusal> {
    let list = call.arguments.table("the list")?;
    for last in (2..=list.raw_len()).rev() {
        let other = call.host.dice().usize(1..=last);
        let (a, b): (Value, Value) = (list.raw_get(last)?, list.raw_get(other)?);
        list.raw_set(last, b)?;
        list.raw_set(other, a)?;
    }
    Ok(list)
}

/// `math.random()`, `math.random(m)`, `math.random(m, n)`, and `math.random(0)`
/// for all bits of an integer.
fn like_lua(mut call: Call) -> Result<Value, Refusal> {
    if call.arguments.is_empty() {
        return Ok(Value::Number(call.host.dice().f64()));
    }
    let first = call.arguments.integer("m")?;
    if call.arguments.is_empty() {
        return match first {
            0 => Ok(Value::Integer(call.host.dice().i64(..))),
            high => between(&call, 1, high).map(Value::Integer),
        };
    }
    let high = call.arguments.integer("n")?;
    between(&call, first, high).map(Value::Integer)
}
