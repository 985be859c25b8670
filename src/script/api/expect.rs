//! `expect`: a check of one value, which remembers what it saw.

use mlua::{Function, Lua, Table, Value};

use super::Maker;
use super::arguments::{brief, shown};
use super::maker::{Call, Refusal};
use crate::facts::Mismatch;
use crate::script::json;

const OPERATORS: &str = "==, ~=, <, <=, >, >=, contains and matches";

/// Where `string.find` is kept from what a script does to `string`.
const FIND: &str = "bankrun.find";

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let string: Table = make.lua.globals().raw_get("string")?;
    make.lua.set_named_registry_value(FIND, string.raw_get::<Function>("find")?)?;
    make.lua.globals().raw_set("expect", make.function("expect", expect)?)
}

/// Returns whether it held.
fn expect(mut call: Call) -> Result<bool, Refusal> {
    let vu = call.vu()?;
    let actual = call.arguments.value();
    let operator = call.arguments.text("the operator")?;
    let expected = call.arguments.value();
    let held = holds(&call, &actual, &operator, &expected)?;
    let wanted = match operator.as_str() {
        "==" => brief(&call.lua, &expected),
        "!=" => format!("~= {}", brief(&call.lua, &expected)),
        operator => format!("{operator} {}", brief(&call.lua, &expected)),
    };
    let name = match call.arguments.is_empty() {
        false => call.arguments.text("the message")?,
        true => format!("{operator} {}", brief(&call.lua, &expected)),
    };
    let mismatch =
        (!held).then(|| Mismatch { expected: wanted, actual: brief(&call.lua, &actual) });
    call.host.check(&vu, &name, Vec::new(), mismatch);
    Ok(held)
}

fn holds(call: &Call, actual: &Value, operator: &str, expected: &Value) -> Result<bool, Refusal> {
    Ok(match operator {
        "==" => same(&call.lua, actual, expected)?,
        "~=" | "!=" => !same(&call.lua, actual, expected)?,
        "<" => order(actual, expected).is_some_and(|order| order.is_lt()),
        "<=" => order(actual, expected).is_some_and(|order| order.is_le()),
        ">" => order(actual, expected).is_some_and(|order| order.is_gt()),
        ">=" => order(actual, expected).is_some_and(|order| order.is_ge()),
        "contains" => contains(&call.lua, actual, expected)?,
        "matches" => {
            let Value::String(pattern) = expected else {
                return Err(call.arguments.wrong("the pattern", "a text", expected));
            };
            let Value::String(text) = actual else { return Ok(false) };
            let find: Function = call.lua.named_registry_value(FIND)?;
            let found = find.call::<Value>((text, pattern));
            let found = found.map_err(|_| {
                let pattern = pattern.to_string_lossy();
                call.arguments.refuse(format!("`{pattern}` is not a pattern of Lua"))
            })?;
            !found.is_nil()
        }
        other => {
            let cause = format!("there is no operator `{other}`; there are {OPERATORS}");
            return Err(call.arguments.refuse(cause));
        }
    })
}

/// As `==` has it, and tables also when they hold the same.
fn same(lua: &Lua, left: &Value, right: &Value) -> Result<bool, Refusal> {
    if left.equals(right)? {
        return Ok(true);
    }
    let (Value::Table(_), Value::Table(_)) = (left, right) else { return Ok(false) };
    Ok(match (json::from_lua(lua, left), json::from_lua(lua, right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    })
}

/// Numbers and texts have an order among their own kind.
fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => {
            Some(left.as_bytes().as_ref().cmp(right.as_bytes().as_ref()))
        }
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

/// A text has a part, a list an element.
fn contains(lua: &Lua, whole: &Value, part: &Value) -> Result<bool, Refusal> {
    match (whole, part) {
        (Value::String(_), Value::String(_)) => {
            let find: Function = lua.named_registry_value(FIND)?;
            Ok(!find.call::<Value>((whole, part, 1, true))?.is_nil())
        }
        (Value::Table(list), _) => {
            for item in list.sequence_values::<Value>() {
                if same(lua, &item?, part)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// What a check saw, which is often an answer.
pub(super) fn seen(lua: &Lua, value: &Value) -> String {
    let Value::Table(table) = value else { return shown(value) };
    let (status, body) = (table.raw_get::<Value>("status"), table.raw_get::<Value>("body"));
    match (status, body) {
        (Ok(Value::Integer(0)), _) => match table.raw_get::<Value>("error") {
            Ok(Value::String(error)) => error.to_string_lossy(),
            _ => "no answer".into(),
        },
        (Ok(Value::Integer(status)), Ok(Value::String(body))) => {
            format!("status {status}, body {}", brief(lua, &Value::String(body)))
        }
        _ => brief(lua, value),
    }
}
