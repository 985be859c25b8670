use serde_json::{Value, json};

use crate::bank::http::accounts::MOST;
use crate::bank::ledger::Key;
use crate::model::Amount;

/// Everything that has a name. What is answered is described whole; what is
/// asked may have more fields, except for a reset.
pub(super) fn all() -> Value {
    json!({
        "Account": {
            "description": "The number of an account.",
            "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX
        },
        "Amount": {
            "description": "In whole minor units, such as cents.",
            "type": "integer", "format": "int64", "minimum": 1, "maximum": Amount::MAX
        },
        "Money": {
            "description": "A balance, in whole minor units. Lost updates can leave one below \
                            zero.",
            "type": "integer", "format": "int64", "minimum": Amount::MIN, "maximum": Amount::MAX
        },
        "Start": {
            "description": "A balance to begin with.",
            "type": "integer", "format": "int64", "minimum": 0, "maximum": Amount::MAX
        },
        "Key": {
            "description": "Visible ASCII without spaces; percent-encoded in a path.",
            "type": "string", "minLength": 1, "maxLength": Key::LONGEST, "pattern": "^[!-~]+$"
        },
        "Update": object(&["userId", "amount"], json!({
            "userId": reference("Account"), "amount": reference("Amount")
        })),
        "Transfer": object(&["fromUserId", "toUserId", "amount"], json!({
            "fromUserId": reference("Account"),
            "toUserId": reference("Account"),
            "amount": reference("Amount")
        })),
        "Reset": {
            "description": "Accounts with their balances, or so many accounts from 1 with the \
                            same balance. Neither, or no body: 1, 2 and 3 with 1000 each.",
            "oneOf": [
                closed(&[], json!({})),
                closed(&["accounts"], json!({ "accounts": accounts("Start") })),
                closed(&["count", "balance"], json!({
                    "count": { "type": "integer", "minimum": 1, "maximum": MOST },
                    "balance": reference("Start")
                }))
            ]
        },
        "Done": closed(&["status"], json!({ "status": { "const": "ok" } })),
        "Updated": closed(&["newBalance"], json!({ "newBalance": reference("Money") })),
        "Transferred": closed(&["fromBalance", "toBalance"], json!({
            "fromBalance": reference("Money"), "toBalance": reference("Money")
        })),
        "Answered": { "oneOf": [reference("Updated"), reference("Transferred")] },
        "Balance": closed(&["balance"], json!({ "balance": reference("Money") })),
        "Accounts": closed(&["accounts", "total"], json!({
            "accounts": accounts("Money"),
            "total": {
                "description": "May take more than 64 bits.",
                "type": "integer"
            }
        })),
        "Health": object(
            &["service", "version", "mode", "database", "race_window", "lose_answers"],
            json!({
                "service": { "const": "bankrun" },
                "version": { "type": "string" },
                "mode": { "type": "string" },
                "database": { "type": "string" },
                "race_window": { "type": "string" },
                "lose_answers": { "type": "string" }
            })
        ),
        "Error": {
            "description": "`code` is for programs, `error` for people. With a 503 of `/health` \
                            come its facts, too.",
            "type": "object",
            "required": ["error", "code"],
            "properties": { "error": { "type": "string" }, "code": { "type": "string" } }
        }
    })
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// A body of that schema, with examples.
pub(super) fn content(schema: &str) -> Value {
    let examples: serde_json::Map<String, Value> = examples(schema)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!({ "value": value })))
        .collect();
    json!({ "application/json": { "schema": reference(schema), "examples": examples } })
}

fn examples(schema: &str) -> Vec<(&'static str, Value)> {
    let one = |value| vec![("plain", value)];
    match schema {
        "Update" => one(json!({ "userId": 1, "amount": 10 })),
        "Transfer" => one(json!({ "fromUserId": 1, "toUserId": 2, "amount": 5 })),
        "Reset" => vec![
            ("original", json!({})),
            ("listed", json!({ "accounts": { "1": 500, "2": 0 } })),
            ("counted", json!({ "count": 100, "balance": 1000 })),
        ],
        "Done" => one(json!({ "status": "ok" })),
        "Updated" => one(json!({ "newBalance": 1010 })),
        "Transferred" => one(json!({ "fromBalance": 995, "toBalance": 1005 })),
        "Answered" => vec![
            ("update", json!({ "newBalance": 1010 })),
            ("transfer", json!({ "fromBalance": 995, "toBalance": 1005 })),
        ],
        "Balance" => one(json!({ "balance": 1000 })),
        "Accounts" => one(json!({ "accounts": { "1": 1000, "2": 1000 }, "total": 2000 })),
        "Health" => one(json!({
            "service": "bankrun",
            "version": env!("CARGO_PKG_VERSION"),
            "mode": "robust",
            "database": "PostgreSQL 15.18",
            "race_window": "1ms",
            "lose_answers": "0%"
        })),
        _ => Vec::new(),
    }
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn closed(required: &[&str], properties: Value) -> Value {
    let mut object = object(required, properties);
    object["additionalProperties"] = false.into();
    object
}

/// Balances by account, written as it is shown: `1`, not `01`.
fn accounts(balance: &str) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": "^(0|[1-9][0-9]{0,18})$" },
        "additionalProperties": reference(balance)
    })
}
