//! What the answers of a bank mean.

use std::sync::Arc;

use hyper::header::CONTENT_ENCODING;
use serde_json::Value;

use super::http::unpacked;
use super::{Answer, lookup};
use crate::model::{AccountId, Amount, Call, OperationKind, Outcome};

/// What an answer says about the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) balance: Option<Amount>,
    pub(super) to_balance: Option<Amount>,
    pub(super) snapshot: Option<Arc<[(AccountId, Amount)]>>,
    pub(super) error: Option<String>,
    /// The call, where the answer alone tells its amount.
    pub(super) call: Option<Arc<Call>>,
    /// The same for each further account.
    pub(super) legs: Vec<JudgedLeg>,
}

/// What an answer says of a further account of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct JudgedLeg {
    pub(super) call: Option<Arc<Call>>,
    pub(super) balance: Option<Amount>,
    pub(super) to_balance: Option<Amount>,
}

impl Judgement {
    pub(super) fn without(outcome: Outcome, error: Option<String>) -> Self {
        Self {
            outcome,
            balance: None,
            to_balance: None,
            snapshot: None,
            error,
            call: None,
            legs: Vec::new(),
        }
    }
}

/// What the answer to `call` says. A status alone decides where it can: a 4xx
/// promises that nothing happened, a 5xx promises nothing.
pub(super) fn judge(call: &Call, answer: &Answer) -> Judgement {
    if (200..300).contains(&answer.status) {
        return match call.kind {
            OperationKind::Snapshot => snapshot(call, answer),
            OperationKind::Update { .. }
            | OperationKind::Read { .. }
            | OperationKind::Transfer { .. } => acknowledged(call, answer),
        };
    }
    let body = json(&answer.body);
    let body = body.as_ref();
    let refused = |outcome| Judgement::without(outcome, Some(describe(call, answer, body)));
    match answer.status {
        400 | 402 | 409 | 422 if call.is_update() && is_insufficient(body) => {
            Judgement { error: None, ..refused(Outcome::Rejected) }
        }
        503 if text(body, "code") == Some("unavailable") => refused(Outcome::Failed),
        408 => refused(Outcome::Unknown),
        400..=499 => refused(Outcome::Failed),
        _ => refused(Outcome::Unknown),
    }
}

fn acknowledged(call: &Call, answer: &Answer) -> Judgement {
    let told = balances(call, &answer.body);
    let (balance, to_balance) = match told {
        Ok(told) => told,
        Err(_) if answer.body.is_empty() && call.is_update() => (None, None),
        Err(_) => return garbage(call, answer),
    };
    Judgement { balance, to_balance, ..Judgement::without(Outcome::Ok, None) }
}

/// The balances an answer tells: of the account, and of the one a transfer goes
/// to. The error: it is not JSON.
pub(super) fn balances(
    call: &Call,
    body: &[u8],
) -> serde_json::Result<(Option<Amount>, Option<Amount>)> {
    let amount = |name| Ok(lookup::find(body, &[name])?.as_ref().and_then(whole));
    Ok(match call.kind {
        OperationKind::Transfer { .. } => (amount("fromBalance")?, amount("toBalance")?),
        OperationKind::Update { .. } => (amount("newBalance")?, None),
        OperationKind::Read { .. } => (amount("balance")?, None),
        OperationKind::Snapshot => (None, None),
    })
}

/// `{"accounts":{"1":1000,...},...}`
fn snapshot(call: &Call, answer: &Answer) -> Judgement {
    let Some(body) = json(&answer.body) else { return garbage(call, answer) };
    let accounts = body.get("accounts").and_then(Value::as_object);
    let balance =
        |(name, balance): (&String, &Value)| Some((name.as_str().into(), whole(balance)?));
    match accounts.and_then(|accounts| accounts.iter().map(balance).collect()) {
        Some(all) => Judgement { snapshot: Some(all), ..Judgement::without(Outcome::Ok, None) },
        None => {
            let error = format!("{}: {} without a list of accounts", call.name, answer.status);
            Judgement::without(Outcome::Failed, Some(error))
        }
    }
}

