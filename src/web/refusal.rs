use hyper::StatusCode;
use thiserror::Error;

use super::control::StartError;

/// Every way in which the page's server says no.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum Refusal {
    #[error("there is nothing at {0}")]
    NotFound(String),
    #[error("use {allow} here")]
    Method { allow: &'static str },
    #[error(
        "`{0}` is not a name of this page; open it as localhost, or give --allow-host {0} when it \
         is started"
    )]
    ForeignHost(String),
    #[error("only this page itself may start and stop runs, not `{0}`")]
    ForeignOrigin(String),
    #[error("the token of the page is missing or out of date; load the page again")]
    NoToken,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body cannot be read: {0}")]
    Body(String),
    #[error("runs are started in the terminal here; `bankrun ui` lets the page do it")]
    OnlyWatching,
    #[error("a run is under way; stop it first, or wait for its end")]
    Busy,
    #[error("nothing is under way")]
    Idle,
    #[error("{0}")]
    Wrong(String),
    #[error("{0}")]
    NoSuchFile(String),
    #[error("run {0} is not finished yet, or not known any more")]
    NoReport(u64),
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) | Self::NoSuchFile(_) | Self::NoReport(_) => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::ForeignHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin(_) | Self::NoToken | Self::OnlyWatching => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(_) | Self::Wrong(_) => StatusCode::BAD_REQUEST,
            Self::Busy | Self::Idle => StatusCode::CONFLICT,
        }
    }
}

impl From<StartError> for Refusal {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Busy => Self::Busy,
            StartError::Wrong(what) => Self::Wrong(what),
            StartError::NoSuchFile(what) => Self::NoSuchFile(what),
        }
    }
}
