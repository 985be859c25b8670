use serde_json::Value;

use super::Trouble;

/// The value that the text holds.
pub fn json(text: &str) -> Result<Value, Trouble> {
    serde_json::from_str(text).map_err(|error| {
        let cause = error.to_string();
        let end = cause.rfind(" at line ").unwrap_or(cause.len());
        Trouble { line: error.line() as u64, cause: cause[..end].to_owned(), hint: None }
    })
}
