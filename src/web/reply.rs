use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::stream::Events;

/// An answer, whole or as a stream of events.
pub(super) type Reply = Response<BoxBody<Bytes, std::convert::Infallible>>;

/// Nothing is fetched from anywhere else, and nobody frames the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
                      data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn page(html: String) -> Reply {
    let mut reply = whole("text/html; charset=utf-8", html);
    set(&mut reply, CONTENT_SECURITY_POLICY, POLICY);
    reply
}

pub(super) fn whole(content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    of(content_type, Full::new(body.into()).boxed())
}

pub(super) fn json(status: StatusCode, value: &Value) -> Reply {
    let mut reply = whole("application/json", value.to_string());
    *reply.status_mut() = status;
    reply
}

pub(super) fn events(events: Events) -> Reply {
    of("text/event-stream", events.boxed())
}

/// A file for the reader to keep. The name is ours, and plain.
pub(super) fn download(name: &str, content_type: &'static str, body: String) -> Reply {
    let mut reply = whole(content_type, body);
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        reply.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    reply
}

pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let mut reply = json(refusal.status(), &json!({ "error": refusal.to_string() }));
    if let Refusal::Method { allow } = refusal {
        set(&mut reply, ALLOW, allow);
    }
    reply
}

fn of(content_type: &'static str, body: BoxBody<Bytes, std::convert::Infallible>) -> Reply {
    let mut reply = Reply::new(body);
    set(&mut reply, CONTENT_TYPE, content_type);
    set(&mut reply, CACHE_CONTROL, "no-store");
    set(&mut reply, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut reply, REFERRER_POLICY, "no-referrer");
    reply
}

fn set(reply: &mut Reply, name: HeaderName, value: &'static str) {
    reply.headers_mut().insert(name, HeaderValue::from_static(value));
}
