use hyper::StatusCode;
use hyper::header::HeaderMap;
use percent_encoding::percent_decode_str;

use super::error::HttpError;
use super::service::{Reply, Service, json};
use crate::bank::ledger::{BadKey, Key, StoredAnswer};

pub(super) const KEY: &str = "idempotency-key";

/// `GET /operations/:key` -> what the update that carried this key was
/// answered, 404 when none was applied. While one is under way, that may still
/// change.
pub(super) async fn operation(service: &Service, key: &str) -> Result<Reply, HttpError> {
    let key = percent_decode_str(key).decode_utf8().map_err(|_| BadKey)?;
    let key: Key = key.parse()?;
    let answer = service.ledger.answer(&key).await?;
    answer.map(reply).ok_or(HttpError::UnknownOperation)
}

/// The key of an update, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<Key>, BadKey> {
    let mut given = headers.get_all(KEY).iter();
    let (first, second) = (given.next(), given.next());
    match (first, second) {
        (None, _) => Ok(None),
        (Some(key), None) => key.to_str().map_err(|_| BadKey)?.parse().map(Some),
        (Some(_), Some(_)) => Err(BadKey),
    }
}

/// How an update that was applied is answered, now or later.
pub(super) fn reply(answer: StoredAnswer) -> Reply {
    let StoredAnswer { balance, to_balance } = answer;
    let body = match to_balance {
        None => format!(r#"{{"newBalance":{balance}}}"#),
        Some(to) => format!(r#"{{"fromBalance":{balance},"toBalance":{to}}}"#),
    };
    json(StatusCode::OK, body)
}
