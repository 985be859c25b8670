//! Operations that the scenario declares: what is sent, and what their answers
//! mean.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{JudgedLeg, Judgement};
use super::form::Form;
use super::prepared::{Meaning, Prepared, Spoken};
use super::seen::Seen;
use super::service::Service;
use super::unread;
use super::{Answer, Cut, Vu};
use crate::facts::{Check, Event, Mismatch, Tags};
use crate::model::{AccountId, Amount, Call, OPEN, OperationKind, Outcome, Scale};
use crate::scenario::{AnyOf, Declared, Effect, JsonPath, ReadRule, RequestTemplate};
use crate::template::{Scope, Value, ValueKind, from_json};

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
    let (mut calls, mut reversed) = (Vec::new(), Vec::new());
    for effect in &operation.effects {
        let (call, is_reversed) = call(&name, effect, &own, !effect.is_told).map_err(about)?;
        calls.push(call);
        reversed.push(is_reversed);
    }
    one_each(&calls).map_err(about)?;
    let mut calls = calls.into_iter();
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
    let spoken = Spoken { operation: operation.clone(), scope: own, iteration, reversed };
    let meaning = Meaning::Declared(Arc::new(spoken));
    let mut prepared =
        Prepared::new(name.clone(), calls.next(), form.tags.clone(), filled, meaning);
    prepared.legs = calls.map(Arc::new).collect();
    prepared.timeout = request.timeout;
    Ok(prepared)
}

