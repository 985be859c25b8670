use std::fmt;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use tokio::sync::mpsc::UnboundedSender;

use super::form::Form;
use super::read_before::ReadBefore;
use super::{
    Answer, Client, Clock, Cookies, ExpectedBalances, Prepared, Service, Stop, Stopped, Tally,
    TransportError,
};
use crate::facts::{self, Event, Tags};
use crate::plan::Drawn;
use crate::scenario::Declared;
use crate::template::Scope;

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
    /// Ends the run, and nothing but this run.
    pub stop: Stop,
    pub tally: Tally,
    /// Set once the outcome of any request is unknown: it may still be at work.
    pub in_doubt: AtomicBool,
    /// Set once an answer was `202 Accepted`: it is done later.
    pub accepted: AtomicBool,
    /// `None`: nobody is going to wait for it.
    pub expected: Option<ExpectedBalances>,
    /// Tells the idempotency keys of this run from those of another.
    pub run: u64,
    /// How many logical operations were begun that may be tried again.
    pub operations: AtomicU64,
    /// Those of them that carry a key and were never answered.
    pub(super) unresolved: Mutex<Vec<Unresolved>>,
}

/// An operation that carries a key and was never answered.
#[derive(Clone, Debug)]
pub(super) struct Unresolved {
    pub(super) operation: u64,
    pub(super) prepared: Prepared,
}

impl Shared {
    pub(super) fn new(
        service: Service,
        timeout: Duration,
        events: UnboundedSender<Event>,
        stop: Stop,
        workloads: usize,
    ) -> Self {
        Self {
            expected: (!service.is_own()).then(ExpectedBalances::default),
            service,
            timeout,
            clock: Clock::start(),
            events,
            stop,
            tally: Tally::new(workloads),
            in_doubt: AtomicBool::new(false),
            accepted: AtomicBool::new(false),
            run: fastrand::u64(..),
            operations: AtomicU64::new(0),
            unresolved: Mutex::default(),
        }
    }

    /// The idempotency key of a logical operation.
    pub(super) fn key(&self, operation: u64) -> String {
        format!("{:016x}-{operation}", self.run)
    }
}

/// A plain request of a script; counted, but not judged.
#[derive(Debug)]
pub struct PlainRequest {
    pub request: Request<Bytes>,
    /// Stands in for the scenario's.
    pub timeout: Option<Duration>,
    pub tags: Tags,
    /// The statuses that are no failure. `None`: those below 400.
    pub expected: Option<Vec<RangeInclusive<u16>>>,
}

/// Connections that a virtual user keeps open while nothing is sent.
const IDLE: usize = 6;

/// A virtual user. It needs one connection, but for the requests that a script
/// sends together.
pub struct Vu {
    pub seat: VuSeat,
    pub(super) shared: Arc<Shared>,
    idle: Mutex<Vec<Client>>,
    /// All its connections know the same.
    cookies: Cookies,
    pub(super) stop: Stop,
    /// When what comes next should have been sent, in nanoseconds.
    due: AtomicU64,
    /// Requests sent, where connections are changed.
    requests: AtomicU64,
    /// What this iteration has read and may write back.
    pub(super) read: Mutex<Vec<ReadBefore>>,
}

/// Nothing was to be sent at a certain time.
const ANY_TIME: u64 = u64::MAX;

impl Vu {
    pub fn new(seat: VuSeat, shared: Arc<Shared>, stop: Stop) -> Self {
        let (idle, cookies, read) = (Mutex::default(), Cookies::default(), Mutex::default());
        Self {
            seat,
            shared,
            idle,
            cookies,
            stop,
            due: AtomicU64::new(ANY_TIME),
            requests: AtomicU64::new(0),
            read,
        }
    }

    /// Sends a plain request. Returns what came back and how long it took. Several
    /// may be under way at a time.
    pub async fn request(
        &self,
        plain: PlainRequest,
    ) -> Result<(Result<Answer, TransportError>, Duration), Stopped> {
        self.stop.check()?;
        let timeout = plain.timeout.unwrap_or(self.shared.timeout);
        let (answer, (sent, completed)) = self.timed(timeout, &plain.request, |_| ()).await;
        let took = completed.saturating_sub(sent);
        let status = answer.as_ref().ok().map(|answer| answer.status);
        let is_expected = |ranges: Vec<RangeInclusive<u16>>| {
            status.is_some_and(|status| ranges.iter().any(|range| range.contains(&status)))
        };
        self.emit(Event::Request(facts::Request {
            workload: self.seat.workload,
            took: took + self.late(sent),
            tags: plain.tags,
            failed: plain.expected.map(|ranges| !is_expected(ranges)),
            status,
            error: answer.as_ref().err().map(|error| error.to_string().into()),
        }));
        self.wait_after(&answer).await;
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

    /// Ends the run: nothing more is sent.
    pub fn abort(&self, reason: String) {
        self.emit(Event::Aborted { reason: reason.into() });
        self.shared.stop.halt();
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

    /// Names a new logical operation: its templates see the name as `key`.
    fn name(&self, scope: &Scope) -> u64 {
        let operation = self.shared.operations.fetch_add(1, Ordering::Relaxed);
        scope.set(Declared::KEY, self.shared.key(operation).into());
        operation
    }

    /// What was drawn, ready to be sent; named where its templates want a name.
    pub(super) fn prepare(
        &self,
        drawn: Drawn,
        scope: &Arc<Scope>,
        tags: &Tags,
        form: Option<&Form>,
    ) -> Result<Prepared, String> {
        let operation = match &drawn {
            Drawn::Declared { operation, scope } if operation.is_keyed => Some(self.name(scope)),
            _ => None,
        };
        let mut prepared = self.service().prepare_drawn(drawn, scope, tags, form)?;
        prepared.operation = operation;
        Ok(prepared)
    }

    pub fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// What does not outlive an iteration goes: cookies, for one.
    pub(super) fn end_iteration(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter_mut().for_each(Client::end_iteration);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    pub fn emit(&self, event: Event) {
        self.shared.tally.count(&event);
        // Nobody listens any more: the run is being torn down.
        let _ = self.shared.events.send(event);
    }

    /// The answer, with the times right before the request and right after it.
    /// `about_to` hears the former, once the connection stands.
    pub(super) async fn timed(
        &self,
        timeout: Duration,
        request: &Request<Bytes>,
        about_to: impl FnOnce(Duration),
    ) -> (Result<Answer, TransportError>, (Duration, Duration)) {
        let mut client = self.client();
        if self.moves_on() {
            client.leave();
        }
        let connected = client.connect_for(request, timeout).await;
        let invoked = self.shared.clock.now();
        about_to(invoked);
        let answer = match connected {
            Ok(()) => client.send_within(timeout, request).await,
            Err(error) => Err(error),
        };
        let times = (invoked, self.shared.clock.now());
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(client);
        }
        (answer, times)
    }

    /// Whether this request goes over a new connection, which may lead to another
    /// worker of the service: the 2nd, 3rd, 5th, 9th, 17th one and so on does, so
    /// that it costs next to nothing. Connections are never kept beside each other:
    /// a service of few workers may not accept them.
    fn moves_on(&self) -> bool {
        self.shared.service.moves_connections()
            && self.requests.fetch_add(1, Ordering::Relaxed).is_power_of_two()
    }

    /// The connection used last, or a new one where all are in use.
    fn client(&self) -> Client {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| {
            let client = self.shared.service.client(self.shared.timeout);
            client.sharing(&self.cookies).traced(&self.shared.events)
        })
    }
}

impl fmt::Debug for Vu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vu").field("seat", &self.seat).finish_non_exhaustive()
    }
}
