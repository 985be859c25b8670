use std::borrow::Borrow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, COOKIE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use tokio::sync::mpsc::UnboundedSender;

use super::coding::decoded;
use super::connection::Connection;
use super::cookies::Cookies;
use super::debug::Tracer;
use super::location::Address;
use super::origin::credentials_in;
use super::redirect::{Reach, Trail, is_redirect};
use super::transport::Settings;
use super::wire::Added;
use super::{Answer, Origin, Target, TransportError};
use crate::facts::Event;

/// Where the connection to the target is.
const TARGET: usize = 0;
/// Connections to other origins at most; the oldest makes room.
const OTHERS: usize = 32;

/// Sends requests, one at a time: over one connection to each origin, with the
/// cookies that were set, along redirects.
#[derive(Debug)]
pub struct Client {
    target: Target,
    settings: Arc<Settings>,
    timeout: Duration,
    /// The target's, then those to other origins.
    connections: Vec<Connection>,
    /// Those of the virtual user, which may have several clients.
    cookies: Cookies,
    /// What the request under way gets on its way.
    added: Added,
    tracer: Option<Tracer>,
}

impl Client {
    pub(super) fn new(target: Target, timeout: Duration, settings: Arc<Settings>) -> Self {
        let connections = vec![Connection::new(target.origin().clone())];
        let (cookies, added) = (Cookies::default(), Added::new());
        Self { target, settings, timeout, connections, cookies, added, tracer: None }
    }

    /// With cookies that other clients know as well.
    pub fn sharing(self, cookies: &Cookies) -> Self {
        Self { cookies: cookies.clone(), ..self }
    }

    /// Tells of every exchange, where `--http-debug` asks for it.
    pub fn traced(mut self, events: &UnboundedSender<Event>) -> Self {
        self.tracer = self.settings.debug.map(|how| {
            let numbers = self.settings.traced.clone();
            Tracer { how, events: events.clone(), numbers }
        });
        self
    }

    /// Opens the connection to the target, so that a request that follows is
    /// only a request.
    pub async fn connect(&mut self) -> Result<(), TransportError> {
        self.open(TARGET, self.timeout).await
    }

    /// The same for wherever the request will go, within `timeout` at most.
    pub async fn connect_for<B>(
        &mut self,
        request: &Request<B>,
        timeout: Duration,
    ) -> Result<(), TransportError> {
        let at = self.connection_for(request.uri())?;
        self.open(at, timeout).await
    }

    /// Sends the request, to the target unless its URL is absolute, and awaits
    /// the whole answer: the last one, where redirects are followed.
    pub async fn send(
        &mut self,
        request: impl Borrow<Request<Bytes>>,
    ) -> Result<Answer, TransportError> {
        self.follow(self.timeout, request.borrow(), Reach::Anywhere).await
    }

    /// [`send`](Self::send) with a patience of its own.
    pub async fn send_within(
        &mut self,
        timeout: Duration,
        request: &Request<Bytes>,
    ) -> Result<Answer, TransportError> {
        self.follow(timeout, request, Reach::Anywhere).await
    }

    /// [`send`](Self::send) what must not reach anybody else: a redirect to
    /// another origin is an error.
    pub async fn send_here(
        &mut self,
        request: impl Borrow<Request<Bytes>>,
    ) -> Result<Answer, TransportError> {
        self.follow(self.timeout, request.borrow(), Reach::SameOrigin).await
    }

    /// What does not outlive an iteration goes: cookies, and connections where
    /// that is asked for.
    pub fn end_iteration(&mut self) {
        if !self.settings.keep_cookies {
            self.cookies.jar().clear();
        }
        if self.settings.no_vu_connection_reuse {
            self.connections.iter_mut().for_each(Connection::close);
        }
    }

    /// Closes the connection to the target; the next request opens a new one.
    pub(in super::super) fn leave(&mut self) {
        self.connections[TARGET].close();
    }

    async fn open(&mut self, at: usize, timeout: Duration) -> Result<(), TransportError> {
        let patience = self.patience(timeout);
        self.connections[at].open(patience, &self.settings).await
    }

    /// How long a connection attempt may take for a request with this timeout.
    fn patience(&self, timeout: Duration) -> Duration {
        self.settings.connect_timeout.unwrap_or(self.timeout).min(timeout)
    }

