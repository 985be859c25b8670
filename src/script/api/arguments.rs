use std::sync::Arc;
use std::time::Duration;

use mlua::{Integer, Lua, MultiValue, Table, Value};

use super::maker::Refusal;
use crate::model::{AccountId, Amount};
use crate::script::json;

/// Floats count in steps of one up to here.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// The arguments of one call, taken one after another.
#[derive(Debug)]
pub(super) struct Arguments {
    function: Arc<str>,
    values: MultiValue,
}

impl Arguments {
    pub(super) fn new(function: Arc<str>, values: MultiValue) -> Self {
        Self { function, values }
    }

    /// `http.get: ...`, as an error at the line of the call.
    pub(super) fn refuse(&self, cause: impl AsRef<str>) -> Refusal {
        let joint = if cause.as_ref().starts_with("cannot be called") { " " } else { ": " };
        Refusal::Message(format!("{}{joint}{}", self.function, cause.as_ref()))
    }

    /// The next argument; nil when there is none.
    pub(super) fn value(&mut self) -> Value {
        self.values.pop_front().unwrap_or(Value::Nil)
    }

    pub(super) fn rest(&mut self) -> MultiValue {
        std::mem::take(&mut self.values)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn account(&mut self) -> Result<AccountId, Refusal> {
        let value = self.value();
        match &value {
            Value::String(text) => match text.to_str() {
                Ok(text) if !text.trim().is_empty() => return Ok(AccountId::from(&*text)),
                _ => {}
            },
            value => {
                if let Some(number) = whole(value) {
                    return Ok(AccountId::new(number.to_string()));
                }
            }
        }
        Err(self.wrong("account", "a whole number or a text", &value))
    }

    pub(super) fn amount(&mut self) -> Result<Amount, Refusal> {
        let value = self.value();
        match whole(&value) {
            Some(amount) if amount > 0 => Ok(amount),
            _ => Err(self.wrong("amount", "a positive whole number", &value)),
        }
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Integer, Refusal> {
        let value = self.value();
        whole(&value).ok_or_else(|| self.wrong(name, "a whole number", &value))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Refusal> {
        let value = self.value();
        match &value {
            Value::String(text) => Ok(text.to_string_lossy()),
            _ => Err(self.wrong(name, "a text", &value)),
        }
    }

    pub(super) fn table(&mut self, name: &str) -> Result<Table, Refusal> {
        match self.value() {
            Value::Table(table) => Ok(table),
            value => Err(self.wrong(name, "a table", &value)),
        }
    }

    pub(super) fn optional_table(&mut self, name: &str) -> Result<Option<Table>, Refusal> {
        match self.value() {
            Value::Nil => Ok(None),
            Value::Table(table) => Ok(Some(table)),
            value => Err(self.wrong(name, "a table", &value)),
        }
    }

    pub(super) fn seconds(&mut self, name: &str) -> Result<Duration, Refusal> {
        let value = self.value();
        let seconds = match &value {
            Value::Integer(seconds) => Some(*seconds as f64),
            Value::Number(seconds) => Some(*seconds),
            _ => None,
        };
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| self.wrong(name, "a number of seconds", &value))
    }

    /// `bank.deposit: amount must be a positive whole number, not 1.5`
    pub(super) fn wrong(&self, name: &str, expected: &str, value: &Value) -> Refusal {
        self.refuse(format!("{name} must be {expected}, not {}", shown(value)))
    }
}

/// A whole number, also one that came out of a division.
fn whole(value: &Value) -> Option<Integer> {
    match value {
        Value::Integer(integer) => Some(*integer),
        Value::Number(number) if number.fract() == 0.0 && number.abs() <= LARGEST_EXACT => {
            Some(*number as Integer)
        }
        _ => None,
    }
}

/// Names and values of tags; numbers and truth values are welcome as values.
pub(super) fn tags(table: &Table) -> Result<Vec<(String, String)>, String> {
    let mut tags = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair.map_err(|error| error.to_string())?;
        let Value::String(name) = name else {
            return Err(format!("a tag is named by a text, not {}", shown(&name)));
        };
        let name = name.to_string_lossy();
        let value = match &value {
            Value::String(text) => text.to_string_lossy(),
            Value::Integer(_) | Value::Number(_) | Value::Boolean(_) => shown(&value),
            other => return Err(format!("the tag `{name}` is a text, not {}", shown(other))),
        };
        tags.push((name, value));
    }
    tags.sort();
    Ok(tags)
}

/// The value as Lua and JSON write it, cut where it is long.
pub(super) fn brief(lua: &Lua, value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = match value {
        Value::String(_) | Value::Table(_) => match json::from_lua(lua, value) {
            Ok(json) => json.to_string(),
            Err(_) => shown(value),
        },
        other => shown(other),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The value in a message: what is short as it is, else what kind it is.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "nil".into(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) => {
            let text = text.to_string_lossy();
            match text.chars().count() {
                0..=40 => format!("the text \"{text}\""),
                _ => format!("the text \"{}...\"", text.chars().take(37).collect::<String>()),
            }
        }
        other => format!("a {}", other.type_name()),
    }
}
