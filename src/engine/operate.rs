//! One operation of a virtual user, from invoke to completion, and once more
//! where a retry is wanted.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::Request;

use super::again;
use super::answers::{JudgedLeg, Judgement};
use super::read_before::ReadBefore;
use super::vu::Unresolved;
use super::{Answer, Cut, Ended, Hooks, Prepared, Stopped, TransportError, Vu};
use crate::facts::{self, Attempt, Event, Invocation, Operation, leg_process};
use crate::model::{Amount, Call, Outcome};
use crate::scenario::Retry;

/// How long a virtual user waits after a connection was refused, so that a dead
/// target is not stormed.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// One attempt, as far as its caller goes on from it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) error: Option<Arc<str>>,
    pub(super) balance: Option<Amount>,
    pub(super) to_balance: Option<Amount>,
    pub(super) took: Duration,
    sent: Duration,
    /// How long the service wants to be left alone.
    retry_after: Option<Duration>,
}

impl Vu {
    /// Runs one judged operation, once, and records it.
    pub async fn operate(&self, prepared: &Prepared) -> Result<Operation, Stopped> {
        self.stop.check()?;
        let call = prepared.call.clone().unwrap_or_else(|| Arc::new(Call::accounts()));
        let (_, operation) = self.ask(prepared, &call, &prepared.request(None), None).await;
        Ok(operation)
    }

    /// Runs one operation with a script looking on, and again where its answer
    /// does not come. Each attempt is an operation of its own in the history.
    pub(super) async fn perform(
        self: &Arc<Self>,
        prepared: &Prepared,
        hooks: Option<&dyn Hooks>,
        retry: Option<Retry>,
    ) -> Result<Done, Cut> {
        let attempt = self.attempt_of(prepared, retry);
        let attempts = retry.map_or(1, |retry| retry.attempts);
        let mut in_doubt = false;
        for number in 1.. {
            let done = match self.attempt(prepared, hooks, attempt).await {
                Ok(done) => done,
                Err(cut) => {
                    self.remember(in_doubt, attempt, prepared);
                    return Err(cut);
                }
            };
            // An acknowledgement under a key speaks for the attempts before it.
            in_doubt |= done.outcome == Outcome::Unknown;
            in_doubt &= done.outcome != Outcome::Ok;
            let Done { outcome, status, retry_after, .. } = done;
            let wait = again::wait_before(number + 1, outcome, status, retry_after);
            let goes_on = match wait.filter(|_| number < attempts) {
                Some(wait) => self.pause(wait).await.is_ok(),
                None => false,
            };
            if !goes_on {
                self.remember(in_doubt, attempt, prepared);
                return Ok(done);
            }
        }
        Err(Cut::Stopped)
    }

    /// What tells the tries of this operation from others, where there may be
    /// several, or where the service can be asked about it.
    fn attempt_of(&self, prepared: &Prepared, retry: Option<Retry>) -> Option<Attempt> {
        if let Some(operation) = prepared.operation {
            return Some(Attempt { operation, keyed: true });
        }
        let retry = retry?;
        let operation = self.shared.operations.fetch_add(1, Ordering::Relaxed);
        Some(Attempt { operation, keyed: retry.idempotency_key })
    }

