use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::error::HttpError;
use super::service::{Reply, Service, json};
use crate::bank::ledger::StoreError;

/// Who asks for health does not wait for the pool's whole patience.
const TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /health` -> `{"service":"bankrun","mode":"robust",...}`; 503 with the
/// same facts and an error when the database does not answer.
pub(super) async fn health(service: &Service) -> Reply {
    let facts = facts(service);
    let silent = || StoreError::Unavailable(format!("no answer within {TIMEOUT:?}"));
    let answer = tokio::time::timeout(TIMEOUT, service.ledger.ping()).await;
    match answer.unwrap_or_else(|_| Err(silent())) {
        Ok(()) => json(StatusCode::OK, Value::Object(facts).to_string()),
        Err(away @ StoreError::Unavailable(_)) => HttpError::from(away).into_reply_with(facts),
        // Whatever is wrong with it: it does not do its work.
        Err(error) => {
            let away = StoreError::Unavailable(error.to_string());
            HttpError::from(away).into_reply_with(facts)
        }
    }
}

fn facts(service: &Service) -> Map<String, Value> {
    let facts = &service.facts;
    [
        ("service", "bankrun".to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("mode", facts.mode.to_string()),
        ("database", facts.database.clone()),
        ("race_window", facts.race_window.to_string()),
        ("lose_answers", service.losses.share().to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}
