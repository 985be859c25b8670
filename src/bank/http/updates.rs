use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use super::body;
use super::error::HttpError;
use super::service::{Reply, Service, json};
use crate::bank::ledger::Change;
use crate::model::Amount;

const EXAMPLE: &str = r#"{"userId":1,"amount":10}"#;

/// `POST /deposit {"userId":1,"amount":10}` -> `{"newBalance":1010}`
pub(super) async fn deposit(
    service: &Service,
    request: Request<Incoming>,
) -> Result<Reply, HttpError> {
    let (account, amount) = read(service, request).await?;
    carry_out(service, "deposit", account, Change::Deposit(amount)).await
}

/// `POST /withdraw {"userId":1,"amount":5}` -> `{"newBalance":1005}`
pub(super) async fn withdraw(
    service: &Service,
    request: Request<Incoming>,
) -> Result<Reply, HttpError> {
    let (account, amount) = read(service, request).await?;
    carry_out(service, "withdraw", account, Change::Withdraw(amount)).await
}

async fn read(service: &Service, request: Request<Incoming>) -> Result<(i64, Amount), HttpError> {
    let bytes = body::read(request, service.limits).await?;
    let object = body::object(&bytes, EXAMPLE)?;
    let account = body::integer(&object, "userId", 0..=i64::MAX, "invalid_account", EXAMPLE)?;
    let amount = body::integer(&object, "amount", 1..=Amount::MAX, "invalid_amount", EXAMPLE)?;
    Ok((account, amount))
}

async fn carry_out(
    service: &Service,
    operation: &'static str,
    account: i64,
    change: Change,
) -> Result<Reply, HttpError> {
    let updated = service.ledger.update(account, change).await;
    service.metrics.count_update(operation, &updated);
    let balance = updated?;
    Ok(json(StatusCode::OK, format!(r#"{{"newBalance":{balance}}}"#)))
}
