//! SQL in a file: a text, a list of texts, or either as `sql`.

use serde::Deserializer;
use serde::de::{Deserialize, Error};
use serde_yaml::{Mapping, Value};

const EXPECTED: &str = "expected SQL, as a text or a list of texts";

pub(super) fn reset<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    field("reset", from)
}

pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    field("read", from)
}

fn field<'de, D: Deserializer<'de>>(name: &str, from: D) -> Result<Option<String>, D::Error> {
    let sql = statements(Value::deserialize(from)?);
    sql.map(Some).map_err(|why| D::Error::custom(format!("`{name}`: {why}")))
}

fn statements(value: Value) -> Result<String, String> {
    match value {
        Value::String(sql) if !sql.trim().is_empty() => Ok(sql),
        Value::Sequence(all) if !all.is_empty() => {
            let texts = all.into_iter().map(statements).collect::<Result<Vec<_>, _>>()?;
            let texts = texts.iter().map(|text| text.trim_end().trim_end_matches(';'));
            Ok(texts.collect::<Vec<_>>().join("; "))
        }
        Value::Mapping(mapping) => of_mapping(mapping),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Sequence(_)
        | Value::Tagged(_) => Err(EXPECTED.to_owned()),
    }
}

fn of_mapping(mut mapping: Mapping) -> Result<String, String> {
    let sql = mapping.remove("sql").ok_or(EXPECTED)?;
    let Some((key, value)) = mapping.iter().next() else { return statements(sql) };
    let key = key.as_str().unwrap_or_default();
    if value.is_null() {
        // `{ sql: SELECT a, b }` has a key `b` of no value.
        return Err(format!(
            "a comma ends a value between {{ and }}, and `{key}` is not part of the SQL: put the \
             SQL in quotes, or write it without the braces"
        ));
    }
    Err(format!("unknown field `{key}`, expected `sql`"))
}
