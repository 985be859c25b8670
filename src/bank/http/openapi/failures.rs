use hyper::StatusCode;
use serde_json::{Map, Value, json};

/// A way not to be answered with 200.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    /// For programs.
    pub(super) code: &'static str,
    /// When it comes, for people.
    when: &'static str,
    /// A message that comes with it.
    message: &'static str,
}

const fn failure(
    status: StatusCode,
    code: &'static str,
    when: &'static str,
    message: &'static str,
) -> Failure {
    Failure { status, code, when, message }
}

pub(super) const NOT_FOUND: Failure =
    failure(StatusCode::NOT_FOUND, "not_found", "no such path", "there is nothing at /deposits");

pub(super) const METHOD_NOT_ALLOWED: Failure = failure(
    StatusCode::METHOD_NOT_ALLOWED,
    "method_not_allowed",
    "another method is wanted: see `Allow`",
    "GET is not possible here; use POST",
);

/// What may befall every request.
pub(super) const ALWAYS: &[Failure] = &[
    failure(
        StatusCode::BAD_REQUEST,
        "invalid_host",
        "there is more than one `Host`, or none where HTTP/1.1 wants one",
        "a request has one `Host` header, and this one has none",
    ),
    failure(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "a mistake in the server or the database; nothing was applied",
        "an internal error; the server's log says more",
    ),
    failure(
        StatusCode::INTERNAL_SERVER_ERROR,
        "outcome_unknown",
        "the server stopped, or the database went away at the last step: an update may have been \
         applied or not",
        "the server stopped before this was finished, so nobody knows whether it was applied",
    ),
    failure(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "the database is away or has no connection to spare, other updates were in the way, \
         others take all the memory for large bodies and answers, or this took too long; nothing \
         was applied",
        "the database is unavailable: no connection came free within 5s",
    ),
];

/// What takes a token, where there is one.
pub(super) const TOKEN: Failure = failure(
    StatusCode::UNAUTHORIZED,
    "unauthorized",
    "the server has a token, and this request not",
    "this takes the token of the server: `Authorization: Bearer ...`",
);

/// What no page of somebody else's may ask for.
pub(super) const PAGES: &[Failure] = &[
    failure(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "a browser asks for a page of another origin",
        "pages of other origins may not do this: http://example.com",
    ),
    failure(
        StatusCode::MISDIRECTED_REQUEST,
        "foreign_host",
        "the server was asked under a name that somebody may have made to point here: on the \
         loopback interface one that is not this machine's, elsewhere one with a domain, and by a \
         browser",
        "`example.com` is no name of this machine; ask it as localhost, or start the server with \
         a token",
    ),
];

/// Whatever reads a body.
pub(super) const BODY: &[Failure] = &[
    failure(
        StatusCode::BAD_REQUEST,
        "invalid_json",
        "the body is no JSON",
        "the body is no valid JSON: EOF while parsing an object at line 1 column 1",
    ),
    failure(
        StatusCode::BAD_REQUEST,
        "invalid_body",
        "the body is JSON of another shape, or broke off",
        "the body is an array; expected {\"userId\":1,\"amount\":10}",
    ),
    failure(
        StatusCode::BAD_REQUEST,
        "duplicate_field",
        "a key is there twice in one object",
        "`amount` is there twice",
    ),
    failure(
        StatusCode::BAD_REQUEST,
        "missing_field",
        "a field is not there",
        "`amount` is missing; expected {\"userId\":1,\"amount\":10}",
    ),
    failure(
        StatusCode::BAD_REQUEST,
        "invalid_amount",
        "an amount is no whole number, or out of range",
        "`amount` must be a whole number from 1 to 9223372036854775807, not 0",
    ),
    failure(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "the body did not arrive in time",
        "the body did not arrive within 10s",
    ),
    failure(
        StatusCode::PAYLOAD_TOO_LARGE,
        "payload_too_large",
        "the body is too large",
        "the body is larger than 1048576 bytes",
    ),
    failure(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "there is a body, and its content type is given and not JSON",
        "the content type is `text/plain`; expected application/json",
    ),
];

