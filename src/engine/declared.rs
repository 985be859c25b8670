//! Operations that the scenario declares: what is sent, and what their answers
//! mean.

use std::sync::Arc;
use std::time::Duration;

use super::answers::Judgement;
use super::form::Form;
use super::prepared::{Meaning, Prepared, Spoken};
use super::seen::Seen;
use super::service::Service;
use super::unread;
use super::{Answer, Cut, Vu};
use crate::facts::{Check, Event, Mismatch, Tags};
use crate::model::{AccountId, Amount, Call, OperationKind, Outcome};
use crate::plan::whole;
use crate::scenario::{Declared, Effect, JsonPath, ReadRule, RequestTemplate};
use crate::template::{Scope, from_json};

/// The operation, ready to be sent. `own` is what its templates see, `iteration`
/// where its captures go. `form`: made once where it is sent again and again.
pub(super) fn prepare(
    service: &Service,
    operation: Arc<Declared>,
    own: Arc<Scope>,
    iteration: Arc<Scope>,
    tags: &Tags,
    form: Option<&Form>,
) -> Result<Prepared, String> {
    let name = operation.name.clone();
    let about = |cause: String| format!("{name}: {cause}");
    let (call, is_reversed) = match &operation.effect {
        Some(effect) => {
            let (call, is_reversed) = call(&name, effect, &own).map_err(about)?;
            (Some(call), is_reversed)
        }
        None => (None, false),
    };
    let made;
    let form = match form {
        Some(form) => form,
        None => {
            made = Form::of_declared(service, &operation, tags).map_err(about)?;
            &made
        }
    };
    let request = &operation.request;
    let filled = form.fill(service, request, &own).map_err(about)?;
    let spoken = Spoken { operation: operation.clone(), scope: own, iteration, is_reversed };
    let meaning = Meaning::Declared(Arc::new(spoken));
    let mut prepared = Prepared::new(name.clone(), call, form.tags.clone(), filled, meaning);
    prepared.timeout = request.timeout;
    Ok(prepared)
}

/// A reading of one account or of all, as the scenario declares it.
pub(super) fn prepare_read(
    service: &Service,
    rule: &Arc<ReadRule>,
    call: Call,
    scope: &Arc<Scope>,
    tags: &Tags,
) -> Result<Prepared, String> {
    let own = scope.inner();
    if let Some(account) = call.account() {
        own.set("account", account.as_str().into());
    }
    let own = Arc::new(own);
    let name = call.name.clone();
    let tags = tags.with([("operation", name.clone())]);
    let meaning = Meaning::Reading(rule.clone(), own.clone());
    let about = |cause: String| format!("read: {cause}");
    wire(service, &name, &rule.request, &own, Some(call), &tags, meaning).map_err(about)
}

/// The request with all its templates worked out.
pub(super) fn wire(
    service: &Service,
    name: &Arc<str>,
    request: &RequestTemplate,
    scope: &Arc<Scope>,
    call: Option<Call>,
    tags: &Tags,
    meaning: Meaning,
) -> Result<Prepared, String> {
    let form = Form::of(service, request, tags)?;
    let filled = form.fill(service, request, scope)?;
    let mut prepared = Prepared::new(name.clone(), call, form.tags, filled, meaning);
    prepared.timeout = request.timeout;
    Ok(prepared)
}

/// The call, and whether it goes the other way than it is written: a `delta` that
/// comes in is taken from `to`.
fn call(name: &Arc<str>, effect: &Effect, scope: &Arc<Scope>) -> Result<(Call, bool), String> {
    let account = AccountId::new(effect.account.render(scope)?);
    let delta = effect.delta.as_ref().map(|delta| {
        let value = delta.value(scope)?;
        whole(&value)
            .filter(|delta| *delta != Amount::MIN)
            .ok_or_else(|| format!("`effect.delta` is a whole number, not `{value}`"))
    });
    let to = effect.to.as_ref().map(|to| to.render(scope).map(AccountId::new)).transpose()?;
    let mut is_reversed = false;
    let kind = match (to, delta.transpose()?) {
        (_, None) => OperationKind::Read { account },
        (None, Some(delta)) => OperationKind::Update { account, delta },
        (Some(other), Some(delta)) if delta > 0 => {
            is_reversed = true;
            OperationKind::Transfer { from: other, to: account, amount: delta }
        }
        (Some(to), Some(delta)) => OperationKind::Transfer { from: account, to, amount: -delta },
    };
    Ok((Call { name: name.clone(), kind }, is_reversed))
}

/// What the answer says about the operation. Where the scenario says nothing, a
/// 2xx that has the balance it is to have is done, a 4xx promises that nothing
/// happened, and a 5xx promises nothing.
pub(super) fn judge(spoken: &Spoken, answer: &Answer) -> Judgement {
    let Declared { name, ok, rejected, effect, .. } = &*spoken.operation;
    let seen = Seen::new(answer, Duration::ZERO);
    let mismatch = match ok {
        Some(expected) => seen.is(expected, &spoken.scope).err(),
        None if (200..300).contains(&answer.status) => None,
        None => Some(Mismatch { expected: "status 2xx".to_owned(), actual: String::new() }),
    };
    let Some(mismatch) = mismatch else {
        return match effect {
            Some(effect) => acknowledged(spoken, effect, ok.is_some(), &seen, answer),
            None => Judgement::without(Outcome::Ok, None),
        };
    };
    let is_rejected =
        rejected.as_ref().is_some_and(|expected| seen.is(expected, &spoken.scope).is_ok());
    match answer.status {
        _ if is_rejected => Judgement::without(Outcome::Rejected, None),
        // The status alone does not say what is wrong with it.
        200..=299 => {
            let Mismatch { expected, actual } = mismatch;
            let error = format!("{name}: {}, expected {expected}, found {actual}", answer.status);
            Judgement::without(Outcome::Unknown, Some(error))
        }
        408 => refused(name, answer, Outcome::Unknown),
        400..=499 => refused(name, answer, Outcome::Failed),
        _ => refused(name, answer, Outcome::Unknown),
    }
}

