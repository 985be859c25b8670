use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use super::body::{self, BadBody};
use super::error::HttpError;
use super::json::{Object, Raw};
use super::service::{Reply, Service, json};
use crate::model::Amount;

/// What a reset without a body means.
const ORIGINAL: [(i64, Amount); 3] = [(1, 1000), (2, 1000), (3, 1000)];

const EXAMPLE: &str = r#"no body, {"accounts":{"1":500,"2":0}} or {"count":10000,"balance":1000}"#;

/// `count` accounts are made at most.
pub(super) const MOST: i64 = 1_000_000;

/// `POST /reset` -> `{"status":"ok"}`
pub(super) async fn reset(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<Reply, HttpError> {
    let bytes = body::read(request, service.limits).await?;
    let accounts = wanted_accounts(&bytes)?;
    service.ledger.reset(&accounts).await?;
    Ok(json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned()))
}

/// `GET /balance/1` -> `{"balance":1000}`
pub(super) async fn balance(service: &Service, account: &str) -> Result<Reply, HttpError> {
    let bad = |_| HttpError::BadAccount(account.chars().take(40).collect());
    let account = account.parse().map_err(bad)?;
    let balance = service.ledger.balance(account).await?;
    Ok(json(StatusCode::OK, format!(r#"{{"balance":{balance}}}"#)))
}

/// `GET /accounts` -> `{"accounts":{"1":1000,"2":1000},"total":2000}`
pub(super) async fn all(service: &Service) -> Result<Reply, HttpError> {
    let accounts = service.ledger.accounts().await?;
    let total: i128 = accounts.iter().map(|(_, balance)| i128::from(*balance)).sum();
    let members: Vec<String> =
        accounts.iter().map(|(id, balance)| format!(r#""{id}":{balance}"#)).collect();
    let members = members.join(",");
    Ok(json(StatusCode::OK, format!(r#"{{"accounts":{{{members}}},"total":{total}}}"#)))
}

/// The accounts a reset asks for; the ids are distinct.
fn wanted_accounts(bytes: &[u8]) -> Result<Vec<(i64, Amount)>, BadBody> {
    if bytes.trim_ascii().is_empty() {
        return Ok(ORIGINAL.to_vec());
    }
    let object = body::object(bytes, EXAMPLE)?;
    let known = ["accounts", "count", "balance"];
    let unknown = object.members().find(|(key, _)| !known.contains(key));
    if let Some((field, _)) = unknown {
        let field: String = field.chars().take(40).collect();
        return Err(BadBody::Reset(format!(
            "`{field}` is no field of a reset; expected {EXAMPLE}"
        )));
    }
    let Some(accounts) = object.get("accounts") else {
        return if object.len() == 0 { Ok(ORIGINAL.to_vec()) } else { counted(&object) };
    };
    match accounts.object() {
        Some(accounts) if object.len() == 1 => listed(&accounts),
        Some(_) => Err(BadBody::Reset(format!(
            "`accounts` cannot be combined with `count` and `balance`; expected {EXAMPLE}"
        ))),
        None => {
            let found = accounts.describe();
            Err(BadBody::Reset(format!("`accounts` is {found}; expected {EXAMPLE}")))
        }
    }
}

fn listed(accounts: &Object<'_>) -> Result<Vec<(i64, Amount)>, BadBody> {
    accounts.members().map(|(name, balance)| Ok((account(name)?, amount(name, balance)?))).collect()
}

/// Written as it will be shown, so that `1` and `01` are not two accounts.
fn account(name: &str) -> Result<i64, BadBody> {
    let id = name.parse::<i64>().ok().filter(|id| *id >= 0 && id.to_string() == name);
    id.ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        BadBody::Reset(format!("`accounts` has an account `{name}`, which is no whole number"))
    })
}

fn amount(account: &str, balance: Raw<'_>) -> Result<Amount, BadBody> {
    let field = || format!("accounts.{account}");
    body::in_range(balance, field, 0..=Amount::MAX, "invalid_amount")
}

fn counted(object: &Object<'_>) -> Result<Vec<(i64, Amount)>, BadBody> {
    let count = body::integer(object, "count", 1..=MOST, "invalid_count", EXAMPLE)?;
    let balance = body::integer(object, "balance", 0..=Amount::MAX, "invalid_amount", EXAMPLE)?;
    Ok((1..=count).map(|id| (id, balance)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_reset() {
        for original in ["", " \n", "{}"] {
            let accounts = wanted_accounts(original.as_bytes());
            assert_eq!(accounts.expect("valid"), ORIGINAL, "{original:?}");
        }
        let listed = wanted_accounts(br#"{"accounts":{"2":0,"1":500}}"#);
        assert_eq!(listed.expect("valid"), [(2, 0), (1, 500)]);
        let counted = wanted_accounts(br#"{"count":2.0,"balance":70e-1}"#);
        assert_eq!(counted.expect("valid"), [(1, 7), (2, 7)]);
    }

    #[test]
    fn names_what_is_wrong() {
        for (body, part) in [
            (r#"{"account":{}}"#, "`account` is no field"),
            (r#"{"accounts":[]}"#, "`accounts` is an array"),
            (r#"{"accounts":{"1":-1}}"#, "`accounts.1` must be a whole number from 0"),
            (r#"{"accounts":{"01":1}}"#, "an account `01`"),
            (r#"{"accounts":{"a":1}}"#, "an account `a`"),
            (r#"{"accounts":{},"count":1}"#, "cannot be combined"),
            (r#"{"count":1}"#, "`balance` is missing"),
            (r#"{"balance":1}"#, "`count` is missing"),
            (r#"{"count":0,"balance":1}"#, "`count` must be a whole number from 1 to 1000000"),
            (r#"{"count":2,"balance":"1"}"#, "not the string \"1\""),
            (r#"{"accounts":{"1":1,"1":2}}"#, "`1` is there twice"),
            (r#"{"count":1,"balance":1,"count":2}"#, "`count` is there twice"),
            ("[]", "the body is an array"),
            ("{", "no valid JSON"),
        ] {
            let error = wanted_accounts(body.as_bytes()).expect_err(body).to_string();
            assert!(error.contains(part), "{body}: {error}");
        }
    }
}
