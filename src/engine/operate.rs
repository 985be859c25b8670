//! One operation of a virtual user, from invoke to completion, and once more
//! where a retry is wanted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;

use super::service::{Judgement, judge};
use super::{Answer, Cut, Hooks, Prepared, Stopped, TransportError, Vu};
use crate::facts::{Attempt, Event, Invocation, Operation};
use crate::model::{Call, Outcome};
use crate::scenario::Retry;

/// How long a virtual user waits after a connection was refused, so that a dead
/// target is not stormed.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);
/// The wait before the second attempt; before each further one it is longer by
/// the same.
const BACKOFF: Duration = Duration::from_millis(20);

impl Vu {
    /// Runs one operation, once, and records it.
    pub async fn operate(&self, prepared: &Prepared) -> Result<Operation, Stopped> {
        self.stop.check()?;
        let (_, operation) = self.ask(prepared, prepared.request(None), None).await;
        Ok(operation)
    }

    /// Runs one operation with a script looking on, and again where its answer
    /// does not come. Each attempt is an operation of its own in the history.
    pub(super) async fn perform(
        self: &Arc<Self>,
        prepared: &Prepared,
        hooks: Option<&dyn Hooks>,
        retry: Option<Retry>,
    ) -> Result<(), Cut> {
        let Some(retry) = retry else {
            return self.attempt(prepared, hooks, None).await.map(drop);
        };
        let operation = self.shared.operations.fetch_add(1, Ordering::Relaxed);
        let attempt = Attempt { operation, keyed: retry.idempotency_key };
        let mut in_doubt = false;
        for number in 1.. {
            let done = match self.attempt(prepared, hooks, Some(attempt)).await {
                Ok(done) => done,
                Err(cut) => {
                    self.remember(in_doubt, attempt, &prepared.call);
                    return Err(cut);
                }
            };
            // An acknowledgement under a key speaks for the attempts before it.
            in_doubt |= done.outcome == Outcome::Unknown;
            in_doubt &= done.outcome != Outcome::Ok;
            if number >= retry.attempts || !is_worth_a_retry(&done) {
                break;
            }
            if self.pause(BACKOFF * number).await.is_err() {
                break;
            }
        }
        self.remember(in_doubt, attempt, &prepared.call);
        Ok(())
    }

    /// Notes an operation whose outcome can be asked for when all is quiet.
    fn remember(&self, in_doubt: bool, attempt: Attempt, call: &Arc<Call>) {
        if in_doubt && attempt.keyed {
            let unresolved = self.shared.unresolved.lock();
            let mut unresolved = unresolved.unwrap_or_else(|poisoned| poisoned.into_inner());
            unresolved.push((attempt.operation, call.clone()));
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        prepared: &Prepared,
        hooks: Option<&dyn Hooks>,
        attempt: Option<Attempt>,
    ) -> Result<Operation, Cut> {
        self.stop.check()?;
        let call = &prepared.call;
        let keyed = attempt.filter(|attempt| attempt.keyed);
        let key = keyed.map(|attempt| self.shared.key(attempt.operation));
        let Some(hooks) = hooks else {
            let request = prepared.request(key.as_deref());
            return Ok(self.ask(prepared, request, attempt).await.1);
        };
        let wire = hooks.before_request(self, call, prepared.wire(key.as_deref())).await?;
        let request = wire.clone().into_request().map_err(Cut::Error)?;
        self.stop.check()?;
        let (answer, operation) = self.ask(prepared, request, attempt).await;
        if let Ok(answer) = &answer {
            hooks.after_response(self, call, &wire, answer, &operation).await?;
        }
        Ok(operation)
    }

    async fn ask(
        &self,
        prepared: &Prepared,
        request: Request<Full<Bytes>>,
        attempt: Option<Attempt>,
    ) -> (Result<Answer, TransportError>, Operation) {
        let call = &prepared.call;
        let process = self.seat.process;
        let invoke = |time| {
            let call = call.clone();
            self.emit(Event::Invoked(Invocation { process, call, time, attempt }));
        };
        let (answer, (invoked, completed)) = self.timed(self.shared.timeout, request, invoke).await;
        let judgement = outcome(call, &answer);
        let operation = Operation {
            workload: self.seat.workload,
            process,
            call: call.clone(),
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
        };
        self.emit(Event::Operation(operation.clone()));
        if operation.outcome == Outcome::Unknown {
            self.shared.in_doubt.store(true, Ordering::Relaxed);
        }
        if matches!(answer, Err(TransportError::NotSent(_))) {
            // Stopped meanwhile: the next operation will say so.
            let _ = self.pause(AFTER_REFUSAL).await;
        }
        (answer, operation)
    }
}

fn outcome(call: &Call, answer: &Result<Answer, TransportError>) -> Judgement {
    match answer {
        Ok(answer) => judge(call, answer),
        Err(TransportError::NotSent(cause)) => {
            Judgement::without(Outcome::Failed, Some(cause.clone()))
        }
        Err(TransportError::NoAnswer(cause)) => {
            Judgement::without(Outcome::Unknown, Some(format!("{}: {cause}", call.name)))
        }
    }
}

/// Whether it did not arrive, was turned away for now, or was never answered.
fn is_worth_a_retry(operation: &Operation) -> bool {
    match operation.outcome {
        Outcome::Unknown => true,
        Outcome::Failed => operation.status.is_none_or(|status| status == 503),
        Outcome::Ok | Outcome::Rejected => false,
    }
}
