//! Between JSON and Lua. Integers stay exact; a whole number is one, however
//! it came to be (`10 / 2` is 5.0 in Lua); keys are sorted.

use mlua::{IntoLua, Lua, LuaSerdeExt, Table, Value};
use serde_json::{Map, Number, Value as Json};

const DEEPEST: usize = 100;
/// Floats count in steps of one up to here.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A `null` inside of a list is `json.null`; elsewhere it is nil.
pub(super) fn to_lua(lua: &Lua, json: &Json) -> mlua::Result<Value> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => text.as_str().into_lua(lua)?,
        Json::Array(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in (1..).zip(items) {
                let item = if item.is_null() { lua.null() } else { to_lua(lua, item)? };
                table.raw_set(index, item)?;
            }
            table.set_metatable(Some(lua.array_metatable()))?;
            Value::Table(table)
        }
        Json::Object(fields) => {
            let table = lua.create_table_with_capacity(0, fields.len())?;
            for (name, value) in fields {
                table.raw_set(name.as_str(), to_lua(lua, value)?)?;
            }
            Value::Table(table)
        }
    })
}

/// The error completes a sentence that begins with what the value is.
pub(super) fn from_lua(lua: &Lua, value: &Value) -> Result<Json, String> {
    convert(lua, value, DEEPEST)
}

fn convert(lua: &Lua, value: &Value, depth: usize) -> Result<Json, String> {
    match value {
        _ if depth == 0 => Err("is nested too deeply, or contains itself".into()),
        Value::Nil => Ok(Json::Null),
        value if value.is_null() => Ok(Json::Null),
        Value::Boolean(value) => Ok(Json::Bool(*value)),
        Value::Integer(integer) => Ok(Json::from(*integer)),
        Value::Number(number) => number_to_json(*number),
        Value::String(text) => match text.to_str() {
            Ok(text) => Ok(Json::from(&*text)),
            Err(_) => Err("contains a string that is not UTF-8".into()),
        },
        Value::Table(table) => table_to_json(lua, table, depth),
        other => Err(format!("contains a {}, which JSON does not have", other.type_name())),
    }
}

fn number_to_json(number: f64) -> Result<Json, String> {
    if number.fract() == 0.0 && number.abs() <= LARGEST_EXACT {
        return Ok(Json::from(number as i64));
    }
    let json = Number::from_f64(number).map(Json::Number);
    json.ok_or_else(|| format!("contains {number}, which JSON does not have"))
}

fn table_to_json(lua: &Lua, table: &Table, depth: usize) -> Result<Json, String> {
    let mut entries: Vec<(Value, Value)> = Vec::new();
    let walked = table.for_each(|key, value| {
        entries.push((key, value));
        Ok(())
    });
    walked.map_err(|error| error.to_string())?;
    let mut fields = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        fields.push((key, convert(lua, &value, depth - 1)?));
    }
    let length = fields.len();
    let position = |key: &Value| {
        let index = usize::try_from(key.as_integer()?).ok()?.checked_sub(1)?;
        (index < length).then_some(index)
    };
    let is_list = match length {
        0 => table.metatable().is_some_and(|meta| meta == lua.array_metatable()),
        _ => fields.iter().all(|(key, _)| position(key).is_some()),
    };
    if is_list {
        // Each position is there once: there are as many keys as positions.
        let mut items = vec![Json::Null; length];
        for (key, item) in fields {
            if let Some(place) = position(&key).and_then(|index| items.get_mut(index)) {
                *place = item;
            }
        }
        return Ok(Json::Array(items));
    }
    let mut named = Vec::with_capacity(length);
    for (key, value) in fields {
        named.push((name(&key)?, value));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Json::Object(named.into_iter().collect::<Map<_, _>>()))
}

fn name(key: &Value) -> Result<String, String> {
    match key {
        Value::Integer(integer) => Ok(integer.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err("contains a key that is not UTF-8".into()),
        },
        other => Err(format!("contains a key that is a {}", other.type_name())),
    }
}

/// The value at `a.b[0].c`; an index into a list counts from 0, as in k6.
pub(super) fn at<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    let mut here = json;
    let is_root = path == "$" || path.starts_with("$.") || path.starts_with("$[");
    let path = if is_root { &path[1..] } else { path };
    for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        here = match here {
            Json::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            Json::Object(fields) => fields.get(part)?,
            _ => return None,
        };
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn there_and_back(json: &Json) -> Json {
        let lua = Lua::new();
        let value = to_lua(&lua, json).expect("a value");
        from_lua(&lua, &value).expect("JSON")
    }

    fn json_of(code: &str) -> Result<Json, String> {
        let lua = Lua::new();
        let value: Value = lua.load(code).eval().expect("a value");
        from_lua(&lua, &value)
    }

    #[test]
    fn what_goes_to_lua_comes_back() {
        for json in [
            json!({ "a": [1, 2, { "b": "c" }], "empty": [], "none": {} }),
            json!([9_007_199_254_740_993_i64, i64::MIN, 1.5, true]),
            json!([1, null, 3, null]),
            json!("text"),
        ] {
            assert_eq!(there_and_back(&json), json);
        }
    }

    #[test]
    fn tables_become_what_they_look_like() {
        let cases = [
            ("{ 10, 20 }", json!([10, 20])),
            ("{}", json!({})),
            ("{ b = 1, a = 2, c = 10 / 2 }", json!({ "a": 2, "b": 1, "c": 5 })),
            ("{ [1] = 1, [3] = 3 }", json!({ "1": 1, "3": 3 })),
            ("{ 1, x = 2 }", json!({ "1": 1, "x": 2 })),
        ];
        for (code, json) in cases {
            assert_eq!(json_of(code), Ok(json), "{code}");
        }
    }

    #[test]
    fn what_json_does_not_have_is_an_error() {
        let cases = [
            ("{ print }", "contains a function"),
            ("0 / 0", "contains NaN"),
            ("'\\xff'", "not UTF-8"),
            ("(function() local t = {} t.t = t return t end)()", "contains itself"),
        ];
        for (code, error) in cases {
            assert!(json_of(code).expect_err(code).contains(error), "{code}");
        }
    }

    #[test]
    fn paths_find_values() {
        let json = json!({ "a": { "b": [{ "c": 7 }] } });
        assert_eq!(at(&json, "a.b[0].c"), Some(&json!(7)));
        assert_eq!(at(&json, "a.b.0.c"), Some(&json!(7)));
        assert_eq!(at(&json, ""), Some(&json));
        assert_eq!(at(&json, "$.a.b[0].c"), Some(&json!(7)));
        assert_eq!(at(&json, "a.b[1].c"), None);
        assert_eq!(at(&json, "a.x.y"), None);
    }
}
