//! How the built-in operations look on the wire, and what an answer means.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Answer, Client, Target, Transport, TransportError, WireRequest};
use crate::facts::Tags;
use crate::model::{AccountId, Amount, Call, Outcome};

/// Escaped in a path segment: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The bank API of the service under test, at a target.
#[derive(Clone, Debug)]
pub struct Service {
    target: Target,
    transport: Transport,
}

/// An operation, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub call: Arc<Call>,
    pub tags: Tags,
    method: Method,
    uri: Uri,
    body: Bytes,
}

/// What an answer says about the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) balance: Option<Amount>,
    pub(super) to_balance: Option<Amount>,
    pub(super) snapshot: Option<Arc<[(AccountId, Amount)]>>,
    pub(super) error: Option<String>,
}

impl Judgement {
    pub(super) fn without(outcome: Outcome, error: Option<String>) -> Self {
        Self { outcome, balance: None, to_balance: None, snapshot: None, error }
    }
}

impl Service {
    pub fn new(target: Target) -> Self {
        Self::over(target, Transport::default())
    }

    pub fn over(target: Target, transport: Transport) -> Self {
        Self { target, transport }
    }

    /// A client for it; see [`Transport::client`].
    pub fn client(&self, timeout: Duration) -> Client {
        self.transport.client(self.target.clone(), timeout)
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// `tags` are those of the workload; the operation adds its own.
    pub fn prepare(&self, call: Call, tags: &Tags) -> Prepared {
        let amount = call.delta.unsigned_abs();
        let (method, path, body) = match (&call.to, call.delta) {
            (Some(to), _) => {
                let body = json!({
                    "fromUserId": user(&call.account), "toUserId": user(to), "amount": amount,
                });
                (Method::POST, "/transfer".to_owned(), body.to_string().into())
            }
            (None, 0) if call.is_everywhere() => {
                (Method::GET, "/accounts".to_owned(), Bytes::new())
            }
            (None, 0) => {
                let account = utf8_percent_encode(call.account.as_str(), SEGMENT);
                (Method::GET, format!("/balance/{account}"), Bytes::new())
            }
            (None, delta) => {
                let body = json!({ "userId": user(&call.account), "amount": amount });
                let path = if delta > 0 { "/deposit" } else { "/withdraw" };
                (Method::POST, path.to_owned(), body.to_string().into())
            }
        };
        let tags =
            tags.with([("operation", call.name.clone()), ("method", method.as_str().into())]);
        Prepared { call: Arc::new(call), tags, method, uri: self.uri(&path), body }
    }

    /// Sets the accounts. `None` asks for the service's own starting state.
    pub(super) async fn reset<'a>(
        &self,
        client: &mut Client,
        accounts: Option<impl IntoIterator<Item = (&'a AccountId, &'a Amount)>>,
    ) -> Result<Answer, TransportError> {
        let body = accounts.map_or_else(Bytes::new, |accounts| {
            let accounts: serde_json::Map<String, Value> = accounts
                .into_iter()
                .map(|(account, balance)| (account.to_string(), json!(balance)))
                .collect();
            json!({ "accounts": accounts }).to_string().into()
        });
        client.send_here(request(Method::POST, self.uri("/reset"), body)).await
    }

    /// Reads one balance, without a virtual user. The inner error is a person's
    /// explanation of an answer that holds no balance.
    pub(super) async fn read(
        &self,
        client: &mut Client,
        account: &AccountId,
    ) -> Result<Result<Amount, String>, TransportError> {
        let prepared = self.prepare(Call::balance(account.clone()), &Tags::default());
        let answer = client.send(prepared.request(None)).await?;
        let judgement = judge(&prepared.call, &answer);
        Ok(judgement.balance.ok_or_else(|| {
            judgement.error.unwrap_or_else(|| "the answer has no \"balance\"".to_owned())
        }))
    }

    /// Asks for the stored answer of an update that carried this key. `None`: the
    /// service knows of none, which may still change.
    pub(super) async fn stored_answer(
        &self,
        client: &mut Client,
        call: &Call,
        key: &str,
    ) -> Option<(Option<Amount>, Option<Amount>)> {
        let uri = self.uri(&format!("/operations/{key}"));
        let answer = client.send(request(Method::GET, uri, Bytes::new())).await.ok()?;
        let body: Value = serde_json::from_slice(&answer.body).ok()?;
        let told = balances(call, Some(&body));
        (answer.status == 200 && told.0.is_some()).then_some(told)
    }

    fn uri(&self, path: &str) -> Uri {
        // Paths are made of literals and percent-encoded names.
        Uri::try_from(self.target.path(path)).unwrap_or_default()
    }
}

