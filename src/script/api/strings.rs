//! `string.find` and its kin, within the script's limits of time and memory.

use memchr::memmem;
use mlua::chunk::ChunkMode;
use mlua::{Function, Integer, IntoLua, Lua, MultiValue, Table, Value};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::script::patterns::{
    AFFORDABLE, Capture, Cost, Fault, Found, Matcher, Pattern, Replacement, is_plain,
};

/// A pattern that is matched here may have so many bytes.
const LONGEST_PATTERN: usize = 64 * 1024;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    install_within(make, AFFORDABLE)
}

/// `affordable`: the steps that Lua's own matcher is trusted with.
pub(super) fn install_within(make: &Maker<'_>, affordable: f64) -> mlua::Result<()> {
    remember_own(make.lua)?;
    let weigh = make.lua.create_function(|_, pattern: mlua::LuaString| {
        let pattern = pattern.as_bytes();
        let cost = match is_plain(&pattern) || pattern.len() > LONGEST_PATTERN {
            true => Cost::of_plain(&pattern),
            false => Cost::of_pattern(&pattern),
        };
        Ok((cost.power, cost.factor))
    })?;
    let functions: [Function; 5] = [
        make.function("string.find", |call| first(call, "find"))?,
        make.function("string.match", |call| first(call, "match"))?,
        make.function("string.gsub", replace)?,
        make.native("string.gsub", step)?,
        make.native("string.gsub", limit)?,
    ];
    let [find, matching, replace, step, limit] = functions;
    let chunk = make.lua.load(include_str!("strings.lua"));
    let chunk = chunk.set_name("=bankrun").set_mode(ChunkMode::Text);
    chunk.call((weigh, affordable, find, matching, replace, step, limit))
}

/// Lua looks up what its functions are called, for its messages, in a table of
/// all modules: there they stay under their names.
fn remember_own(lua: &Lua) -> mlua::Result<()> {
    let modules: Table = lua.named_registry_value("_LOADED")?;
    let own = lua.create_table()?;
    for pair in lua.globals().raw_get::<Table>("string")?.pairs::<Value, Value>() {
        let (name, function) = pair?;
        own.raw_set(name, function)?;
    }
    modules.raw_set("string", own)
}

/// `find(text, pattern, init, plain)` and `match(text, pattern, init)`.
fn first(mut call: Call, name: &str) -> Result<MultiValue, Refusal> {
    let (text, pattern) = (bytes(&mut call)?, bytes(&mut call)?);
    let init = call.arguments.value();
    let init = integer(&call, name, 3, &init, 1)?;
    let is_find = name == "find";
    let plain = call.arguments.value();
    let is_true = !matches!(plain, Value::Nil | Value::Boolean(false));
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let Some(from) = beginning(init, text.len()) else {
        return Ok(nothing());
    };
    if is_find && (is_true || is_plain(&pattern)) {
        let Some(at) = memmem::find(&text[from..], &pattern) else { return Ok(nothing()) };
        let start = from + at;
        let ends = [position(start), Value::Integer((start + pattern.len()) as Integer)];
        return Ok(MultiValue::from_iter(ends));
    }
    let pattern = compiled(&pattern, true)?;
    let mut matcher = Matcher::new(&pattern, &text, || call.host.guard.may_go_on());
    let told = |fault| told(&call, fault);
    let Some(found) = matcher.search(from, None).map_err(told)? else { return Ok(nothing()) };
    let captures = matcher.captures(found, !is_find).map_err(told)?;
    let mut values = MultiValue::with_capacity(captures.len() + 2);
    if is_find {
        values.push_back(position(found.start));
        values.push_back(Value::Integer(found.end as Integer));
    }
    for capture in captures {
        values.push_back(value(&call.lua, &text, capture)?);
    }
    Ok(values)
}

/// `step(text, pattern, at, last, how)`: where the next match begins, what comes
/// behind it, and its captures. `how`: for `gmatch`, `gsub`, or `index`, which
/// wants the first capture alone.
fn step(mut call: Call) -> Result<MultiValue, Refusal> {
    let (text, pattern) = (bytes(&mut call)?, bytes(&mut call)?);
    let (at, last) = (call.arguments.integer("at")?, call.arguments.integer("last")?);
    let how = call.arguments.text("how")?;
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let pattern = compiled(&pattern, how != "gmatch")?;
    let place = |position: Integer| usize::try_from(position - 1).ok();
    let mut matcher = Matcher::new(&pattern, &text, || call.host.guard.may_go_on());
    let told = |fault| told(&call, fault);
    let from = place(at).unwrap_or_default();
    let found = matcher.search(from, place(last)).map_err(told)?;
    let Some(found) = found else { return Ok(nothing()) };
    let captures = match how == "index" {
        true => vec![matcher.capture(found, 0).map_err(told)?],
        false => matcher.captures(found, true).map_err(told)?,
    };
    let mut values = MultiValue::with_capacity(captures.len() + 2);
    values.push_back(position(found.start));
    values.push_back(position(found.end));
    for capture in captures {
        values.push_back(value(&call.lua, &text, capture)?);
    }
    Ok(values)
}

