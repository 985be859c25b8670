//! Values that several commands take.

use std::time::Duration;

use crate::model::parse_duration;

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a length of time such as 500ms or 5s".to_owned())
}

/// Looks that follow each other more closely would be a load of their own.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_millis(10) {
        return Err("at least 10ms".to_owned());
    }
    Ok(interval)
}