impl Prepared {
    /// With a `key`, the request carries it as its `Idempotency-Key`.
    pub fn request(&self, key: Option<&str>) -> Request<Full<Bytes>> {
        let mut request = request(self.method.clone(), self.uri.clone(), self.body.clone());
        if let Some(Ok(key)) = key.map(HeaderValue::try_from) {
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        request
    }

    /// The request in a form that a hook can read and change.
    pub fn wire(&self, key: Option<&str>) -> WireRequest {
        let request = self.request(key);
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        WireRequest {
            method: self.method.to_string(),
            path: self.uri.to_string(),
            headers: headers.collect(),
            body: self.body.clone(),
        }
    }
}

/// What the answer to `call` says. A status alone decides where it can: a 4xx
/// promises that nothing happened, a 5xx promises nothing.
pub(super) fn judge(call: &Call, answer: &Answer) -> Judgement {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let body = body.as_ref();
    let refused = |outcome| Judgement::without(outcome, Some(describe(call, answer, body)));
    match answer.status {
        200..=299 => acknowledged(call, answer, body),
        400 | 402 | 409 | 422 if call.is_update() && is_insufficient(body) => {
            Judgement { error: None, ..refused(Outcome::Rejected) }
        }
        503 if text(body, "code") == Some("unavailable") => refused(Outcome::Failed),
        408 => refused(Outcome::Unknown),
        400..=499 => refused(Outcome::Failed),
        _ => refused(Outcome::Unknown),
    }
}

fn acknowledged(call: &Call, answer: &Answer, body: Option<&Value>) -> Judgement {
    let empty = answer.body.is_empty() && call.is_update();
    if body.is_none() && !empty {
        let error = format!("{}: {} with a body that is not JSON", call.name, answer.status);
        return Judgement::without(Outcome::Unknown, Some(error));
    }
    let (balance, to_balance) = balances(call, body);
    let snapshot = body.filter(|_| call.is_everywhere()).and_then(snapshot);
    if call.is_everywhere() && snapshot.is_none() {
        let error = format!("{}: {} without a list of accounts", call.name, answer.status);
        return Judgement::without(Outcome::Failed, Some(error));
    }
    Judgement { balance, to_balance, snapshot, ..Judgement::without(Outcome::Ok, None) }
}

/// The balances an answer tells: of the account, and of the one a transfer goes to.
fn balances(call: &Call, body: Option<&Value>) -> (Option<Amount>, Option<Amount>) {
    let amount = |field| body.and_then(|body| body.get(field)).and_then(whole);
    match (&call.to, call.is_update()) {
        (Some(_), _) => (amount("fromBalance"), amount("toBalance")),
        (None, true) => (amount("newBalance"), None),
        (None, false) => (amount("balance"), None),
    }
}

/// `{"accounts":{"1":1000,...},...}`
fn snapshot(body: &Value) -> Option<Arc<[(AccountId, Amount)]>> {
    let accounts = body.get("accounts")?.as_object()?;
    accounts.iter().map(|(name, balance)| Some((name.as_str().into(), whole(balance)?))).collect()
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

/// A whole number, also when the service writes it as `1010.0` or `"1010"`
/// (drivers hand BIGINT and NUMERIC to JavaScript as strings).
fn whole(value: &Value) -> Option<Amount> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).or_else(|| {
        let float = value.as_f64()?;
        (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as Amount)
    })
}

/// Names that are whole numbers travel as numbers, as the bank's API has them.
fn user(account: &AccountId) -> Value {
    match account.as_str().parse::<i64>() {
        Ok(number) => json!(number),
        Err(_) => json!(account.as_str()),
    }
}

fn request(method: Method, uri: Uri, body: Bytes) -> Request<Full<Bytes>> {
    let has_body = !body.is_empty();
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    if has_body {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(call: &Call, status: u16, body: &str) -> Judgement {
        let body = Bytes::copy_from_slice(body.as_bytes());
        judge(call, &Answer { status, headers: hyper::HeaderMap::new(), body })
    }

    fn deposit() -> Call {
        Call::deposit(1.into(), 10)
    }

    fn withdraw() -> Call {
        Call::withdraw(1.into(), 5)
    }

    #[test]
    fn an_acknowledgement_carries_its_balance() {
        for body in
            [r#"{"newBalance":1010}"#, r#"{"newBalance":1010.0}"#, r#"{"newBalance":"1010"}"#]
        {
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

    #[test]
    fn names_are_encoded_for_the_path() {
        let service = Service::new("http://localhost/api".parse().expect("a target"));
        let prepared = service.prepare(Call::balance("a/b ü".into()), &Tags::default());
        assert_eq!(prepared.request(None).uri(), "/api/balance/a%2Fb%20%C3%BC");
    }
}
