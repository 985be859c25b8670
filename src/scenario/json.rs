//! From a script's table to a tree. There is no text, so nothing has a span.

use serde_json::Value as Json;

use super::position::Spot;
use super::reader::Reader;
use super::tree::{Entry, Node, Value};

const DEEPEST: usize = 64;
/// Floats count in steps of one up to here.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn tree(json: Json, reader: &mut Reader) -> Node {
    node(json, DEEPEST, reader)
}

fn node(json: Json, depth: usize, reader: &mut Reader) -> Node {
    let value = match json {
        _ if depth == 0 => {
            reader.report(Spot::default(), "options are nested too deeply", None);
            Value::Unreadable
        }
        Json::Null => Value::Nothing,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => number_value(&number),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => {
            Value::List(items.into_iter().map(|item| node(item, depth - 1, reader)).collect())
        }
        Json::Object(fields) => Value::Map(entries(fields, depth, reader)),
    };
    Node { span: None, value }
}

fn entries(fields: serde_json::Map<String, Json>, depth: usize, reader: &mut Reader) -> Vec<Entry> {
    fields
        .into_iter()
        .map(|(key, json)| Entry { key, key_span: None, value: node(json, depth - 1, reader) })
        .collect()
}

/// In a script `1000 / 2` is 500.0: a whole number is one, however it came to be.
fn number_value(number: &serde_json::Number) -> Value {
    if let Some(integer) = number.as_i128() {
        return Value::Integer(integer);
    }
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() <= LARGEST_EXACT => {
            Value::Integer(float as i128)
        }
        Some(float) => Value::Float(float),
        None => Value::Integer(i128::MAX),
    }
}