/// It is done, as far as its status says. `certain`: and the scenario says, too,
/// that such an answer means so; else a page to log in, or an error under 200,
/// is not taken for it.
fn acknowledged(
    spoken: &Spoken,
    effect: &Effect,
    certain: bool,
    seen: &Seen<'_>,
    answer: &Answer,
) -> Judgement {
    let at = |path: Option<&JsonPath>| seen.amount(path?);
    let (balance, to_balance) = (at(effect.balance.as_ref()), at(effect.to_balance.as_ref()));
    let outcome = match (&effect.balance, balance) {
        (Some(_), None) if effect.delta.is_none() => Outcome::Failed,
        (Some(_), None) if !certain && !answer.body.is_empty() => Outcome::Unknown,
        _ => {
            let (balance, to_balance) = spoken.balances(balance, to_balance);
            return Judgement { balance, to_balance, ..Judgement::without(Outcome::Ok, None) };
        }
    };
    let why = effect.balance.as_ref().map(|path| unread::in_short(answer, path));
    let (path, why) = (effect.balance.as_ref().map(ToString::to_string), why.unwrap_or_default());
    let (name, path) = (&spoken.operation.name, path.unwrap_or_default());
    let error = format!("{name}: {} without a whole number at {path}{why}", answer.status);
    Judgement::without(outcome, Some(error))
}

/// A request without any rules.
pub(super) fn judge_plain(name: &str, answer: &Answer) -> Judgement {
    match answer.status {
        200..=399 => Judgement::without(Outcome::Ok, None),
        _ => refused(name, answer, Outcome::Failed),
    }
}

pub(super) fn judge_reading(
    rule: &ReadRule,
    scope: &Arc<Scope>,
    call: &Call,
    answer: &Answer,
) -> Judgement {
    if !(200..300).contains(&answer.status) {
        let refused = refused(&call.name, answer, Outcome::Failed);
        let error = refused.error.map(|error| unread::refused(error, answer));
        return Judgement { error, ..refused };
    }
    let read = super::books::balances(&rule.balances, call.account(), scope, answer);
    match read {
        Err(cause) => {
            let error = format!("{}: {cause}", call.name);
            Judgement::without(Outcome::Failed, Some(error))
        }
        Ok(all) => {
            let Some(account) = call.account() else {
                let snapshot = Some(all.into_iter().collect());
                return Judgement { snapshot, ..Judgement::without(Outcome::Ok, None) };
            };
            match all.get(account) {
                Some(balance) => {
                    Judgement { balance: Some(*balance), ..Judgement::without(Outcome::Ok, None) }
                }
                None => {
                    let error = format!("{}: there is no account {account}", call.name);
                    Judgement::without(Outcome::Failed, Some(error))
                }
            }
        }
    }
}

/// `reserve: 500 out of order`
fn refused(name: &str, answer: &Answer, outcome: Outcome) -> Judgement {
    const SHOWN: usize = 100;
    let body = super::answers::json(&answer.body);
    let field = |name: &str| body.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let said: String = field("error")
        .or_else(|| field("message"))
        .unwrap_or_default()
        .chars()
        .take(SHOWN)
        .collect();
    let error = format!("{name}: {} {said}", answer.status).trim_end().to_owned();
    Judgement::without(outcome, Some(error))
}

impl Vu {
    /// Checks the answer, and keeps what the scenario captures of it.
    pub(super) fn look_at(
        &self,
        prepared: &Prepared,
        answer: &Answer,
        took: Duration,
        outcome: Outcome,
    ) -> Result<(), Cut> {
        let Meaning::Declared(spoken) = &prepared.meaning else { return Ok(()) };
        let Spoken { operation, scope, iteration, is_reversed: _ } = &**spoken;
        let seen = Seen::new(answer, took);
        let mut missing = None;
        // What was refused has nothing to be captured.
        let captures = operation.captures.iter().filter(|_| outcome == Outcome::Ok);
        for capture in captures {
            match seen.part(&capture.source).map(from_json) {
                Some(value) => {
                    scope.set(capture.name.clone(), value.clone());
                    iteration.set(capture.name.clone(), value);
                }
                None => missing = missing.or(Some(capture)),
            }
        }
        for check in &operation.checks {
            let mismatch = seen.is(&check.expected, scope).err();
            self.emit(Event::Check(Check {
                workload: self.seat.workload,
                name: check.name.clone(),
                passed: mismatch.is_none(),
                tags: prepared.tags.clone(),
                counts: check.counts,
                mismatch: mismatch.map(Arc::new),
            }));
        }
        match missing {
            None => Ok(()),
            Some(capture) => Err(Cut::Error(format!(
                "{}: nothing to capture as `{}`: the answer has no {}",
                operation.name, capture.name, capture.source
            ))),
        }
    }
}
