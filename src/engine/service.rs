//! The service under test: where it is, and how its operations look on the wire.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::declared;
use super::form::Form;
use super::prepared::{Meaning, Prepared};
use super::{Answer, Client, Target, Transport, TransportError};
use crate::engine::answers::balances;
use crate::facts::Tags;
use crate::model::{AccountId, Amount, Call, OperationKind};
use crate::plan::Drawn;
use crate::scenario::ReadRule;
use crate::template::Scope;

/// Escaped in a path segment: all but RFC 3986's unreserved characters.
pub(super) const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The service at a target. Unless the scenario declares something else, it has
/// the API of the bank.
#[derive(Clone, Debug)]
pub struct Service {
    target: Target,
    transport: Transport,
    /// How its accounts are read, where the scenario says so.
    read: Option<Arc<ReadRule>>,
    is_one_process: bool,
    is_own: bool,
}

impl Service {
    pub fn new(target: Target) -> Self {
        Self::over(target, Transport::default())
    }

    pub fn over(target: Target, transport: Transport) -> Self {
        Self { target, transport, read: None, is_one_process: false, is_own: false }
    }

    /// The same service, whose accounts are read as the scenario says.
    pub fn reading(self, read: Option<ReadRule>) -> Self {
        Self { read: read.map(Arc::new), ..self }
    }

    /// The same service, known to be one process: no connection leads to another
    /// worker than the others.
    pub fn of_one_process(self, is_one: bool) -> Self {
        Self { is_one_process: is_one, ..self }
    }

    /// Whether virtual users change their connections now and then.
    pub(super) fn moves_connections(&self) -> bool {
        !self.is_one_process && self.transport.moves_connections()
    }

    /// The same service, which is known to be a bankrun server or not: such a one
    /// has done what it says it has, and is never waited for.
    pub fn own(self, is_own: bool) -> Self {
        Self { is_own, ..self }
    }

    pub(super) fn is_own(&self) -> bool {
        self.is_own
    }

    /// A client for it; see [`Transport::client`].
    pub fn client(&self, timeout: Duration) -> Client {
        self.transport.client(self.target.clone(), timeout)
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn read_rule(&self) -> Option<&Arc<ReadRule>> {
        self.read.as_ref()
    }

    /// An operation with everything in it worked out. `scope` is the iteration's:
    /// it keeps what is captured. `form`: of an operation that is sent again and again.
    /// The error says what cannot be a request.
    pub fn prepare_drawn(
        &self,
        drawn: Drawn,
        scope: &Arc<Scope>,
        tags: &Tags,
        form: Option<&Form>,
    ) -> Result<Prepared, String> {
        match drawn {
            Drawn::Declared { operation, scope: own } => {
                declared::prepare(self, operation, own, scope.clone(), tags, form)
            }
            Drawn::Call(call) => match &self.read {
                Some(rule) if !call.is_update() => {
                    declared::prepare_read(self, rule, call, scope, tags)
                }
                _ => Ok(self.prepare(call, tags)),
            },
        }
    }

    /// An operation of the bank's API. `tags` are those of the workload; the
    /// operation adds its own.
    pub fn prepare(&self, call: Call, tags: &Tags) -> Prepared {
        let (method, path, body) = match &call.kind {
            OperationKind::Transfer { from, to, amount } => {
                let body = json!({
                    "fromUserId": user(from), "toUserId": user(to), "amount": amount,
                });
                (Method::POST, "/transfer".to_owned(), body.to_string().into())
            }
            OperationKind::Snapshot => (Method::GET, "/accounts".to_owned(), Bytes::new()),
            OperationKind::Read { account } => {
                let account = utf8_percent_encode(account.as_str(), SEGMENT);
                (Method::GET, format!("/balance/{account}"), Bytes::new())
            }
            OperationKind::Update { account, delta } => {
                let body = json!({ "userId": user(account), "amount": delta.unsigned_abs() });
                let path = if *delta < 0 { "/withdraw" } else { "/deposit" };
                (Method::POST, path.to_owned(), body.to_string().into())
            }
        };
        let name = call.name.clone();
        let tags = tags.with([("operation", name.clone()), ("method", method.as_str().into())]);
        let request = self.request(method, &path, body);
        Prepared::new(name, Some(call), tags, request, Meaning::Bank)
    }

    /// Asks for the stored answer of an update that carried this key. `None`: the
    /// service knows of none, which may still change.
    pub(super) async fn stored_answer(
        &self,
        client: &mut Client,
        call: &Call,
        key: &str,
    ) -> Option<(Option<Amount>, Option<Amount>)> {
        let request = self.request(Method::GET, &format!("/operations/{key}"), Bytes::new());
        let answer: Answer = self.send(client, &Prepared::plain(request)).await.ok()?;
        let told = balances(call, &answer.body).ok()?;
        (answer.status == 200 && told.0.is_some()).then_some(told)
    }

    pub(super) async fn send(
        &self,
        client: &mut Client,
        prepared: &Prepared,
    ) -> Result<Answer, TransportError> {
        match prepared.timeout {
            Some(timeout) => client.send_within(timeout, &prepared.request(None)).await,
            None => client.send(prepared.request(None)).await,
        }
    }

    /// A request of the bank's API. What is in its body is JSON.
    pub(super) fn request(&self, method: Method, path: &str, body: Bytes) -> Request<Bytes> {
        let is_json = !body.is_empty();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // Paths are made of literals and percent-encoded names.
        *request.uri_mut() = Uri::try_from(self.target.path(path)).unwrap_or_default();
        if is_json {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        request
    }
}

/// Names that are whole numbers travel as numbers, as the bank's API has them;
/// `0042` is another account than `42`.
fn user(account: &AccountId) -> Value {
    let name = account.as_str();
    match name.parse::<i64>() {
        Ok(number) if number.to_string() == name => json!(number),
        _ => json!(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_for_the_path() {
        let service = Service::new("http://localhost/api".parse().expect("a target"));
        let prepared = service.prepare(Call::balance("a/b ü".into()), &Tags::default());
        assert_eq!(prepared.request(None).uri(), "/api/balance/a%2Fb%20%C3%BC");
    }
}