/// Whatever names an account.
pub(super) const ACCOUNT: &[Failure] = &[
    failure(
        StatusCode::BAD_REQUEST,
        "invalid_account",
        "an account is no whole number",
        "the account must be a whole number, not `one`",
    ),
    failure(
        StatusCode::NOT_FOUND,
        "unknown_account",
        "there is no such account",
        "account 9 does not exist",
    ),
];

/// Whatever takes a key.
pub(super) const KEY: Failure = failure(
    StatusCode::BAD_REQUEST,
    "invalid_key",
    "the key is too long, empty, given twice, or has characters other than visible ASCII",
    "an Idempotency-Key has 1 to 200 visible ASCII characters and no spaces",
);

pub(super) const KEY_REUSED: Failure = failure(
    StatusCode::UNPROCESSABLE_ENTITY,
    "key_reused",
    "the key belongs to an update that asked for something else",
    "this Idempotency-Key belongs to another update: deposit 10 to account 1",
);

pub(super) const UNKNOWN_OPERATION: Failure = failure(
    StatusCode::NOT_FOUND,
    "unknown_operation",
    "no update with this key has been applied",
    "no update with this Idempotency-Key has been applied",
);

pub(super) const INSUFFICIENT_FUNDS: Failure = failure(
    StatusCode::BAD_REQUEST,
    "insufficient_funds",
    "the balance is smaller than the amount",
    "Insufficient funds",
);

pub(super) const OVERFLOW: Failure = failure(
    StatusCode::BAD_REQUEST,
    "overflow",
    "the balance would be larger than 64 bits hold",
    "the balance would exceed 9223372036854775807",
);

pub(super) const SAME_ACCOUNT: Failure = failure(
    StatusCode::BAD_REQUEST,
    "same_account",
    "the two accounts are one",
    "`fromUserId` and `toUserId` are the same account, 1",
);

pub(super) const INVALID_COUNT: Failure = failure(
    StatusCode::BAD_REQUEST,
    "invalid_count",
    "the count is no whole number, or out of range",
    "`count` must be a whole number from 1 to 1000000, not 0",
);

/// The response that stands for all `failures` of one status.
pub(super) fn response(status: StatusCode, failures: &[Failure]) -> Value {
    let lines = failures.iter().map(|failure| format!("`{}`: {}", failure.code, failure.when));
    let codes: Vec<&str> = failures.iter().map(|failure| failure.code).collect();
    let example = |failure: &Failure| {
        let value = json!({ "error": failure.message, "code": failure.code });
        (failure.code.to_owned(), json!({ "value": value }))
    };
    let examples: Map<String, Value> = failures.iter().map(example).collect();
    let mut response = json!({
        "description": lines.collect::<Vec<_>>().join("\n\n"),
        "content": { "application/json": {
            "schema": {
                "$ref": "#/components/schemas/Error",
                "properties": { "code": { "enum": codes } }
            },
            "examples": examples
        } }
    });
    if let Some((name, header)) = header(status) {
        response["headers"] = json!({ name: header });
    }
    response
}

