use std::collections::BTreeMap;

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::failures::{
    ACCOUNT, ALWAYS, BODY, Failure, INSUFFICIENT_FUNDS, INVALID_COUNT, KEY, KEY_REUSED, OVERFLOW,
    PAGES, SAME_ACCOUNT, TOKEN, UNKNOWN_OPERATION, response,
};
use super::schemas::{content, reference};
use crate::bank::http::operations;
use crate::bank::http::routes::Route;

/// What `method` does on a route.
pub(super) fn operation(route: Route<'_>, method: &str) -> Value {
    let (tag, id, summary) = words(route);
    let id = if method == "HEAD" { format!("{id}Head") } else { id.to_owned() };
    let mut operation = json!({
        "tags": [tag],
        "operationId": id,
        "summary": summary,
        "responses": responses(route)
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(schema) = body(route) {
        operation["requestBody"] =
            json!({ "required": route != Route::Reset, "content": content(schema) });
    }
    if route.is_guarded() {
        // Without one, too: on loopback, or where everybody may.
        operation["security"] = json!([{ "token": [] }, {}]);
    }
    if method == "HEAD" {
        without_bodies(&mut operation["responses"]);
    }
    operation
}

/// Its tag, its name, and what it does.
fn words(route: Route<'_>) -> (&'static str, &'static str, &'static str) {
    match route {
        Route::Reset => ("money", "reset", "Sets all accounts anew, and forgets all keys"),
        Route::Deposit => ("money", "deposit", "Adds an amount to an account"),
        Route::Withdraw => ("money", "withdraw", "Takes an amount from an account"),
        Route::Transfer => ("money", "transfer", "Moves an amount to another account"),
        Route::Balance(_) => ("money", "balance", "The balance of an account"),
        Route::Accounts => ("money", "accounts", "All balances, read at one instant"),
        Route::Operation(_) => (
            "money",
            "operation",
            "What the update with this key was answered; 404 may change while it is under way",
        ),
        Route::Health => ("server", "health", "What this server is, and whether it can work"),
        Route::Metrics => ("server", "metrics", "What this server counts, for Prometheus"),
        Route::OpenApi => ("server", "openapi", "This document"),
    }
}

fn parameters(route: Route<'_>) -> Vec<Value> {
    match route {
        Route::Deposit | Route::Withdraw | Route::Transfer => vec![json!({
            "name": operations::KEY,
            "in": "header",
            "required": false,
            "description": "Names this update, so that it is applied once however often it is \
                            sent: the same again is answered as before.",
            "schema": reference("Key")
        })],
        Route::Balance(_) => vec![json!({
            "name": "userId", "in": "path", "required": true, "schema": reference("Account")
        })],
        Route::Operation(_) => vec![json!({
            "name": "key", "in": "path", "required": true, "schema": reference("Key")
        })],
        Route::Reset | Route::Accounts | Route::Health | Route::Metrics | Route::OpenApi => vec![],
    }
}

/// The schema of the body it takes.
fn body(route: Route<'_>) -> Option<&'static str> {
    match route {
        Route::Reset => Some("Reset"),
        Route::Deposit | Route::Withdraw => Some("Update"),
        Route::Transfer => Some("Transfer"),
        Route::Balance(_)
        | Route::Operation(_)
        | Route::Accounts
        | Route::Health
        | Route::Metrics
        | Route::OpenApi => None,
    }
}

/// What comes with 200.
fn answer(route: Route<'_>) -> Value {
    match route {
        Route::Reset => content("Done"),
        Route::Deposit | Route::Withdraw => content("Updated"),
        Route::Transfer => content("Transferred"),
        Route::Balance(_) => content("Balance"),
        Route::Operation(_) => content("Answered"),
        Route::Accounts => content("Accounts"),
        Route::Health => content("Health"),
        Route::Metrics => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Route::OpenApi => json!({ "application/json": { "schema": { "type": "object" } } }),
    }
}

fn failures(route: Route<'_>) -> Vec<Failure> {
    let updates = |own: &[Failure]| [own, ACCOUNT, &[KEY, KEY_REUSED], BODY, PAGES].concat();
    match route {
        Route::Reset => [&[INVALID_COUNT, TOKEN], BODY, PAGES].concat(),
        Route::Deposit => updates(&[OVERFLOW]),
        Route::Withdraw => updates(&[INSUFFICIENT_FUNDS]),
        Route::Transfer => updates(&[INSUFFICIENT_FUNDS, OVERFLOW, SAME_ACCOUNT]),
        Route::Balance(_) => ACCOUNT.to_vec(),
        Route::Operation(_) => vec![KEY, UNKNOWN_OPERATION],
        Route::Metrics => [&[TOKEN], PAGES].concat(),
        Route::Accounts | Route::Health | Route::OpenApi => vec![],
    }
}

fn responses(route: Route<'_>) -> Map<String, Value> {
    let mut by_status: BTreeMap<StatusCode, Vec<Failure>> = BTreeMap::new();
    for failure in failures(route).into_iter().chain(ALWAYS.iter().copied()) {
        by_status.entry(failure.status).or_default().push(failure);
    }
    let done = json!({ "description": "Done.", "content": answer(route) });
    let failed = by_status
        .iter()
        .map(|(status, failures)| (status.as_str().to_owned(), response(*status, failures)));
    [("200".to_owned(), done)].into_iter().chain(failed).collect()
}

/// As HEAD is answered.
fn without_bodies(responses: &mut Value) {
    for response in responses.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        response.as_object_mut().map(|response| response.remove("content"));
    }
}