fn garbage(call: &Call, answer: &Answer) -> Judgement {
    let fault = unreadable(answer).unwrap_or_else(|| "not JSON".to_owned());
    let error = format!("{}: {} with a body that is {fault}", call.name, answer.status);
    Judgement::without(Outcome::Unknown, Some(error))
}

/// `deposit: 404 Unknown account 7`
fn describe(call: &Call, answer: &Answer, body: Option<&Value>) -> String {
    let said = text(body, "error").or_else(|| text(body, "message")).unwrap_or_default();
    let said: String = said.chars().take(100).collect();
    format!("{}: {} {said}", call.name, answer.status).trim_end().to_owned()
}

fn is_insufficient(body: Option<&Value>) -> bool {
    text(body, "code") == Some("insufficient_funds")
        || text(body, "error").is_some_and(|error| error.to_lowercase().contains("insufficient"))
}

fn text<'a>(body: Option<&'a Value>, field: &str) -> Option<&'a str> {
    body?.get(field)?.as_str()
}

/// The body as JSON, also when it begins with a byte order mark, as some
/// frameworks write it.
pub(super) fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(without_mark(body)).ok()
}

pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    body.strip_prefix(MARK).unwrap_or(body)
}

/// Why the body cannot be read, whatever is in it. `None`: it can.
pub(super) fn unreadable(answer: &Answer) -> Option<String> {
    // What could be unpacked has lost that header.
    if answer.headers.contains_key(CONTENT_ENCODING)
        && let Err(error) = unpacked(&answer.headers, &answer.body)
    {
        return Some(error.to_string());
    }
    std::str::from_utf8(&answer.body).is_err().then(|| "not UTF-8".to_owned())
}

/// A whole number, also when the service writes it as `1010.0` or `"1010"`
/// (drivers hand BIGINT and NUMERIC to JavaScript as strings).
pub(super) fn whole(value: &Value) -> Option<Amount> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).or_else(|| {
        let float = value.as_f64()?;
        (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as Amount)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn judged(call: &Call, status: u16, body: &str) -> Judgement {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let headers = std::sync::Arc::default();
        judge(call, &Answer { status, headers, body, is_aftermath: false })
    }

    fn deposit() -> Call {
        Call::deposit(1.into(), 10)
    }

    fn withdraw() -> Call {
        Call::withdraw(1.into(), 5)
    }

    #[test]
    fn an_acknowledgement_carries_its_balance() {
        for body in [
            r#"{"newBalance":1010}"#,
            r#"{"newBalance":1010.0}"#,
            r#"{"newBalance":"1010"}"#,
            "\u{feff}{\"newBalance\":1010}",
        ] {
            let judgement = judged(&deposit(), 200, body);
            assert_eq!((judgement.outcome, judgement.balance), (Outcome::Ok, Some(1010)), "{body}");
        }
        assert_eq!(judged(&deposit(), 204, "").outcome, Outcome::Ok);
    }

    #[test]
    fn garbage_under_200_is_unknown() {
        assert_eq!(judged(&deposit(), 200, "<html>").outcome, Outcome::Unknown);
    }

    #[test]
    fn insufficient_funds_is_a_rejection_and_no_error() {
        let judgement = judged(&withdraw(), 400, r#"{"error":"Insufficient funds"}"#);
        assert_eq!((judgement.outcome, judgement.error), (Outcome::Rejected, None));
    }

    #[test]
    fn what_did_not_happen_and_what_may_have() {
        let outcome = |status, body| judged(&deposit(), status, body).outcome;
        assert_eq!(outcome(404, r#"{"error":"Unknown account"}"#), Outcome::Failed);
        assert_eq!(outcome(503, r#"{"code":"unavailable"}"#), Outcome::Failed);
        assert_eq!(outcome(503, "busy"), Outcome::Unknown);
        assert_eq!(outcome(500, ""), Outcome::Unknown);
        assert_eq!(outcome(408, ""), Outcome::Unknown);
        assert_eq!(outcome(302, ""), Outcome::Unknown);
    }
}