    /// Notes an operation whose outcome can be asked for when all is quiet.
    fn remember(&self, in_doubt: bool, attempt: Option<Attempt>, prepared: &Prepared) {
        if let (true, Some(Attempt { operation, keyed: true })) = (in_doubt, attempt)
            && prepared.call.is_some()
        {
            let unresolved = self.shared.unresolved.lock();
            let mut unresolved = unresolved.unwrap_or_else(|poisoned| poisoned.into_inner());
            unresolved.push(Unresolved { operation, prepared: prepared.clone() });
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        prepared: &Prepared,
        hooks: Option<&dyn Hooks>,
        attempt: Option<Attempt>,
    ) -> Result<Done, Cut> {
        self.stop.check()?;
        let keyed = attempt.filter(|attempt| attempt.keyed && prepared.operation.is_none());
        let key = keyed.map(|attempt| self.shared.key(attempt.operation));
        let Some(hooks) = hooks else {
            let request = prepared.request(key.as_deref());
            let (answer, done) = self.exchange(prepared, &request, attempt).await?;
            if let Ok(answer) = &answer {
                self.look_at(prepared, answer, done.took, done.outcome)?;
                self.note_read(prepared, &request, &done);
            }
            return Ok(done);
        };
        let wire = hooks.before_request(self, prepared, prepared.wire(key.as_deref())).await?;
        let request = wire.clone().into_request().map_err(Cut::Error)?;
        self.stop.check()?;
        let (answer, done) = self.exchange(prepared, &request, attempt).await?;
        if let Ok(answer) = &answer {
            let ended = Ended { outcome: done.outcome, took: done.took };
            let seen = hooks.after_response(self, prepared, &wire, answer, ended).await;
            self.look_at(prepared, answer, done.took, done.outcome)?;
            self.note_read(prepared, &request, &done);
            seen?;
        }
        Ok(done)
    }

    /// Sends it as an operation of the history, or as a plain request.
    async fn exchange(
        &self,
        prepared: &Prepared,
        request: &Request<Bytes>,
        attempt: Option<Attempt>,
    ) -> Result<(Result<Answer, TransportError>, Done), Stopped> {
        let Some(call) = &prepared.call else {
            return self.ask_plainly(prepared, request).await;
        };
        let (answer, operation) = self.ask(prepared, call, request, attempt).await;
        let done = Done {
            outcome: operation.outcome,
            status: operation.status,
            took: operation.took(),
            sent: operation.invoked,
            balance: operation.balance,
            to_balance: operation.to_balance,
            error: operation.error,
            retry_after: retry_after(&answer),
        };
        Ok((answer, done))
    }

    async fn ask_plainly(
        &self,
        prepared: &Prepared,
        request: &Request<Bytes>,
    ) -> Result<(Result<Answer, TransportError>, Done), Stopped> {
        let timeout = prepared.timeout.unwrap_or(self.shared.timeout);
        let (answer, (sent, completed)) = self.timed(timeout, request, |_| ()).await;
        let judgement = outcome(prepared, &answer);
        let done = Done {
            outcome: judgement.outcome,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: judgement.error.map(Into::into),
            balance: None,
            to_balance: None,
            took: completed.saturating_sub(sent) + self.late(sent),
            sent,
            retry_after: retry_after(&answer),
        };
        self.emit(Event::Request(facts::Request {
            workload: self.seat.workload,
            took: done.took,
            tags: prepared.tags.clone(),
            status: done.status,
            failed: Some(!matches!(done.outcome, Outcome::Ok | Outcome::Rejected)),
            error: done.error.clone(),
        }));
        self.wait_after(&answer).await;
        Ok((answer, done))
    }

    async fn ask(
        &self,
        prepared: &Prepared,
        call: &Arc<Call>,
        request: &Request<Bytes>,
        attempt: Option<Attempt>,
    ) -> (Result<Answer, TransportError>, Operation) {
        let process = self.seat.process;
        let read_at = self.read_at(prepared, request);
        let legs = || (1..).zip(&prepared.legs);
        let invoke = |time| {
            let call = call.clone();
            self.emit(Event::Invoked(Invocation { process, call, time, attempt, read_at }));
            for (leg, call) in legs() {
                let (process, call) = (leg_process(process, leg), call.clone());
                let attempt = attempt.map(|attempt| attempt.of_leg(leg));
                self.emit(Event::LegInvoked(Invocation { process, call, time, attempt, read_at }));
            }
        };
        let timeout = prepared.timeout.unwrap_or(self.shared.timeout);
        let (answer, (invoked, completed)) = self.timed(timeout, request, invoke).await;
        let judgement = outcome(prepared, &answer);
        let operation = Operation {
            workload: self.seat.workload,
            process,
            call: judgement.call.unwrap_or_else(|| call.clone()),
            invoked,
            completed,
            late: self.late(invoked),
            tags: prepared.tags.clone(),
            outcome: judgement.outcome,
            balance: judgement.balance,
            to_balance: judgement.to_balance,
            snapshot: judgement.snapshot,
            status: answer.as_ref().ok().map(|answer| answer.status),
            error: judgement.error.map(Into::into),
            is_leg: !prepared.legs.is_empty(),
        };
        self.emit(Event::Operation(operation.clone()));
        self.note_outcome(&operation, attempt);
        let mut judged = judgement.legs.into_iter();
        for (leg, call) in legs() {
            let JudgedLeg { call: told, balance, to_balance } = judged.next().unwrap_or_default();
            let own = Operation {
                process: leg_process(process, leg),
                call: told.unwrap_or_else(|| call.clone()),
                balance,
                to_balance,
                ..operation.clone()
            };
            self.note_outcome(&own, attempt.map(|attempt| attempt.of_leg(leg)));
            self.emit(Event::Leg(own));
        }
        if operation.status == Some(202) {
            self.shared.accepted.store(true, Ordering::Relaxed);
        }
        if operation.outcome == Outcome::Unknown {
            self.shared.in_doubt.store(true, Ordering::Relaxed);
        }
        self.wait_after(&answer).await;
        (answer, operation)
    }

    /// Notes what the accounts should hold now.
    fn note_outcome(&self, operation: &Operation, attempt: Option<Attempt>) {
        if let Some(expected) = &self.shared.expected {
            expected.complete(&operation.call, operation.outcome, attempt);
        }
    }

    /// Notes what an update may write back, changed.
    fn note_read(&self, prepared: &Prepared, request: &Request<Bytes>, done: &Done) {
        if done.outcome == Outcome::Ok
            && let Some(read) = ReadBefore::of(prepared, request, done.sent)
        {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).push(read);
        }
    }

    /// When the request was sent whose answer this one writes back.
    fn read_at(&self, prepared: &Prepared, request: &Request<Bytes>) -> Option<Duration> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.iter().rev().find(|read| read.is_written_by(prepared, request)).map(|read| read.at)
    }

    pub(super) async fn wait_after(&self, answer: &Result<Answer, TransportError>) {
        if matches!(answer, Err(TransportError::NotSent(_))) {
            // Stopped meanwhile: the next operation will say so.
            let _ = self.pause(AFTER_REFUSAL).await;
        }
    }
}

fn outcome(prepared: &Prepared, answer: &Result<Answer, TransportError>) -> Judgement {
    match answer {
        Ok(answer) => {
            let judgement = prepared.judge(answer);
            match judgement.outcome {
                Outcome::Failed if answer.is_aftermath => {
                    Judgement { outcome: Outcome::Unknown, ..judgement }
                }
                _ => judgement,
            }
        }
        Err(TransportError::NotSent(cause)) => {
            Judgement::without(Outcome::Failed, Some(cause.clone()))
        }
        Err(TransportError::NoAnswer(cause)) => {
            Judgement::without(Outcome::Unknown, Some(format!("{}: {cause}", prepared.name)))
        }
    }
}

fn retry_after(answer: &Result<Answer, TransportError>) -> Option<Duration> {
    let answer = answer.as_ref().ok().filter(|answer| answer.status >= 400)?;
    again::asked_for(answer, SystemTime::now())
}
