//! Updates that begin with a request of their own: a GET captures what a PUT of the
//! same path writes back, changed. Whatever happens to the object in between is lost,
//! unless the service notices (`If-Match`).

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Request};

use super::Prepared;
use super::prepared::Meaning;
use crate::scenario::Declared;

/// A GET of this iteration that captured something.
#[derive(Debug)]
pub(super) struct ReadBefore {
    path: String,
    names: Vec<String>,
    /// When it was sent.
    pub(super) at: Duration,
}

impl ReadBefore {
    /// `None`: it is no GET, or captures nothing.
    pub(super) fn of(prepared: &Prepared, request: &Request<Bytes>, at: Duration) -> Option<Self> {
        let captures = &declared(prepared)?.captures;
        if captures.is_empty() || request.method() != Method::GET {
            return None;
        }
        let names = captures.iter().map(|capture| capture.name.to_string()).collect();
        Some(Self { path: request.uri().path().to_owned(), names, at })
    }

    /// Whether the request writes to the same path, and has in it what was captured.
    pub(super) fn is_written_by(&self, prepared: &Prepared, request: &Request<Bytes>) -> bool {
        let writes = request.method() != Method::GET && request.uri().path() == self.path;
        writes
            && declared(prepared).is_some_and(|operation| {
                let variables = operation.request.variables();
                self.names.iter().any(|name| variables.contains(name))
            })
    }
}

fn declared(prepared: &Prepared) -> Option<&Declared> {
    match &prepared.meaning {
        Meaning::Declared(spoken) => Some(&spoken.operation),
        Meaning::Bank | Meaning::Reading(..) => None,
    }
}
