//! `--http-debug`: what goes over the wire, told as events.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderName, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE};
use hyper::{HeaderMap, Request};
use tokio::sync::mpsc::UnboundedSender;

use super::wire::Added;
use super::{Answer, Origin, TransportError};
use crate::facts::{Event, Wire, WirePart};
use crate::model::without_credentials;

/// Bodies longer than this are cut.
const LONGEST_BODY: usize = 64 * 1024;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpDebug {
    Heads,
    /// Bodies, too.
    Full,
}

/// Tells of the exchanges of one client.
#[derive(Clone, Debug)]
pub(super) struct Tracer {
    pub(super) how: HttpDebug,
    pub(super) events: UnboundedSender<Event>,
    /// Counts the requests of a run.
    pub(super) numbers: Arc<AtomicU64>,
}

impl Tracer {
    /// Returns the number that the answer shall carry as well.
    pub(super) fn request(&self, origin: &Origin, request: &Request<Bytes>, added: &Added) -> u64 {
        let number = 1 + self.numbers.fetch_add(1, Ordering::Relaxed);
        let path = without_credentials(&request.uri().to_string());
        let mut head = format!("{} {origin}{path} HTTP/1.1\n", request.method());
        let mut headers = request.headers().clone();
        headers.extend(added.iter().cloned());
        write_headers(&mut head, &headers);
        let is_full = self.how == HttpDebug::Full;
        let body = if is_full { shown(request.body()) } else { String::new() };
        self.tell(number, WirePart::Request { head, body });
        number
    }

    pub(super) fn answer(&self, number: u64, answer: &Result<Answer, TransportError>) {
        let part = match answer {
            Ok(answer) => {
                let mut head = format!("HTTP/1.1 {}\n", answer.status);
                write_headers(&mut head, &answer.headers);
                let is_full = self.how == HttpDebug::Full;
                let body = if is_full { shown(&answer.body) } else { String::new() };
                WirePart::Answer { head, body }
            }
            Err(error) => WirePart::Failure { cause: error.to_string() },
        };
        self.tell(number, part);
    }

    fn tell(&self, number: u64, part: WirePart) {
        // Nobody listens any more: the run is being torn down.
        let _ = self.events.send(Event::Wire(Wire { number, part }));
    }
}

fn write_headers(head: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        let value = match is_credential(name) || value.is_sensitive() {
            true => "***".into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        let value = if name == LOCATION { without_credentials(&value).into() } else { value };
        // Into a text nothing fails to be written.
        let _ = writeln!(head, "{name}: {value}");
    }
}

/// Also under the names that services make up for theirs: `x-api-key`.
fn is_credential(name: &HeaderName) -> bool {
    const WORDS: [&str; 7] =
        ["auth", "token", "secret", "password", "credential", "session", "api"];
    [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, SET_COOKIE].contains(name)
        || name.as_str().split(['-', '_']).any(|word| WORDS.contains(&word) || word == "apikey")
}

fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST_BODY)]).into_owned();
    match body.len().saturating_sub(LONGEST_BODY) {
        0 => text,
        more => format!("{text}\n... and {more} bytes more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_by_many_names() {
        let hidden = |name: &'static str| is_credential(&HeaderName::from_static(name));
        for name in ["authorization", "cookie", "x-api-key", "x-auth-token", "apikey", "my_secret"]
        {
            assert!(hidden(name), "{name}");
        }
        for name in ["content-type", "idempotency-key", "location", "etag", "x-order"] {
            assert!(!hidden(name), "{name}");
        }
    }
}
