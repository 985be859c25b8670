//! What a request carries.

use bytes::Bytes;
use mlua::{Lua, Table, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::arguments::shown;
use crate::script::json;

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Escaped in a form: all but what browsers leave as it is.
const FIELD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// The body, and the content type that goes with it: a text is sent as it is, a
/// table as JSON or as a form. The error completes `http.post: `.
pub(super) fn encode(
    lua: &Lua,
    body: &Value,
    as_form: bool,
) -> Result<(Bytes, Option<&'static str>), String> {
    match body {
        Value::Nil => Ok((Bytes::new(), None)),
        Value::String(text) => {
            Ok((Bytes::copy_from_slice(&text.as_bytes()), as_form.then_some(FORM)))
        }
        Value::Table(table) if as_form => Ok((form(table)?.into(), Some(FORM))),
        Value::Table(_) => {
            let json = json::from_lua(lua, body).map_err(|cause| format!("the body {cause}"))?;
            Ok((json.to_string().into(), Some(JSON)))
        }
        value => Err(format!("body must be a text or a table, not {}", shown(value))),
    }
}

/// Fields sorted by name; of a list, the name once for each value.
fn form(table: &Table) -> Result<String, String> {
    let mut fields = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair.map_err(|error| error.to_string())?;
        let name = text(&name).ok_or("the fields of a form have names")?;
        match &value {
            Value::Table(list) => {
                for item in list.sequence_values::<Value>() {
                    let item = item.map_err(|error| error.to_string())?;
                    fields.push((name.clone(), field(&name, &item)?));
                }
            }
            value => fields.push((name.clone(), field(&name, value)?)),
        }
    }
    // A list keeps its order.
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

fn field(name: &str, value: &Value) -> Result<String, String> {
    text(value)
        .ok_or_else(|| format!("the field `{name}` of a form is a text, not {}", shown(value)))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string_lossy()),
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) => Some(shown(value)),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, FIELD).to_string().replace("%20", "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_as_browsers_do() {
        let lua = Lua::new();
        let form = |code: &str| form(&lua.load(code).eval::<Table>().expect("a table"));
        assert_eq!(
            form("return { b = 'x y&z', a = { 2, 1 }, c = true, ['ä'] = 1.5 }"),
            Ok("a=2&a=1&b=x+y%26z&c=true&%C3%A4=1.5".into())
        );
        assert_eq!(
            form("return { a = print }"),
            Err("the field `a` of a form is a text, not a function".into())
        );
    }
}