/// Each account is changed once: nobody could say which of two changes an answer has
/// the balance of.
fn one_each(calls: &[Call]) -> Result<(), String> {
    let accounts: Vec<&AccountId> =
        calls.iter().flat_map(|call| call.kind.legs()).map(|(account, _)| account).collect();
    for (at, account) in accounts.iter().enumerate() {
        if accounts[..at].contains(account) {
            return Err(format!("two of its effects are of account {account}: add them up"));
        }
    }
    Ok(())
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
/// comes in is taken from `to`. `is_known`: what its delta depends on.
fn call(
    name: &Arc<str>,
    effect: &Effect,
    scope: &Arc<Scope>,
    is_known: bool,
) -> Result<(Call, bool), String> {
    let account = AccountId::new(effect.account.render(scope)?);
    if !is_known {
        let kind = OperationKind::Update { account, delta: OPEN };
        return Ok((Call { name: name.clone(), kind }, false));
    }
    let delta = effect.delta.as_ref().map(|delta| {
        let value = delta.value(scope)?;
        amount(&value, effect.scale)
            .filter(|delta| *delta != OPEN)
            .ok_or_else(|| format!("`effect.delta` is {}, not `{value}`", wanted(effect.scale)))
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

/// An amount that a template came to.
pub(super) fn amount(value: &Value, scale: Scale) -> Option<Amount> {
    match value.as_i64() {
        Some(whole) => scale.of_whole(whole),
        None => match value.kind() {
            ValueKind::Number => scale.of_computed(f64::try_from(value.clone()).ok()?),
            _ => scale.parse(value.as_str()?),
        },
    }
}

/// How messages call such an amount.
pub(super) fn wanted(scale: Scale) -> String {
    match scale.digits() {
        0 => "a whole number".to_owned(),
        1 => "a number with one decimal digit".to_owned(),
        digits => format!("a number with at most {digits} decimal digits"),
    }
}

/// What the answer says about the operation. An answer that the scenario describes
/// as anything but done is that, also where it is as `ok` as well. Where the scenario
/// says nothing, a 2xx that has the balance it is to have is done, a 4xx promises that
/// nothing happened, and a 5xx promises nothing.
pub(super) fn judge(spoken: &Spoken, answer: &Answer) -> Judgement {
    let Declared { name, ok, rejected, failed, unknown, effects, .. } = &*spoken.operation;
    let seen = Seen::new(answer, Duration::ZERO);
    let is_as = |meaning: &Option<AnyOf>| {
        meaning.as_ref().is_some_and(|meaning| seen.is_any(meaning, &spoken.scope).is_ok())
    };
    if is_as(unknown) {
        return refused(name, answer, Outcome::Unknown);
    }
    if is_as(failed) {
        return refused(name, answer, Outcome::Failed);
    }
    if is_as(rejected) {
        return Judgement::without(Outcome::Rejected, None);
    }
    let mismatch = match ok {
        Some(meaning) => seen.is_any(meaning, &spoken.scope).err(),
        None if (200..300).contains(&answer.status) => None,
        None => Some(Mismatch { expected: "status 2xx".to_owned(), actual: String::new() }),
    };
    let Some(mismatch) = mismatch else {
        return match effects.is_empty() {
            true => Judgement::without(Outcome::Ok, None),
            false => acknowledged(spoken, ok.is_some(), &seen, answer),
        };
    };
    match answer.status {
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
fn acknowledged(spoken: &Spoken, certain: bool, seen: &Seen<'_>, answer: &Answer) -> Judgement {
    let mut legs = Vec::new();
    for (at, effect) in spoken.operation.effects.iter().enumerate() {
        let told = |path: Option<&JsonPath>| seen.amount(path?, effect.scale);
        let (balance, to_balance) =
            (told(effect.balance.as_ref()), told(effect.to_balance.as_ref()));
        let outcome = match (&effect.balance, balance) {
            (Some(_), None) if effect.delta.is_none() => Some(Outcome::Failed),
            (Some(_), None) if !certain && !answer.body.is_empty() => Some(Outcome::Unknown),
            _ => None,
        };
        if let Some(outcome) = outcome {
            return Judgement::without(outcome, Some(without_balance(spoken, effect, answer)));
        }
        let call = match effect.is_told.then(|| told_call(spoken, effect, seen)) {
            None => None,
            Some(Ok(call)) => Some(Arc::new(call)),
            // It was done, and nobody knows how much of it.
            Some(Err(why)) => {
                let error = format!("{}: {} {why}", spoken.operation.name, answer.status);
                return Judgement::without(Outcome::Unknown, Some(error));
            }
        };
        let (balance, to_balance) = spoken.balances(at, balance, to_balance);
        legs.push(JudgedLeg { call, balance, to_balance });
    }
    let mut legs = legs.into_iter();
    let JudgedLeg { call, balance, to_balance } = legs.next().unwrap_or_default();
    let legs = legs.collect();
    Judgement { balance, to_balance, call, legs, ..Judgement::without(Outcome::Ok, None) }
}

fn without_balance(spoken: &Spoken, effect: &Effect, answer: &Answer) -> String {
    let why = effect.balance.as_ref().map(|path| unread::in_short(answer, path));
    let (path, why) = (effect.balance.as_ref().map(ToString::to_string), why.unwrap_or_default());
    let path = path.unwrap_or_default();
    let (name, wanted) = (&spoken.operation.name, wanted(effect.scale));
    format!("{name}: {} without {wanted} at {path}{why}", answer.status)
}

/// The call of an effect whose amount the answer tells.
fn told_call(spoken: &Spoken, effect: &Effect, seen: &Seen<'_>) -> Result<Call, String> {
    let own = spoken.scope.inner();
    for capture in &spoken.operation.captures {
        let value = seen.part(&capture.source).map(from_json);
        let missing = || format!("without {}, which `effect.delta` depends on", capture.source);
        let is_needed =
            effect.delta.as_ref().is_some_and(|delta| delta.variables().contains(&*capture.name));
        match value {
            Some(value) => own.set(capture.name.clone(), value),
            None if is_needed => return Err(missing()),
            None => {}
        }
    }
    call(&spoken.operation.name, effect, &Arc::new(own), true).map(|(call, _)| call)
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
    let read = super::books::balances(rule, call.account(), scope, answer);
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
        let Spoken { operation, scope, iteration, reversed: _ } = &**spoken;
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
