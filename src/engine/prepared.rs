use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};

use super::answers::{Judgement, judge};
use super::{Answer, WireRequest, declared};
use crate::facts::Tags;
use crate::model::Call;
use crate::scenario::{Declared, ReadRule};
use crate::template::Scope;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// An operation, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub name: Arc<str>,
    /// What it does to the accounts. `None`: it is a plain request, not judged.
    pub call: Option<Arc<Call>>,
    /// What it does to further accounts.
    pub(super) legs: Vec<Arc<Call>>,
    pub tags: Tags,
    /// How long the answer is awaited, where it is not as long as always.
    pub(super) timeout: Option<Duration>,
    pub(super) meaning: Meaning,
    /// The logical operation, where the request itself names it.
    pub(super) operation: Option<u64>,
    request: Request<Bytes>,
}

/// How an answer is to be understood.
#[derive(Clone, Debug)]
pub(super) enum Meaning {
    /// As the bank's API has it.
    Bank,
    /// As the scenario declares it.
    Declared(Arc<Spoken>),
    /// A reading of accounts, as the scenario declares it.
    Reading(Arc<ReadRule>, Arc<Scope>),
}

/// A declared operation of one iteration.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) operation: Arc<Declared>,
    /// What its templates see.
    pub(super) scope: Arc<Scope>,
    /// Where its captures go.
    pub(super) iteration: Arc<Scope>,
    /// Of each effect: whether its call goes the other way than the file writes it,
    /// from `to` to `account`.
    pub(super) reversed: Vec<bool>,
}

impl Spoken {
    /// The balances of the accounts of an effect's call, given those of the file's.
    pub(super) fn balances<T>(&self, effect: usize, account: T, to: T) -> (T, T) {
        if self.is_reversed(effect) { (to, account) } else { (account, to) }
    }

    fn is_reversed(&self, effect: usize) -> bool {
        self.reversed.get(effect).copied().unwrap_or_default()
    }
}

impl Prepared {
    pub(super) fn new(
        name: Arc<str>,
        call: Option<Call>,
        tags: Tags,
        request: Request<Bytes>,
        meaning: Meaning,
    ) -> Self {
        let call = call.map(Arc::new);
        let (timeout, operation) = (None, None);
        Self { name, call, legs: Vec::new(), tags, timeout, meaning, operation, request }
    }

    /// A request of our own, about no operation.
    pub(super) fn plain(request: Request<Bytes>) -> Self {
        Self::new("".into(), None, Tags::default(), request, Meaning::Bank)
    }

    /// With a `key`, the request carries it as its `Idempotency-Key`.
    pub fn request(&self, key: Option<&str>) -> Cow<'_, Request<Bytes>> {
        let mut request = Cow::Borrowed(&self.request);
        if let Some(Ok(key)) = key.map(HeaderValue::try_from) {
            request.to_mut().headers_mut().insert(IDEMPOTENCY_KEY, key);
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
            method: request.method().to_string(),
            path: request.uri().to_string(),
            headers: headers.collect(),
            body: request.body().clone(),
        }
    }

    /// Whether its call goes the other way than the file writes it.
    pub(super) fn is_reversed(&self) -> bool {
        match &self.meaning {
            Meaning::Declared(spoken) => spoken.is_reversed(0),
            Meaning::Bank | Meaning::Reading(..) => false,
        }
    }

    /// What the answer says about the operation.
    pub(super) fn judge(&self, answer: &Answer) -> Judgement {
        match (&self.meaning, &self.call) {
            (Meaning::Declared(spoken), _) => declared::judge(spoken, answer),
            (Meaning::Reading(rule, scope), Some(call)) => {
                declared::judge_reading(rule, scope, call, answer)
            }
            (_, Some(call)) => judge(call, answer),
            (_, None) => declared::judge_plain(&self.name, answer),
        }
    }
}
