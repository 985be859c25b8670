use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::program::{Cut, Hooks, WireRequest};
use super::service::judge;
use super::{Answer, Client, Clock, Prepared, Service, Stop, Stopped, TransportError};
use crate::facts::{self, Event, Operation};
use crate::model::Outcome;

/// How long a virtual user waits after a connection was refused, so that a dead
/// target is not stormed.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Where a virtual user belongs.
#[derive(Clone, Debug)]
pub struct VuSeat {
    /// Position of its workload in the scenario.
    pub workload: usize,
    pub workload_name: Arc<str>,
    /// From 0 within the workload.
    pub number: u32,
    /// From 0 over the whole run; the history's process.
    pub process: u32,
}

/// What all virtual users of a run have in common.
#[derive(Debug)]
pub struct Shared {
    pub service: Service,
    /// How long an answer is awaited.
    pub timeout: Duration,
    pub clock: Clock,
    pub events: UnboundedSender<Event>,
    /// Set once the outcome of any request is unknown: it may still be at work.
    pub in_doubt: AtomicBool,
}

/// A virtual user: one connection, one thing at a time.
pub struct Vu {
    pub seat: VuSeat,
    shared: Arc<Shared>,
    client: Mutex<Client>,
    stop: Stop,
}

impl Vu {
    pub fn new(seat: VuSeat, shared: Arc<Shared>, stop: Stop) -> Self {
        let client = Client::new(shared.service.target().clone(), shared.timeout);
        Self { seat, shared, client: Mutex::new(client), stop }
    }

    /// Runs one operation and records it, from invoke to completion.
    pub async fn operate(&self, prepared: &Prepared) -> Result<Operation, Stopped> {
        self.stop.check()?;
        let (answer, times) = self.timed(self.shared.timeout, prepared.request()).await;
        Ok(self.record(prepared, &answer, times).await)
    }

    /// [`operate`](Self::operate) with a script looking at request and answer.
    pub async fn operate_hooked(
        self: &Arc<Self>,
        prepared: &Prepared,
        hooks: &dyn Hooks,
    ) -> Result<Operation, Cut> {
        self.stop.check()?;
        let wire = hooks.before_request(self, &prepared.action, prepared.wire()).await?;
        let request = wire.clone().into_request().map_err(Cut::Error)?;
        self.stop.check()?;
        let (answer, times) = self.timed(self.shared.timeout, request).await;
        let operation = self.record(prepared, &answer, times).await;
        if let Ok(answer) = &answer {
            hooks.after_response(self, &prepared.action, &wire, answer, &operation).await?;
        }
        Ok(operation)
    }

    /// Sends a plain request of a script; counted, but not judged. Returns what
    /// came back and how long it took. `timeout` stands in for the scenario's.
    pub async fn request(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Option<Duration>,
    ) -> Result<(Result<Answer, TransportError>, Duration), Stopped> {
        self.stop.check()?;
        let timeout = timeout.unwrap_or(self.shared.timeout);
        let (answer, (sent, completed)) = self.timed(timeout, request).await;
        let took = completed.saturating_sub(sent);
        self.emit(Event::Request(facts::Request {
            workload: self.seat.workload,
            took,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: answer.as_ref().err().map(|error| error.to_string().into()),
        }));
        Ok((answer, took))
    }

    /// Sleeps, unless the run is halted meanwhile.
    pub async fn pause(&self, length: Duration) -> Result<(), Stopped> {
        self.stop.check()?;
        tokio::select! {
            () = tokio::time::sleep(length) => Ok(()),
            () = self.stop.halted() => Err(Stopped),
        }
    }

    pub fn check(&self, name: &str, passed: bool) {
        self.emit(Event::Check { name: name.into(), passed });
    }

    pub fn log(&self, message: String) {
        self.emit(Event::Log { message });
    }

    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    pub fn service(&self) -> &Service {
        &self.shared.service
    }

    pub(super) fn clock(&self) -> Clock {
        self.shared.clock
    }

    pub(super) fn emit(&self, event: Event) {
        // Nobody listens any more: the run is being torn down.
        let _ = self.shared.events.send(event);
    }

    /// The answer, with the times right before the request and right after it.
    async fn timed(
        &self,
        timeout: Duration,
        request: Request<Full<Bytes>>,
    ) -> (Result<Answer, TransportError>, (Duration, Duration)) {
        let mut client = self.client.lock().await;
        let connected = client.connect().await;
        let invoked = self.shared.clock.now();
        let answer = match connected {
            Ok(()) => client.send_within(timeout, request).await,
            Err(error) => Err(error),
        };
        if matches!(answer, Err(TransportError::NoAnswer(_))) {
            self.shared.in_doubt.store(true, Ordering::Relaxed);
        }
        (answer, (invoked, self.shared.clock.now()))
    }

    async fn record(
        &self,
        prepared: &Prepared,
        answer: &Result<Answer, TransportError>,
        (invoked, completed): (Duration, Duration),
    ) -> Operation {
        let action = &prepared.action;
        let (outcome, balance, error) = match answer {
            Ok(answer) => {
                let judgement = judge(action, answer);
                (judgement.outcome, judgement.balance, judgement.error)
            }
            Err(TransportError::NotSent(cause)) => (Outcome::Failed, None, Some(cause.clone())),
            Err(TransportError::NoAnswer(cause)) => {
                (Outcome::Unknown, None, Some(format!("{}: {cause}", action.name())))
            }
        };
        let operation = Operation {
            workload: self.seat.workload,
            process: self.seat.process,
            name: action.name(),
            account: action.account().clone(),
            delta: action.delta(),
            invoked,
            completed,
            outcome,
            balance,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: error.map(Into::into),
        };
        self.emit(Event::Operation(operation.clone()));
        if matches!(answer, Err(TransportError::NotSent(_))) {
            let _ = self.pause(AFTER_REFUSAL).await;
        }
        operation
    }
}

impl fmt::Debug for Vu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vu").field("seat", &self.seat).finish_non_exhaustive()
    }
}

impl WireRequest {
    /// The error names the part that HTTP does not allow.
    pub fn into_request(self) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(self.body)).map_err(|error| {
            format!("{} {} is not a valid request: {error}", self.method, self.path)
        })
    }
}
