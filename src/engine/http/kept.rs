use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request};

use super::redirect::is_of_body;

/// What a redirect needs again of a request that is already sent. Shares its
/// bytes, and keeps its room for headers from request to request.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Full<Bytes>,
}

impl Kept {
    pub(super) fn keep(&mut self, request: &Request<Full<Bytes>>) {
        self.method.clone_from(request.method());
        self.headers.clear();
        let headers = request.headers().iter();
        self.headers.extend(headers.map(|(name, value)| (name.clone(), value.clone())));
        self.body = request.body().clone();
    }

    pub(super) fn drop_body(&mut self) {
        self.body = Full::default();
        self.drop_headers(is_of_body);
    }

    pub(super) fn drop_headers(&mut self, unwanted: impl Fn(&HeaderName) -> bool) {
        self.headers.retain(|(name, _)| !unwanted(name));
    }

    /// The request once more, without an address.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(self.body.clone());
        request.method_mut().clone_from(&self.method);
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        request
    }
}