    async fn follow(
        &mut self,
        timeout: Duration,
        request: &Request<Bytes>,
        reach: Reach,
    ) -> Result<Answer, TransportError> {
        let began = Instant::now();
        let mut left = timeout;
        let mut trail = Trail::default();
        let mut at = self.connection_for(request.uri())?;
        let mut other = stripped(request);
        loop {
            let request = other.as_ref().unwrap_or(request);
            self.dress(at, request);
            let answer = self.exchange(at, left, request).await;
            let answer = answer.map_err(|error| trail.failed(error))?;
            if self.settings.cookies {
                let origin = &self.connections[at].origin;
                self.cookies.jar().take_in(origin, request.uri().path(), &answer.headers);
            }
            if self.settings.redirects == 0 || !is_redirect(&answer) {
                return Ok(trail.ended(answer));
            }
            let path = request.uri().clone();
            let here = Address { origin: self.connections[at].origin.clone(), path };
            let limits = (self.settings.redirects, reach);
            let mut next = request.clone();
            let there = trail.follow(&here, &answer, &mut next, limits)?;
            left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                let cause = format!("no answer within {timeout:?}");
                return Err(trail.failed(TransportError::NoAnswer(cause)));
            }
            at = self.connection_to(there.origin);
            *next.uri_mut() = there.path;
            other = Some(next);
        }
    }

    /// One request and its answer, over one connection.
    async fn exchange(
        &mut self,
        at: usize,
        timeout: Duration,
        request: &Request<Bytes>,
    ) -> Result<Answer, TransportError> {
        let patience = self.patience(timeout);
        let connection = &mut self.connections[at];
        let tracer = self.tracer.as_ref();
        let number = tracer.map(|tracer| tracer.request(&connection.origin, request, &self.added));
        let settings = &self.settings;
        let answer = connection.exchange(patience, settings, timeout, request, &self.added).await;
        if let (Some(tracer), Some(number)) = (tracer, number) {
            tracer.answer(number, &answer);
        }
        if self.settings.no_connection_reuse {
            connection.close();
        }
        answer.map(decoded)
    }

    /// Finds what the request does not say itself.
    fn dress(&mut self, at: usize, request: &Request<Bytes>) {
        let Self { target, settings, connections, cookies, added, .. } = self;
        let connection = &connections[at];
        let own = request.headers();
        added.clear();
        let mut add = |name: &HeaderName, value: &HeaderValue| {
            if !own.contains_key(name) && !added.iter().any(|(known, _)| known == name) {
                added.push((name.clone(), value.clone()));
            }
        };
        add(&HOST, &connection.host);
        if at == TARGET {
            if let Some(authorization) = target.authorization() {
                add(&AUTHORIZATION, authorization);
            }
            settings.headers.iter().for_each(|(name, value)| add(name, value));
        }
        add(&USER_AGENT, &settings.user_agent);
        if let Some(cookies) = cookies.jar().header(&connection.origin, request.uri().path()) {
            let all = own.get(COOKIE).map_or(Some(cookies.clone()), |said| {
                HeaderValue::from_bytes(&[said.as_bytes(), cookies.as_bytes()].join(&b"; "[..]))
                    .ok()
            });
            added.retain(|(name, _)| name != COOKIE);
            added.push((COOKIE, all.unwrap_or(cookies)));
        }
        if settings.no_connection_reuse {
            added.retain(|(name, _)| name != CONNECTION);
            added.push((CONNECTION, HeaderValue::from_static("close")));
        }
    }

    /// The connection for a URL, which is the target's unless it is absolute.
    fn connection_for(&mut self, uri: &Uri) -> Result<usize, TransportError> {
        if uri.authority().is_none() {
            return Ok(TARGET);
        }
        let origin = Origin::of(uri).map_err(|_| {
            TransportError::NotSent("the URL leads to no http:// or https:// service".into())
        })?;
        Ok(self.connection_to(origin))
    }

    fn connection_to(&mut self, origin: Origin) -> usize {
        let known = self.connections.iter().position(|connection| connection.origin == origin);
        known.unwrap_or_else(|| {
            if self.connections.len() > OTHERS {
                self.connections.remove(TARGET + 1);
            }
            self.connections.push(Connection::new(origin));
            self.connections.len() - 1
        })
    }
}

/// The request with path and query alone, where its URL is absolute, and with a
/// header of the user name and password in that.
fn stripped(request: &Request<Bytes>) -> Option<Request<Bytes>> {
    let authorization = credentials_in(request.uri().authority()?);
    let path = request.uri().path_and_query().cloned();
    let mut request = request.clone();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    if let Some(authorization) = authorization {
        request.headers_mut().entry(AUTHORIZATION).or_insert(authorization);
    }
    Some(request)
}
