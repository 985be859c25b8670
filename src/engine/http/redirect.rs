//! Redirects, as browsers follow them (the Fetch standard): when, where to, and
//! what of the request goes along.

use bytes::Bytes;
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE,
    HOST, HeaderName, LOCATION, PROXY_AUTHORIZATION,
};
use hyper::{HeaderMap, Method, Request, StatusCode};

use super::location::Address;
use super::{Answer, TransportError};
use crate::model::without_credentials;

/// Which redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Anywhere,
    /// Those that stay where they are: what would do harm elsewhere.
    SameOrigin,
}

/// The redirects of one request so far. Costs nothing until there is one.
#[derive(Debug, Default)]
pub(super) struct Trail {
    passed: Vec<String>,
    /// On the way a GET took the place of the request.
    is_aftermath: bool,
}

impl Trail {
    /// Takes note of a redirect, and turns `request` into the one that follows.
    /// Returns where that one goes.
    pub(super) fn follow(
        &mut self,
        here: &Address,
        answer: &Answer,
        request: &mut Request<Bytes>,
        limits: (u32, Reach),
    ) -> Result<Address, TransportError> {
        let (most, reach) = limits;
        let location = answer.headers.get(LOCATION).map_or(&b""[..], |value| value.as_bytes());
        let there = here.resolve(location).map_err(|fault| {
            let location = without_credentials(&String::from_utf8_lossy(location));
            TransportError::NoAnswer(format!("{here} redirects to `{location}`, which {fault}"))
        })?;
        if reach == Reach::SameOrigin && there.origin != here.origin {
            return Err(TransportError::NoAnswer(format!(
                "{here} redirects to {there}, another service; if that one is meant, make it the \
                 target"
            )));
        }
        self.passed.push(here.to_string());
        if self.passed.len() > most as usize {
            return Err(TransportError::NoAnswer(self.too_many(most, &there)));
        }
        if becomes_get(answer.status, request.method()) {
            self.is_aftermath = true;
            *request.method_mut() = Method::GET;
            *request.body_mut() = Bytes::new();
            drop_headers(request.headers_mut(), is_of_body);
        }
        if there.origin != here.origin {
            drop_headers(request.headers_mut(), |name| is_credential(name) || name == HOST);
        }
        Ok(there)
    }

    fn too_many(&self, most: u32, there: &Address) -> String {
        let there = there.to_string();
        let redirects = if most == 1 { "redirect" } else { "redirects" };
        let circle = if self.passed.contains(&there) { ": they go in a circle" } else { "" };
        format!("not followed any further after {most} {redirects}{circle}, to {there}")
    }

    /// An answer as it is to be judged: once a service was asked, and sent one on
    /// to see what became of it, a refusal speaks of that alone.
    pub(super) fn ended(&self, answer: Answer) -> Answer {
        Answer { is_aftermath: self.is_aftermath, ..answer }
    }

    /// A failure as it is to be judged: once a service has answered with a
    /// redirect, nobody can say that nothing was sent.
    pub(super) fn failed(&self, error: TransportError) -> TransportError {
        match (error, self.passed.last()) {
            (TransportError::NotSent(cause) | TransportError::NoAnswer(cause), Some(last)) => {
                TransportError::NoAnswer(format!("after a redirect from {last}: {cause}"))
            }
            (error, None) => error,
        }
    }
}

/// Whether the answer sends one elsewhere.
pub(super) fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308) && answer.headers.contains_key(LOCATION)
}

/// 303 asks for the result of what was done; 301 and 302 of a POST have come to
/// mean the same. 307 and 308 ask to do it elsewhere.
fn becomes_get(status: u16, method: &Method) -> bool {
    match StatusCode::from_u16(status) {
        Ok(StatusCode::SEE_OTHER) => method != Method::GET && method != Method::HEAD,
        Ok(StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND) => method == Method::POST,
        _ => false,
    }
}

fn drop_headers(headers: &mut HeaderMap, unwanted: impl Fn(&HeaderName) -> bool) {
    let dropped: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name)).cloned().collect();
    for name in dropped {
        headers.remove(name);
    }
}

/// Headers that speak of a body, and go with it.
fn is_of_body(name: &HeaderName) -> bool {
    [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION].contains(name)
        || name == hyper::header::CONTENT_LENGTH
}

/// Headers that are meant for one origin alone.
fn is_credential(name: &HeaderName) -> bool {
    [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_the_method() {
        for (status, method, becomes) in [
            (301, Method::POST, true),
            (302, Method::POST, true),
            (303, Method::POST, true),
            (303, Method::PUT, true),
            (303, Method::HEAD, false),
            (301, Method::PUT, false),
            (302, Method::DELETE, false),
            (307, Method::POST, false),
            (308, Method::POST, false),
        ] {
            assert_eq!(becomes_get(status, &method), becomes, "{status} {method}");
        }
    }
}