/// What comes with every answer of this status.
fn header(status: StatusCode) -> Option<(&'static str, Value)> {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((
            "Allow",
            json!({
                "description": "The methods that are possible here.",
                "required": true,
                "schema": { "enum": ["POST", "GET, HEAD"] }
            }),
        )),
        StatusCode::UNAUTHORIZED => Some((
            "WWW-Authenticate",
            json!({
                "description": "What is wanted: a bearer token.",
                "required": true,
                "schema": { "type": "string" }
            }),
        )),
        StatusCode::SERVICE_UNAVAILABLE => Some((
            "Retry-After",
            json!({
                "description": "Seconds to wait before the same is worth another try.",
                "required": true,
                "schema": { "type": "integer", "minimum": 1 }
            }),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use hyper::Method;

    use super::super::document::{example, listed};
    use crate::bank::http::body::BadBody;
    use crate::bank::http::error::HttpError;
    use crate::bank::ledger::{BadKey, LedgerError, StoreError};

    /// One of each way to fail.
    fn errors() -> Vec<HttpError> {
        let syntax = serde_json::from_str::<u8>("x").expect_err("no number");
        let range =
            |code| BadBody::NotInRange { field: "f".into(), range: 1..=2, found: "3".into(), code };
        let bodies = [
            BadBody::Empty("e"),
            BadBody::Syntax(syntax),
            BadBody::NotAnObject { found: "f".into(), expected: "e" },
            BadBody::Duplicate("d".into()),
            BadBody::Missing { field: "f", expected: "e" },
            range("invalid_account"),
            range("invalid_amount"),
            range("invalid_count"),
            BadBody::SameAccount(1),
            BadBody::Reset("r".into()),
        ];
        let stores = [
            StoreError::UnknownAccount(1),
            StoreError::Conflict("c".into()),
            StoreError::Unavailable("u".into()),
            StoreError::Silent("s".into()),
            StoreError::OutcomeUnknown("o".into()),
            StoreError::Refused("r".into()),
        ];
        let ledgers = [
            LedgerError::InsufficientFunds,
            LedgerError::Overflow,
            LedgerError::KeyReused("k".into()),
            LedgerError::Contended(1),
        ];
        let ledgers = ledgers.into_iter().chain(stores.map(LedgerError::Store));
        let others = [
            HttpError::NotFound("/".into()),
            HttpError::MethodNotAllowed { method: Method::GET, allow: "POST" },
            HttpError::BadHost("none"),
            HttpError::TooLarge { limit: 1 },
            HttpError::NoMemory,
            HttpError::UnsupportedMediaType("t".into()),
            HttpError::BodyTimeout(Duration::from_secs(1)),
            HttpError::BodyBroken("b".into()),
            HttpError::BadAccount("a".into()),
            HttpError::BadKey(BadKey),
            HttpError::UnknownOperation,
            HttpError::Unauthorized,
            HttpError::ForeignHost("h".into()),
            HttpError::ForeignOrigin("o".into()),
            HttpError::Panicked,
            HttpError::Aborted,
            HttpError::Overdue(Duration::from_secs(1)),
            HttpError::OverdueUpdate(Duration::from_secs(1)),
        ];
        let all: Vec<HttpError> = others
            .into_iter()
            .chain(bodies.map(HttpError::BadBody))
            .chain(ledgers.map(HttpError::Ledger))
            .collect();
        all.iter().for_each(is_known);
        all
    }

    /// Whoever adds a way to fail comes by here: it belongs into `errors`, too.
    fn is_known(error: &HttpError) {
        match error {
            HttpError::NotFound(_)
            | HttpError::MethodNotAllowed { .. }
            | HttpError::BadHost(_)
            | HttpError::TooLarge { .. }
            | HttpError::NoMemory
            | HttpError::UnsupportedMediaType(_)
            | HttpError::BodyTimeout(_)
            | HttpError::BodyBroken(_)
            | HttpError::BadAccount(_)
            | HttpError::BadKey(_)
            | HttpError::UnknownOperation
            | HttpError::Unauthorized
            | HttpError::ForeignHost(_)
            | HttpError::ForeignOrigin(_)
            | HttpError::Panicked
            | HttpError::Aborted
            | HttpError::Overdue(_)
            | HttpError::OverdueUpdate(_) => {}
            HttpError::BadBody(
                BadBody::Empty(_)
                | BadBody::Syntax(_)
                | BadBody::NotAnObject { .. }
                | BadBody::Duplicate(_)
                | BadBody::Missing { .. }
                | BadBody::NotInRange { .. }
                | BadBody::SameAccount(_)
                | BadBody::Reset(_),
            ) => {}
            HttpError::Ledger(
                LedgerError::InsufficientFunds
                | LedgerError::Overflow
                | LedgerError::KeyReused(_)
                | LedgerError::Contended(_)
                | LedgerError::Store(
                    StoreError::UnknownAccount(_)
                    | StoreError::Conflict(_)
                    | StoreError::Unavailable(_)
                    | StoreError::Silent(_)
                    | StoreError::OutcomeUnknown(_)
                    | StoreError::Refused(_),
                ),
            ) => {}
        }
    }

    /// Neither says more than the other.
    #[test]
    fn the_document_has_the_errors_of_the_code_and_no_others() {
        let pair = |error: HttpError| (error.status().as_u16(), error.code().to_owned());
        let of_the_code: BTreeSet<_> = errors().into_iter().map(pair).collect();
        assert_eq!(listed(&example()), of_the_code);
    }
}
