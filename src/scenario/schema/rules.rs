//! What the keys of one mapping ask of each other.

use serde_json::{Value as Json, json};

use crate::scenario::keys;

/// The verbs that come with bankrun, and the request in place of one.
const VERBS: &[&str] = &["deposit", "withdraw", "transfer", "balance", "accounts", "request"];

pub(super) fn of(section: &str) -> Json {
    match section {
        // What another file has need not be here.
        "file" => json!({ "anyOf": [has("scenarios"), has("include")] }),
        "account" => json!({ "required": ["balance"] }),
        "workload" => workload(),
        "operation" => operation(),
        "declared" => json!({
            "required": ["request"],
            "dependentRequired": { "resolve": ["effect"] },
        }),
        "request" => json!({
            "required": ["path"],
            "not": { "anyOf": pairs(&["json", "form", "body"]) },
        }),
        "expected" => expected(),
        "check" => expected(),
        "effect" => json!({
            "required": ["account"],
            "anyOf": [has("delta"), has("balance")],
            "dependentRequired": { "to": ["delta"], "to_balance": ["to"] },
        }),
        "capture" => json!({ "minProperties": 1, "maxProperties": 1 }),
        "basic" => json!({ "required": ["user", "password"] }),
        "http" => json!({ "not": { "anyOf": pairs(&["bearer", "basic"]) } }),
        "stage" => json!({ "required": ["duration", "target"] }),
        "resolve" => json!({ "required": ["request", "applied"] }),
        "reset" => json!({ "required": ["request"] }),
        "read" => json!({
            "required": ["request"],
            "oneOf": [has("balance"), has("balances")],
        }),
        "balances" => json!({ "required": ["each", "account", "balance"] }),
        "data" => json!({ "required": ["file"] }),
        "invariant" => json!({ "required": ["that"] }),
        "fault" => fault(),
        "threshold" => json!({ "required": ["threshold"] }),
        _ => json!({}),
    }
}

fn workload() -> Json {
    let when = |executors: &[&str], then: Json| {
        let named = json!({ "required": ["executor"], "properties": {
            "executor": { "enum": executors },
        }});
        json!({ "if": named, "then": then })
    };
    let without = |keys: &[&str]| {
        let keys = keys.iter().map(|key| ((*key).to_owned(), Json::Bool(false)));
        Json::Object(keys.collect())
    };
    let ramp = ["stages", "start_vus", "graceful_ramp_down"];
    let arrival = ["rate", "start_rate", "time_unit", "pre_allocated_vus", "max_vus"];
    let counted = ["iterations", "max_duration"];
    let counting = ["shared-iterations", "per-vu-iterations"];
    json!({
        "required": ["executor"],
        "oneOf": [has("operations"), has("exec")],
        "allOf": [
            when(&counting, json!({
                "properties": without(&[&["duration"], &ramp[..], &arrival].concat()),
            })),
            when(&["constant-vus"], json!({
                "required": ["duration"],
                "properties": without(&[&counted[..], &ramp, &arrival].concat()),
            })),
            when(&["ramping-vus"], json!({
                "required": ["stages"],
                "properties": without(&[&["vus", "duration"], &counted[..], &arrival].concat()),
            })),
            when(&["constant-arrival-rate"], json!({
                "required": ["rate", "duration", "pre_allocated_vus"],
                "properties":
                    without(&[&["vus", "start_rate"], &counted[..], &ramp].concat()),
            })),
            when(&["ramping-arrival-rate"], json!({
                "required": ["stages", "pre_allocated_vus"],
                "properties": without(&[
                    &["vus", "duration", "rate", "start_vus", "graceful_ramp_down"],
                    &counted[..],
                ].concat()),
            })),
        ],
    })
}

/// One verb with what it needs.
fn fault() -> Json {
    json!({
        "required": ["at"],
        "oneOf": [has("kill"), has("stop"), has("cut"), has("slow")],
        "dependentRequired": {
            "stop": ["for"],
            "slow": ["for", "by"],
            "by": ["slow"],
            "every": ["times"],
            "times": ["every"],
        },
        "dependentSchemas": { "to": { "anyOf": [has("cut"), has("slow")] } },
    })
}

/// One verb, or the name of a declared operation, which is a key of its own.
fn operation() -> Json {
    let verbs = VERBS.iter().map(|verb| has(verb));
    let declared = json!({ "not": { "propertyNames": { "enum": keys::STEP } } });
    json!({
        "anyOf": verbs.chain([declared]).collect::<Vec<_>>(),
        "not": { "anyOf": pairs(VERBS).into_iter().chain(pairs(&["count", "weight"])).collect::<Vec<_>>() },
        "dependentRequired": {
            "deposit": ["account"],
            "withdraw": ["account"],
            "transfer": ["from", "to"],
        },
        "dependentSchemas": { "balance": { "properties": { "account": false } } },
    })
}

fn expected() -> Json {
    let something = json!({ "anyOf": [has("jsonpath"), has("header")] });
    // `contains` and `matches` alone look at the body.
    let relations = ["==", "!=", "<", "<=", ">", ">=", "exists"];
    let subjects = relations.map(|relation| (relation.to_owned(), something.clone()));
    json!({
        "minProperties": 1,
        "not": { "anyOf": pairs(&["jsonpath", "header"]) },
        "dependentSchemas": serde_json::Map::from_iter(subjects),
    })
}

fn has(key: &str) -> Json {
    json!({ "required": [key] })
}

/// Every two of them together.
fn pairs(keys: &[&str]) -> Vec<Json> {
    let pair = |(index, first): (usize, &&str)| {
        let others = &keys[index + 1..];
        others.iter().map(|second| json!({ "required": [first, second] })).collect::<Vec<_>>()
    };
    keys.iter().enumerate().flat_map(pair).collect()
}
