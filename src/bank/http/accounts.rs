use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use tokio::sync::MutexGuard;

use super::answer::{Accounts, Answer};
use super::body::{self, BadBody};
use super::budget::Taken;
use super::error::HttpError;
use super::json::{Object, Raw};
use super::service::{Reply, Service, UNKNOWN, json};
use crate::bank::ledger::StoreError;
use crate::model::Amount;

/// What a reset without a body means.
const ORIGINAL: [(i64, Amount); 3] = [(1, 1000), (2, 1000), (3, 1000)];

const EXAMPLE: &str = r#"no body, {"accounts":{"1":500,"2":0}} or {"count":10000,"balance":1000}"#;

/// `count` accounts are made at most.
pub(super) const MOST: i64 = 1_000_000;

/// What each account takes while it is reset: itself, and the statement that makes
/// it; in bytes.
const RESET: usize = 128;

/// What each account takes while all of them are read, in bytes.
const READ: usize = 3 * size_of::<(i64, Amount)>();

/// `POST /reset` -> `{"status":"ok"}`
pub(super) async fn reset(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<Reply, HttpError> {
    let bytes = body::read(request, service.limits, &service.budget).await?;
    let wanted = wanted_accounts(&bytes)?;
    let number = wanted.number();
    let mut taken = service.budget.nothing();
    take(service, &mut taken, number.saturating_mul(RESET))?;
    service.ledger.reset(&wanted.accounts()).await?;
    service.accounts.store(number, Ordering::Relaxed);
    Ok(json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned()))
}

/// `GET /balance/1` -> `{"balance":1000}`
pub(super) async fn balance(service: &Service, account: &str) -> Result<Reply, HttpError> {
    let bad = |_| HttpError::BadAccount(account.chars().take(40).collect());
    let account = account.parse().map_err(bad)?;
    let balance = service.ledger.balance(account).await?;
    Ok(json(StatusCode::OK, format!(r#"{{"balance":{balance}}}"#)))
}

/// So many accounts are read by the way. Of more, or of nobody knows how many, one
/// reading goes on at a time: it keeps a processor busy for a while.
const FEW: usize = 10_000;

/// How long a reading waits for those before it.
const QUEUE: Duration = Duration::from_secs(5);

/// `GET /accounts` -> `{"accounts":{"1":1000,"2":1000},"total":2000}`
pub(super) async fn all(service: &Service) -> Result<Reply, HttpError> {
    let _turn = match service.accounts.load(Ordering::Relaxed) {
        ..=FEW => None,
        _ => Some(turn(service).await?),
    };
    let mut taken = service.budget.nothing();
    let known = Some(service.accounts.load(Ordering::Relaxed)).filter(|number| *number != UNKNOWN);
    take(service, &mut taken, known.unwrap_or_default().saturating_mul(READ))?;
    let rows = service.ledger.accounts().await?;
    service.accounts.store(rows.len(), Ordering::Relaxed);
    let rows = rows.into_boxed_slice().into_vec();
    take(service, &mut taken, size_of_val(&*rows))?;
    Ok(json(StatusCode::OK, Answer::Accounts(Box::new(Accounts::new(rows, taken)))))
}

async fn turn(service: &Service) -> Result<MutexGuard<'_, ()>, HttpError> {
    let busy = || StoreError::Unavailable("others read all accounts".to_owned());
    let turn = tokio::time::timeout(QUEUE, service.reading.lock()).await;
    Ok(turn.map_err(|_| busy())?)
}

/// A small server can do as much as a large one, if nobody else does.
fn take(service: &Service, taken: &mut Taken, bytes: usize) -> Result<(), HttpError> {
    let possible = taken.resize(bytes.min(service.budget.whole()));
    if possible { Ok(()) } else { Err(HttpError::NoMemory) }
}

/// The accounts that a reset asks for; their ids are distinct.
#[derive(Debug)]
enum Wanted {
    Listed(Vec<(i64, Amount)>),
    /// From 1.
    Counted(i64, Amount),
}

impl Wanted {
    fn number(&self) -> usize {
        match self {
            Self::Listed(accounts) => accounts.len(),
            Self::Counted(count, _) => usize::try_from(*count).unwrap_or(usize::MAX),
        }
    }

    fn accounts(self) -> Vec<(i64, Amount)> {
        match self {
            Self::Listed(accounts) => accounts,
            Self::Counted(count, balance) => (1..=count).map(|id| (id, balance)).collect(),
        }
    }
}

fn wanted_accounts(bytes: &[u8]) -> Result<Wanted, BadBody> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Wanted::Listed(ORIGINAL.to_vec()));
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
        return if object.len() == 0 {
            Ok(Wanted::Listed(ORIGINAL.to_vec()))
        } else {
            counted(&object)
        };
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

fn listed(accounts: &Object<'_>) -> Result<Wanted, BadBody> {
    let members = accounts.members();
    let accounts = members.map(|(name, balance)| Ok((account(name)?, amount(name, balance)?)));
    accounts.collect::<Result<_, _>>().map(Wanted::Listed)
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

fn counted(object: &Object<'_>) -> Result<Wanted, BadBody> {
    let count = body::integer(object, "count", 1..=MOST, "invalid_count", EXAMPLE)?;
    let balance = body::integer(object, "balance", 0..=Amount::MAX, "invalid_amount", EXAMPLE)?;
    Ok(Wanted::Counted(count, balance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_reset() {
        for original in ["", " \n", "{}"] {
            let accounts = wanted_accounts(original.as_bytes());
            assert_eq!(accounts.expect("valid").accounts(), ORIGINAL, "{original:?}");
        }
        let listed = wanted_accounts(br#"{"accounts":{"2":0,"1":500}}"#);
        assert_eq!(listed.expect("valid").accounts(), [(2, 0), (1, 500)]);
        let counted = wanted_accounts(br#"{"count":2.0,"balance":70e-1}"#);
        assert_eq!(counted.expect("valid").accounts(), [(1, 7), (2, 7)]);
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
