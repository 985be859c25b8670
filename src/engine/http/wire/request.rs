use std::io::Write;

use bytes::Bytes;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use hyper::{Method, Request};

/// Headers that a request gets on its way. They stand over its own.
pub(in super::super) type Added = Vec<(HeaderName, HeaderValue)>;

/// What a request needs that a proxy is to pass on.
#[derive(Debug)]
pub(in super::super) struct ByProxy {
    /// `http://host:port`, before every path (RFC 9112, section 3.2.2).
    pub(in super::super) origin: String,
    pub(in super::super) authorization: Option<HeaderValue>,
}

/// Writes the request as it goes over the wire. Its length is what its body has,
/// whatever its headers say.
pub(super) fn write(
    request: &Request<Bytes>,
    added: &Added,
    by_proxy: Option<&ByProxy>,
    out: &mut Vec<u8>,
) {
    let (method, body) = (request.method(), request.body());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    out.clear();
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    if let Some(by_proxy) = by_proxy {
        out.extend_from_slice(by_proxy.origin.as_bytes());
    }
    if !path.starts_with(['/', '*']) {
        out.push(b'/');
    }
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if let Some(authorization) = by_proxy.and_then(|it| it.authorization.as_ref()) {
        header(&PROXY_AUTHORIZATION, authorization, out);
    }
    for (name, value) in added {
        header(name, value, out);
    }
    for (name, value) in request.headers() {
        let is_ours = name == CONTENT_LENGTH || name == TRANSFER_ENCODING;
        if !is_ours && !added.iter().any(|(known, _)| known == name) {
            header(name, value, out);
        }
    }
    if !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(method) {
        // Into memory nothing fails to be written.
        let _ = write!(out, "content-length: {}\r\n", body.len());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

fn header(name: &HeaderName, value: &HeaderValue, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Whether the request itself says that its connection ends with it.
pub(super) fn is_last(request: &Request<Bytes>, added: &Added) -> bool {
    let own = request.headers().get_all(CONNECTION).iter();
    let added = added.iter().filter(|(name, _)| name == CONNECTION).map(|(_, value)| value);
    own.chain(added).any(|value| has_token(value, "close"))
}

/// Whether a comma-separated header names the token.
pub(super) fn has_token(value: &HeaderValue, token: &str) -> bool {
    let mut tokens = value.as_bytes().split(|byte| *byte == b',');
    tokens.any(|one| one.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: Request<&'static str>, added: Added) -> String {
        let mut out = b"what was there".to_vec();
        write(&request.map(|body| Bytes::from_static(body.as_bytes())), &added, None, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_request_says_its_own_length() {
        let request = Request::post("/deposit?now=1")
            .header("content-length", "7")
            .header("transfer-encoding", "chunked")
            .header("x-a", "1")
            .body("{}")
            .expect("a request");
        let host = (hyper::header::HOST, HeaderValue::from_static("here:80"));
        assert_eq!(
            written(request, vec![host]),
            "POST /deposit?now=1 HTTP/1.1\r\nhost: here:80\r\nx-a: 1\r\ncontent-length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn only_what_has_a_body_by_nature_says_that_it_has_none() {
        let get = Request::get("/").body("").expect("a request");
        assert_eq!(written(get, vec![]), "GET / HTTP/1.1\r\n\r\n");
        let post = Request::post("/").body("").expect("a request");
        assert_eq!(written(post, vec![]), "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
    }

    #[test]
    fn what_is_added_stands_over_what_is_there() {
        let request = Request::get("/").header("cookie", "a=1").body("").expect("a request");
        let both = (hyper::header::COOKIE, HeaderValue::from_static("a=1; b=2"));
        assert_eq!(written(request, vec![both]), "GET / HTTP/1.1\r\ncookie: a=1; b=2\r\n\r\n");
    }

    #[test]
    fn a_token_is_one_of_several() {
        let value = HeaderValue::from_static("keep-alive , Close");
        assert!(has_token(&value, "close"));
        assert!(!has_token(&value, "clos"));
    }
}
