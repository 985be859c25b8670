use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::{Answer, Client, Clock, Service, Stop, Stopped, TransportError};
use crate::facts::{self, Check, Event, Tags};
use crate::model::Call;

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
    /// What all samples of the workload carry.
    pub tags: Tags,
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
    /// Tells the idempotency keys of this run from those of another.
    pub run: u64,
    /// How many logical operations were begun that may be tried again.
    pub operations: AtomicU64,
    /// Those of them that carry a key and were never answered.
    pub unresolved: std::sync::Mutex<Vec<(u64, Arc<Call>)>>,
}

impl Shared {
    /// The idempotency key of a logical operation.
    pub(super) fn key(&self, operation: u64) -> String {
        format!("{:016x}-{operation}", self.run)
    }
}

/// A virtual user: one connection, one thing at a time.
pub struct Vu {
    pub seat: VuSeat,
    pub(super) shared: Arc<Shared>,
    client: Mutex<Client>,
    pub(super) stop: Stop,
    /// When what comes next should have been sent, in nanoseconds.
    due: AtomicU64,
}

/// Nothing was to be sent at a certain time.
const ANY_TIME: u64 = u64::MAX;

impl Vu {
    pub fn new(seat: VuSeat, shared: Arc<Shared>, stop: Stop) -> Self {
        let client = Client::new(shared.service.target().clone(), shared.timeout);
        Self { seat, shared, client: Mutex::new(client), stop, due: AtomicU64::new(ANY_TIME) }
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
        let (answer, (sent, completed)) = self.timed(timeout, request, |_| ()).await;
        let took = completed.saturating_sub(sent);
        self.emit(Event::Request(facts::Request {
            workload: self.seat.workload,
            took: took + self.late(sent),
            tags: self.seat.tags.clone(),
            failed: None,
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
        self.emit(Event::Check(Check {
            workload: self.seat.workload,
            name: name.into(),
            passed,
            tags: self.seat.tags.clone(),
            counts: false,
            mismatch: None,
        }));
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

    /// The first request from now on should have been sent then.
    pub(super) fn expect(&self, due: Option<Duration>) {
        let nanos = due.and_then(|due| u64::try_from(due.as_nanos()).ok());
        self.due.store(nanos.unwrap_or(ANY_TIME), Ordering::Relaxed);
    }

    /// How late what was sent then is; asked once for what is expected.
    pub(super) fn late(&self, sent: Duration) -> Duration {
        match self.due.swap(ANY_TIME, Ordering::Relaxed) {
            ANY_TIME => Duration::ZERO,
            due => sent.saturating_sub(Duration::from_nanos(due)),
        }
    }

    pub(super) fn clock(&self) -> Clock {
        self.shared.clock
    }

    pub(super) fn emit(&self, event: Event) {
        // Nobody listens any more: the run is being torn down.
        let _ = self.shared.events.send(event);
    }

    /// The answer, with the times right before the request and right after it.
    /// `about_to` hears the former, once the connection stands.
    pub(super) async fn timed(
        &self,
        timeout: Duration,
        request: Request<Full<Bytes>>,
        about_to: impl FnOnce(Duration),
    ) -> (Result<Answer, TransportError>, (Duration, Duration)) {
        let mut client = self.client.lock().await;
        let connected = client.connect().await;
        let invoked = self.shared.clock.now();
        about_to(invoked);
        let answer = match connected {
            Ok(()) => client.send_within(timeout, request).await,
            Err(error) => Err(error),
        };
        (answer, (invoked, self.shared.clock.now()))
    }
}

impl fmt::Debug for Vu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vu").field("seat", &self.seat).finish_non_exhaustive()
    }
}
