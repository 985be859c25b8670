use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value};

use super::error::HttpError;
use super::service::{Facts, Reply, Service, json};
use crate::bank::ledger::StoreError;
use crate::bank::share::Share;

/// Who asks for health does not wait for the pool's whole patience.
const TIMEOUT: Duration = Duration::from_secs(2);

/// For how long the database is taken to be there once it has answered.
const FRESH: Duration = Duration::from_millis(500);

/// What this server says of itself.
#[derive(Debug)]
pub(crate) struct Health {
    facts: Map<String, Value>,
    text: Bytes,
    answered: Mutex<Option<Instant>>,
}

impl Health {
    pub(super) fn new(facts: &Facts, lose_answers: Share) -> Self {
        let facts: Map<String, Value> = [
            ("service", "bankrun".to_owned()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("mode", facts.mode.to_string()),
            ("database", facts.database.clone()),
            ("race_window", facts.race_window.to_string()),
            ("lose_answers", lose_answers.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
        let text = Value::Object(facts.clone()).to_string().into();
        Self { facts, text, answered: Mutex::default() }
    }

    fn is_fresh(&self) -> bool {
        let answered = self.answered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        answered.is_some_and(|when| when.elapsed() < FRESH)
    }

    fn note_answer(&self) {
        let mut answered = self.answered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *answered = Some(Instant::now());
    }
}

/// The answer of the last one who asked, where that was just now.
pub(super) fn fresh(service: &Service) -> Option<Reply> {
    let health = &service.health;
    health.is_fresh().then(|| json(StatusCode::OK, health.text.clone()))
}

/// `GET /health` -> `{"service":"bankrun","mode":"robust",...}`; 503 with the
/// same facts and an error when the database does not answer. It is asked twice
/// a second at most.
pub(super) async fn health(service: &Service) -> Reply {
    let health = &service.health;
    if let Some(reply) = fresh(service) {
        return reply;
    }
    let silent = || StoreError::Unavailable(format!("no answer within {TIMEOUT:?}"));
    let answer = tokio::time::timeout(TIMEOUT, service.ledger.ping()).await;
    match answer.unwrap_or_else(|_| Err(silent())) {
        Ok(()) => {
            health.note_answer();
            json(StatusCode::OK, health.text.clone())
        }
        Err(away @ StoreError::Unavailable(_)) => {
            HttpError::from(away).into_reply_with(health.facts.clone())
        }
        // Whatever is wrong with it: it does not do its work.
        Err(error) => {
            let away = StoreError::Unavailable(error.to_string());
            HttpError::from(away).into_reply_with(health.facts.clone())
        }
    }
}
