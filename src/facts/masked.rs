//! Events as they may be shown: what is built from them shows no secret.

use std::sync::Arc;

use super::{Check, Event, Mismatch, Operation, Request, Tags, WirePart};
use crate::model::Mask;

impl Operation {
    fn masked(self, mask: &Mask) -> Self {
        let error = self.error.map(|text| shared(text, mask));
        Self { error, tags: self.tags.masked(mask), ..self }
    }
}

impl Event {
    /// The same without the secrets that `mask` knows, in all that came from a
    /// service, a template or a script: errors, tags, checks, lines of a log.
    /// Names and accounts are what the scenario makes them.
    pub fn masked(self, mask: &Mask) -> Self {
        if mask.is_empty() {
            return self;
        }
        let text = |text: Arc<str>| shared(text, mask);
        match self {
            Self::Operation(operation) => Self::Operation(operation.masked(mask)),
            Self::Leg(operation) => Self::Leg(operation.masked(mask)),
            Self::Request(request) => Self::Request(Request {
                error: request.error.map(text),
                tags: request.tags.masked(mask),
                ..request
            }),
            Self::IterationCut { workload, error } => {
                Self::IterationCut { workload, error: error.map(text) }
            }
            Self::Check(check) => Self::Check(Check {
                name: text(check.name),
                tags: check.tags.masked(mask),
                mismatch: check.mismatch.map(|mismatch| {
                    let shown = |text: &str| mask.apply(text).into_owned();
                    let (expected, actual) = (shown(&mismatch.expected), shown(&mismatch.actual));
                    Arc::new(Mismatch { expected, actual })
                }),
                ..check
            }),
            Self::Sample(mut sample) => {
                sample.tags = sample.tags.masked(mask);
                Self::Sample(sample)
            }
            Self::Aborted { reason } => Self::Aborted { reason: text(reason) },
            Self::Wire(mut wire) => {
                let shown = |text: String| mask.apply(&text).into_owned();
                wire.part = match wire.part {
                    WirePart::Request { head, body } => {
                        WirePart::Request { head: shown(head), body: shown(body) }
                    }
                    WirePart::Answer { head, body } => {
                        WirePart::Answer { head: shown(head), body: shown(body) }
                    }
                    WirePart::Failure { cause } => WirePart::Failure { cause: shown(cause) },
                };
                Self::Wire(wire)
            }
            Self::Log { message } => Self::Log { message: mask.apply(&message).into_owned() },
            other => other,
        }
    }
}

impl Tags {
    fn masked(&self, mask: &Mask) -> Self {
        let hidden: Vec<(String, String)> = self
            .iter()
            .filter(|(_, value)| mask.apply(value) != *value)
            .map(|(name, value)| (name.to_owned(), mask.apply(value).into_owned()))
            .collect();
        if hidden.is_empty() { self.clone() } else { self.with(hidden) }
    }
}

fn shared(text: Arc<str>, mask: &Mask) -> Arc<str> {
    match mask.apply(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(hidden) => hidden.into(),
    }
}
