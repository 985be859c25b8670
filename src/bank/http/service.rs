use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};

use super::error::HttpError;
use super::health::Health;
use super::losses::{AnswerLost, Losses};
use super::metrics::Metrics;
use super::routes::Route;
use super::{accounts, health, openapi, operations, updates};
use crate::bank::ledger::{Ledger, Mode};
use crate::model::Pause;

pub(crate) type Reply = Response<Full<Bytes>>;

/// What this server is, as `/health` tells it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) mode: Mode,
    /// `PostgreSQL 15.18`
    pub(crate) database: String,
    pub(crate) race_window: Pause,
}

/// How much a client may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) body_time: Duration,
}

/// Everything a handler needs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(super) ledger: Ledger,
    pub(super) health: Health,
    pub(super) limits: Limits,
    pub(super) losses: Losses,
    pub(super) metrics: Metrics,
    /// What it answers, as OpenAPI.
    openapi: Bytes,
}

impl Service {
    pub(crate) fn new(ledger: Ledger, facts: Facts, limits: Limits, losses: Losses) -> Self {
        let health = Health::new(&facts, losses.share());
        let openapi = openapi::document(limits).to_string().into();
        Self { ledger, health, limits, losses, metrics: Metrics::new(), openapi }
    }

    /// Answers a request, whatever it is, and counts it; some answers are lost
    /// on purpose, after that.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Result<Reply, AnswerLost> {
        let path = request.uri().path().to_owned();
        let route = Route::of(&path);
        let observed = self.metrics.observe(route, request.method());
        let answered = match route {
            Some(route) => self.dispatch(route, request).await,
            None => Err(HttpError::NotFound(path.clone())),
        };
        let reply = answered.unwrap_or_else(HttpError::into_reply);
        observed.finish(reply.status());
        if self.losses.take(route, reply.status()) {
            self.metrics.count_lost_answer();
            return Err(AnswerLost);
        }
        Ok(reply)
    }

    async fn dispatch(
        &self,
        route: Route<'_>,
        request: Request<Incoming>,
    ) -> Result<Reply, HttpError> {
        if !route.allows(request.method()) {
            let (method, allow) = (request.method().clone(), route.allow());
            return Err(HttpError::MethodNotAllowed { method, allow });
        }
        match route {
            Route::Reset => accounts::reset(self, request).await,
            Route::Balance(account) => accounts::balance(self, account).await,
            Route::Deposit => updates::deposit(self, request).await,
            Route::Withdraw => updates::withdraw(self, request).await,
            Route::Transfer => updates::transfer(self, request).await,
            Route::Operation(key) => operations::operation(self, key).await,
            Route::Accounts => accounts::all(self).await,
            Route::Health => Ok(health::health(self).await),
            Route::OpenApi => Ok(json(StatusCode::OK, self.openapi.clone())),
            Route::Metrics => {
                let (pool, waiting) = (self.ledger.pool_state(), self.ledger.waiting());
                Ok(self.metrics.reply(pool, &self.ledger.counters(), waiting))
            }
        }
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut reply = Reply::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}
