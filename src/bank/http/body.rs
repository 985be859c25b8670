use std::ops::{Deref, RangeInclusive};

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use thiserror::Error;

use super::budget::{Budget, Taken};
use super::error::HttpError;
use super::json::{BadJson, Object, Raw};
use super::service::Limits;

/// What is wrong with a body that did arrive.
#[derive(Debug, Error)]
pub(crate) enum BadBody {
    #[error("the body is empty; expected {0}")]
    Empty(&'static str),
    #[error("the body is no valid JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    #[error("the body is {found}; expected {expected}")]
    NotAnObject { found: String, expected: &'static str },
    #[error("`{0}` is there twice")]
    Duplicate(String),
    #[error("`{field}` is missing; expected {expected}")]
    Missing { field: &'static str, expected: &'static str },
    #[error("`{field}` must be a whole number from {} to {}, not {found}", range.start(), range.end())]
    NotInRange { field: String, range: RangeInclusive<i64>, found: String, code: &'static str },
    #[error("`fromUserId` and `toUserId` are the same account, {0}")]
    SameAccount(i64),
    #[error("{0}")]
    Reset(String),
}

impl BadBody {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Empty(_) | Self::Syntax(_) => "invalid_json",
            Self::NotAnObject { .. } | Self::Reset(_) => "invalid_body",
            Self::Duplicate(_) => "duplicate_field",
            Self::Missing { .. } => "missing_field",
            Self::SameAccount(_) => "same_account",
            Self::NotInRange { code, .. } => code,
        }
    }
}

/// A body that was read, and its part of the memory there is.
#[derive(Debug)]
pub(super) struct Text {
    bytes: Vec<u8>,
    taken: Taken,
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The whole body. A content type, where given, has to be JSON unless there is
/// no body.
pub(super) async fn read(
    request: &mut Request<Incoming>,
    limits: Limits,
    budget: &Budget,
) -> Result<Text, HttpError> {
    let body = request.body_mut();
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(HttpError::TooLarge { limit: limits.body_bytes });
    }
    let collected = collect(body, limits.body_bytes, budget);
    let collected = tokio::time::timeout(limits.body_time, collected).await;
    let text = collected.map_err(|_| HttpError::BodyTimeout(limits.body_time))??;
    match request.headers().get(CONTENT_TYPE) {
        Some(given) if !text.is_empty() && !is_json(given.as_bytes()) => {
            let given = String::from_utf8_lossy(given.as_bytes()).into_owned();
            Err(HttpError::UnsupportedMediaType(given))
        }
        _ => Ok(text),
    }
}

/// Takes memory as it comes, so that who announces much holds no more than it has
/// sent; copied, as pieces would keep the buffers they came in.
async fn collect(body: &mut Incoming, limit: usize, budget: &Budget) -> Result<Text, HttpError> {
    let mut text = Text { bytes: Vec::new(), taken: budget.nothing() };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpError::BodyBroken(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = text.bytes.len() + data.len();
        if length > limit {
            return Err(HttpError::TooLarge { limit });
        }
        if length > text.bytes.capacity() {
            let room = length.max(2 * text.bytes.capacity()).min(limit);
            if !text.taken.resize(room) {
                return Err(HttpError::NoMemory);
            }
            text.bytes.reserve_exact(room - text.bytes.len());
        }
        text.bytes.extend_from_slice(&data);
    }
    Ok(text)
}

fn is_json(content_type: &[u8]) -> bool {
    let content_type = String::from_utf8_lossy(content_type).to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A body that has to be a JSON object, such as `example`.
pub(super) fn object<'a>(bytes: &'a [u8], example: &'static str) -> Result<Object<'a>, BadBody> {
    if bytes.trim_ascii().is_empty() {
        return Err(BadBody::Empty(example));
    }
    let value = Raw::parse(bytes).map_err(|error| match error {
        BadJson::Syntax(error) => BadBody::Syntax(error),
        BadJson::Duplicate(key) => BadBody::Duplicate(key.chars().take(40).collect()),
    })?;
    let not_an_object = || BadBody::NotAnObject { found: value.describe(), expected: example };
    value.object().ok_or_else(not_an_object)
}

/// A field that has to be there, and a whole number within `range`.
pub(super) fn integer(
    object: &Object<'_>,
    field: &'static str,
    range: RangeInclusive<i64>,
    code: &'static str,
    example: &'static str,
) -> Result<i64, BadBody> {
    match object.get(field) {
        Some(value) => in_range(value, || field.to_owned(), range, code),
        None => Err(BadBody::Missing { field, expected: example }),
    }
}

/// A whole number within `range`; `field` is what to call it.
pub(super) fn in_range(
    value: Raw<'_>,
    field: impl FnOnce() -> String,
    range: RangeInclusive<i64>,
    code: &'static str,
) -> Result<i64, BadBody> {
    value.integer().filter(|number| range.contains(number)).ok_or_else(|| {
        let (field, found) = (field(), value.describe());
        BadBody::NotInRange { field, range, found, code }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_by_its_content_type() {
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/x+json"] {
            assert!(is_json(json.as_bytes()), "{json}");
        }
        for other in ["text/plain", "", "application/jsonp", "application/x-www-form-urlencoded"] {
            assert!(!is_json(other.as_bytes()), "{other}");
        }
    }
}
