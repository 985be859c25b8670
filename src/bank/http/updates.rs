use hyper::Request;
use hyper::body::Incoming;

use super::body::{self, BadBody};
use super::error::HttpError;
use super::json::Object;
use super::operations;
use super::service::{Reply, Service};
use crate::bank::ledger::{Answer, Change, Key, Transfer};
use crate::model::Amount;

const EXAMPLE: &str = r#"{"userId":1,"amount":10}"#;

const TRANSFER: &str = r#"{"fromUserId":1,"toUserId":2,"amount":5}"#;

/// `POST /deposit {"userId":1,"amount":10}` -> `{"newBalance":1010}`
pub(super) async fn deposit(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<Reply, HttpError> {
    let (key, account, amount) = read(service, request).await?;
    carry_out(service, "deposit", account, Change::Deposit(amount), key).await
}

/// `POST /withdraw {"userId":1,"amount":5}` -> `{"newBalance":1005}`
pub(super) async fn withdraw(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<Reply, HttpError> {
    let (key, account, amount) = read(service, request).await?;
    carry_out(service, "withdraw", account, Change::Withdraw(amount), key).await
}

/// `POST /transfer {"fromUserId":1,"toUserId":2,"amount":5}` ->
/// `{"fromBalance":995,"toBalance":1005}`
pub(super) async fn transfer(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<Reply, HttpError> {
    let key = operations::key(request.headers())?;
    let bytes = body::read(request, service.limits, &service.budget).await?;
    let transfer = wanted_transfer(&bytes)?;
    let moved = service.ledger.transfer(transfer, key).await;
    service.metrics.count_update("transfer", &moved);
    Ok(operations::reply(moved?.store()))
}

fn wanted_transfer(bytes: &[u8]) -> Result<Transfer, BadBody> {
    let object = body::object(bytes, TRANSFER)?;
    let account = |field| account(&object, field, TRANSFER);
    let (from, to) = (account("fromUserId")?, account("toUserId")?);
    let amount = amount(&object, TRANSFER)?;
    Transfer::new(from, to, amount).ok_or(BadBody::SameAccount(from))
}

fn account(
    object: &Object<'_>,
    field: &'static str,
    example: &'static str,
) -> Result<i64, BadBody> {
    body::integer(object, field, 0..=i64::MAX, "invalid_account", example)
}

fn amount(object: &Object<'_>, example: &'static str) -> Result<Amount, BadBody> {
    body::integer(object, "amount", 1..=Amount::MAX, "invalid_amount", example)
}

async fn read(
    service: &Service,
    request: &mut Request<Incoming>,
) -> Result<(Option<Key>, i64, Amount), HttpError> {
    let key = operations::key(request.headers())?;
    let bytes = body::read(request, service.limits, &service.budget).await?;
    let object = body::object(&bytes, EXAMPLE)?;
    Ok((key, account(&object, "userId", EXAMPLE)?, amount(&object, EXAMPLE)?))
}

async fn carry_out(
    service: &Service,
    operation: &'static str,
    account: i64,
    change: Change,
    key: Option<Key>,
) -> Result<Reply, HttpError> {
    let updated = service.ledger.update(account, change, key).await;
    service.metrics.count_update(operation, &updated);
    Ok(operations::reply(updated?.store()))
}
