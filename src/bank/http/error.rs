use std::time::Instant;

use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, StatusCode};
use thiserror::Error;

use super::body::BadBody;
use super::complaints::Complaints;
use super::service::{Reply, json};
use crate::bank::ledger::{BadKey, LedgerError, StoreError};

static COMPLAINTS: Complaints = Complaints::new();

/// Every way in which a request is not answered with 200.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("there is nothing at {0}")]
    NotFound(String),
    #[error("{method} is not possible here; use {allow}")]
    MethodNotAllowed { method: Method, allow: &'static str },
    #[error("this takes the token of the server: `Authorization: Bearer ...`")]
    Unauthorized,
    #[error(
        "`{0}` is no name of this machine; ask it as localhost, or start the server with a token"
    )]
    ForeignHost(String),
    #[error("pages of other origins may not do this: {0}")]
    ForeignOrigin(String),
    #[error("a request has one `Host` header, and this one has {0}")]
    BadHost(&'static str),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("others take all the memory there is for large bodies and answers")]
    NoMemory,
    #[error("the content type is `{0}`; expected application/json")]
    UnsupportedMediaType(String),
    #[error("the body did not arrive within {0:?}")]
    BodyTimeout(std::time::Duration),
    #[error("the body broke off: {0}")]
    BodyBroken(String),
    #[error("the account must be a whole number, not `{0}`")]
    BadAccount(String),
    #[error(transparent)]
    BadKey(#[from] BadKey),
    #[error("no update with this Idempotency-Key has been applied")]
    UnknownOperation,
    #[error(transparent)]
    BadBody(#[from] BadBody),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("an internal error; the server's log says more")]
    Panicked,
    #[error("the server stopped before this was finished, so nobody knows whether it was applied")]
    Aborted,
    #[error("this was given up after {0:?}; nothing was to be applied")]
    Overdue(std::time::Duration),
    #[error("this was given up after {0:?}, so nobody knows whether it was applied")]
    OverdueUpdate(std::time::Duration),
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

impl HttpError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::ForeignHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin(_) => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BadHost(_)
            | Self::BodyBroken(_)
            | Self::BadAccount(_)
            | Self::BadKey(_)
            | Self::BadBody(_) => StatusCode::BAD_REQUEST,
            Self::UnknownOperation => StatusCode::NOT_FOUND,
            Self::Ledger(LedgerError::KeyReused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Ledger(LedgerError::InsufficientFunds | LedgerError::Overflow) => {
                StatusCode::BAD_REQUEST
            }
            Self::Ledger(LedgerError::Contended(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(LedgerError::Store(error)) => match error {
                StoreError::UnknownAccount(_) => StatusCode::NOT_FOUND,
                StoreError::Conflict(_) | StoreError::Unavailable(_) | StoreError::Silent(_) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                StoreError::OutcomeUnknown(_) | StoreError::Refused(_) => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
            Self::NoMemory | Self::Overdue(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked | Self::Aborted | Self::OverdueUpdate(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// For programs; the message is for people.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::Unauthorized => "unauthorized",
            Self::ForeignHost(_) => "foreign_host",
            Self::ForeignOrigin(_) => "foreign_origin",
            Self::BadHost(_) => "invalid_host",
            Self::TooLarge { .. } => "payload_too_large",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::BodyTimeout(_) => "request_timeout",
            Self::BodyBroken(_) => "invalid_body",
            Self::BadAccount(_) => "invalid_account",
            Self::BadKey(_) => "invalid_key",
            Self::UnknownOperation => "unknown_operation",
            Self::BadBody(error) => error.code(),
            Self::Ledger(LedgerError::KeyReused(_)) => "key_reused",
            Self::Ledger(LedgerError::InsufficientFunds) => "insufficient_funds",
            Self::Ledger(LedgerError::Overflow) => "overflow",
            Self::Ledger(LedgerError::Contended(_)) => "unavailable",
            Self::Ledger(LedgerError::Store(error)) => match error {
                StoreError::UnknownAccount(_) => "unknown_account",
                StoreError::Conflict(_) | StoreError::Unavailable(_) | StoreError::Silent(_) => {
                    "unavailable"
                }
                StoreError::OutcomeUnknown(_) => "outcome_unknown",
                StoreError::Refused(_) => "internal",
            },
            Self::Panicked => "internal",
            Self::NoMemory | Self::Overdue(_) => "unavailable",
            Self::Aborted | Self::OverdueUpdate(_) => "outcome_unknown",
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::MethodNotAllowed { allow, .. } => Some((ALLOW, HeaderValue::from_static(allow))),
            Self::Unauthorized => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="bankrun""#)))
            }
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Some((RETRY_AFTER, HeaderValue::from_static("1")))
            }
            _ => None,
        }
    }

    /// `{"error":"Insufficient funds","code":"insufficient_funds"}`
    pub(crate) fn into_reply(self) -> Reply {
        self.into_reply_with(serde_json::Map::new())
    }

    fn complain(&self) {
        let code = self.code();
        match COMPLAINTS.is_due(code, Instant::now()) {
            None => {}
            Some(0) => tracing::error!(error = %self, code, "request failed"),
            Some(unsaid) => {
                tracing::error!(error = %self, code, unsaid, "request failed, like others before");
            }
        }
    }

    /// The same, after the members of `facts`.
    pub(super) fn into_reply_with(
        self,
        mut facts: serde_json::Map<String, serde_json::Value>,
    ) -> Reply {
        if self.status().is_server_error() {
            self.complain();
        }
        facts.insert("error".to_owned(), self.to_string().into());
        facts.insert("code".to_owned(), self.code().into());
        let mut reply = json(self.status(), serde_json::Value::Object(facts).to_string());
        reply.headers_mut().extend(self.header());
        reply
    }
}