/// `replace(text, pattern, with, most)`: the text, and how often.
fn replace(mut call: Call) -> Result<(mlua::LuaString, Integer), Refusal> {
    let (original, pattern) = (bytes(&mut call)?, bytes(&mut call)?);
    let with = bytes(&mut call)?;
    let most = call.arguments.integer("most")?;
    let (text, pattern, with) = (original.as_bytes(), pattern.as_bytes(), with.as_bytes());
    let pattern = compiled(&pattern, true)?;
    let mut matcher = Matcher::new(&pattern, &text, || call.host.guard.may_go_on());
    let told = |fault| told(&call, fault);
    let (mut out, mut at, mut last, mut count) = (Vec::new(), 0, None, 0);
    while count < most {
        let Some(Found { start, end }) = matcher.search(at, last).map_err(told)? else { break };
        out.extend_from_slice(&text[at..start]);
        let found = Found { start, end };
        Replacement(&with).write(&text, found, &matcher, &mut out).map_err(told)?;
        if out.len() > call.host.source.limits.memory {
            return Err(mlua::Error::MemoryError("not enough memory".to_owned()).into());
        }
        matcher.count(with.len()).map_err(told)?;
        (at, last, count) = (end, Some(end), count + 1);
        if pattern.is_anchored {
            break;
        }
    }
    if count == 0 {
        drop(text);
        return Ok((original, 0));
    }
    out.extend_from_slice(&text[at..]);
    Ok((call.lua.create_string(&out)?, count))
}

/// `limit(function, number, value, otherwise)`: a whole number that may be left
/// out.
fn limit(mut call: Call) -> Result<Integer, Refusal> {
    let function = call.arguments.text("the function")?;
    let number = call.arguments.integer("the number")?;
    let value = call.arguments.value();
    let otherwise = call.arguments.integer("the default")?;
    integer(&call, &function, number, &value, otherwise)
}

fn bytes(call: &mut Call) -> Result<mlua::LuaString, Refusal> {
    match call.arguments.value() {
        Value::String(text) => Ok(text),
        other => Err(call.arguments.wrong("the argument", "a text", &other)),
    }
}

fn integer(
    call: &Call,
    function: &str,
    number: Integer,
    value: &Value,
    otherwise: Integer,
) -> Result<Integer, Refusal> {
    if value.is_nil() {
        return Ok(otherwise);
    }
    let fault = match value {
        Value::Number(_) => "number has no integer representation".to_owned(),
        other => format!("number expected, got {}", other.type_name()),
    };
    call.lua.coerce_integer(value.clone())?.ok_or_else(|| {
        let name = format!("string.{function}");
        Refusal::Message(format!("bad argument #{number} to '{name}' ({fault})"))
    })
}

/// Where a search begins, from 0; negative numbers count from the end.
fn beginning(init: Integer, length: usize) -> Option<usize> {
    let from = match usize::try_from(init) {
        Ok(init) => init.saturating_sub(1),
        Err(_) => {
            let back = usize::try_from(init.unsigned_abs()).unwrap_or(usize::MAX);
            length.saturating_sub(back)
        }
    };
    (from <= length).then_some(from)
}

fn compiled(pattern: &[u8], takes_anchor: bool) -> Result<Pattern, Refusal> {
    match pattern.len() > LONGEST_PATTERN {
        true => {
            let limit = LONGEST_PATTERN >> 10;
            Err(Refusal::Message(format!("pattern too complex: it is longer than {limit} KiB")))
        }
        false => Ok(Pattern::new(pattern, takes_anchor)),
    }
}

fn told(call: &Call, fault: Fault) -> Refusal {
    match fault {
        Fault::Message(message) => Refusal::Message(message),
        Fault::Stopped => match call.host.guard.check(&call.lua) {
            Err(error) => Refusal::Lua(error),
            Ok(()) => Refusal::Message("the pattern was given up".to_owned()),
        },
    }
}

fn nothing() -> MultiValue {
    MultiValue::from_iter([Value::Nil])
}

/// As Lua counts, from 1.
fn position(at: usize) -> Value {
    Value::Integer(at as Integer + 1)
}

fn value(lua: &Lua, text: &[u8], capture: Capture) -> mlua::Result<Value> {
    match capture {
        Capture::Text(start, end) => lua.create_string(&text[start..end])?.into_lua(lua),
        Capture::Position(at) => Ok(position(at)),
    }
}
