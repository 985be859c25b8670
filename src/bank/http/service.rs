use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use prometheus::IntGauge;
use tokio::sync::Mutex;

use super::access::Access;
use super::answer::Answer;
use super::budget::Budget;
use super::error::HttpError;
use super::health::Health;
use super::losses::{AnswerLost, Losses};
use super::metrics::{Metrics, Observation};
use super::routes::Route;
use super::{accounts, health, openapi, operations, updates};
use crate::bank::ledger::{Ledger, Mode};
use crate::model::Pause;

pub(crate) type Reply = Response<Answer>;

/// What this server is, as `/health` tells it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) mode: Mode,
    /// `PostgreSQL 15.18`
    pub(crate) database: String,
    pub(crate) race_window: Pause,
    /// Where it listens.
    pub(crate) own: IpAddr,
}

/// How much a client may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) body_time: Duration,
    /// From the head of a request to its answer.
    pub(crate) request_time: Duration,
    /// Of all bodies and answers under way, in bytes.
    pub(crate) memory: usize,
}

/// No number of accounts.
pub(super) const UNKNOWN: usize = usize::MAX;

/// Everything a handler needs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(super) ledger: Ledger,
    access: Access,
    own: IpAddr,
    pub(super) health: Health,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    /// How many accounts there were when they were last set or read, or [`UNKNOWN`].
    pub(super) accounts: AtomicUsize,
    /// Held by who reads many of them.
    pub(super) reading: Mutex<()>,
    pub(super) losses: Losses,
    pub(super) metrics: Metrics,
    /// What it answers, as OpenAPI.
    openapi: Bytes,
}

impl Service {
    pub(crate) fn new(
        ledger: Ledger,
        access: Access,
        facts: Facts,
        limits: Limits,
        losses: Losses,
    ) -> Self {
        let (health, own) = (Health::new(&facts, losses.share()), facts.own);
        let openapi = openapi::document(limits).to_string().into();
        Self {
            ledger,
            access,
            own,
            health,
            limits,
            budget: Budget::new(limits.memory),
            accounts: AtomicUsize::new(UNKNOWN),
            reading: Mutex::new(()),
            losses,
            metrics: Metrics::new(),
            openapi,
        }
    }

    /// How many connections of clients are open, for whoever opens them to count.
    pub(crate) fn open_connections(&self) -> IntGauge {
        self.metrics.open_connections()
    }

    /// A client found no free connection.
    pub(crate) fn count_turned_away(&self) {
        self.metrics.count_turned_away();
    }

    /// Answers a request for which nothing is to be waited for, and one that is not
    /// as HTTP has it; `None`: it is for [`respond`](Self::respond). Counts as that
    /// does.
    pub(crate) fn respond_at_once(
        &self,
        request: &Request<Incoming>,
    ) -> Option<Result<Reply, AnswerLost>> {
        let path = request.uri().path();
        let route = Route::of(path);
        let answered = match (one_host(request), route) {
            (Err(bad), _) => Err(bad),
            (Ok(()), None) => Err(HttpError::NotFound(path.to_owned())),
            (Ok(()), Some(Route::Health)) if request.method() == Method::GET => {
                Ok(health::fresh(self)?)
            }
            (Ok(()), Some(_)) => return None,
        };
        let observed = self.metrics.observe(route, request.method());
        Some(self.settle(route, observed, answered))
    }

    /// Answers a request, whatever it is, and counts it; some answers are lost
    /// on purpose, after that.
    pub(crate) async fn respond(
        &self,
        request: &mut Request<Incoming>,
    ) -> Result<Reply, AnswerLost> {
        let path = request.uri().path().to_owned();
        let route = Route::of(&path);
        let observed = self.metrics.observe(route, request.method());
        let answered = match route {
            Some(route) => self.dispatch_in_time(route, request).await,
            None => Err(HttpError::NotFound(path.clone())),
        };
        self.settle(route, observed, answered)
    }

    fn settle(
        &self,
        route: Option<Route<'_>>,
        observed: Observation<'_>,
        answered: Result<Reply, HttpError>,
    ) -> Result<Reply, AnswerLost> {
        let reply = answered.unwrap_or_else(HttpError::into_reply);
        observed.finish(reply.status());
        if self.losses.take(route, reply.status()) {
            self.metrics.count_lost_answer();
            return Err(AnswerLost);
        }
        Ok(reply)
    }

    /// The last resort: all that a request waits for has limits of its own.
    /// What is given up in the middle is rolled back, unless COMMIT was on its
    /// way.
    async fn dispatch_in_time(
        &self,
        route: Route<'_>,
        request: &mut Request<Incoming>,
    ) -> Result<Reply, HttpError> {
        let limit = self.limits.request_time;
        let answered = tokio::time::timeout(limit, self.dispatch(route, request)).await;
        answered.unwrap_or_else(|_| {
            let overdue =
                if route.changes() { HttpError::OverdueUpdate } else { HttpError::Overdue };
            Err(overdue(limit))
        })
    }

    async fn dispatch(
        &self,
        route: Route<'_>,
        request: &mut Request<Incoming>,
    ) -> Result<Reply, HttpError> {
        if !route.allows(request.method()) {
            let (method, allow) = (request.method().clone(), route.allow());
            return Err(HttpError::MethodNotAllowed { method, allow });
        }
        if route.changes() {
            self.access.keep_out_pages(request, self.own)?;
        }
        if route.is_guarded() {
            self.access.admit(request, self.own)?;
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

/// HTTP/1.1 wants one `Host`, and no version two: who is on the way might have read
/// the other one.
fn one_host<B>(request: &Request<B>) -> Result<(), HttpError> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err(HttpError::BadHost("more than one")),
        (None, _) if request.version() >= Version::HTTP_11 => Err(HttpError::BadHost("none")),
        (None, _) | (Some(_), None) => Ok(()),
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: impl Into<Answer>) -> Reply {
    let mut reply = Reply::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}
