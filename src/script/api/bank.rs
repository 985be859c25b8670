//! `bank`: money that is judged. Every call is an operation in the history.

use std::time::Duration;

use mlua::{Lua, Table};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::model::{self, Amount, Outcome};
use crate::plan::Drawn;
use crate::script::state::Role;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let bank = make.lua.create_table()?;
    bank.raw_set("deposit", make.waiting("bank.deposit", |call| operate(call, deposit))?)?;
    bank.raw_set("withdraw", make.waiting("bank.withdraw", |call| operate(call, withdraw))?)?;
    bank.raw_set("transfer", make.waiting("bank.transfer", |call| operate(call, transfer))?)?;
    bank.raw_set("accounts", make.waiting("bank.accounts", |call| operate(call, accounts))?)?;
    bank.raw_set("balance", make.waiting("bank.balance", |call| operate(call, balance))?)?;
    make.lua.globals().raw_set("bank", bank)
}

fn deposit(call: &mut Call) -> Result<model::Call, Refusal> {
    let account = call.arguments.account()?;
    Ok(model::Call::deposit(account, call.arguments.amount()?))
}

fn withdraw(call: &mut Call) -> Result<model::Call, Refusal> {
    let account = call.arguments.account()?;
    Ok(model::Call::withdraw(account, call.arguments.amount()?))
}

fn transfer(call: &mut Call) -> Result<model::Call, Refusal> {
    let from = call.arguments.account()?;
    let to = call.arguments.account()?;
    Ok(model::Call::transfer(from, to, call.arguments.amount()?))
}

fn balance(call: &mut Call) -> Result<model::Call, Refusal> {
    Ok(model::Call::balance(call.arguments.account()?))
}

fn accounts(_: &mut Call) -> Result<model::Call, Refusal> {
    Ok(model::Call::accounts())
}

async fn operate(
    mut call: Call,
    asked: fn(&mut Call) -> Result<model::Call, Refusal>,
) -> Result<Table, Refusal> {
    let asked = asked(&mut call)?;
    let vu = call.vu()?;
    refuse_in_verify(&call)?;
    let tags = call.host.tags(&vu);
    let prepared = match call.host.scope(&vu) {
        // A file may say how accounts are read.
        Some(scope) => vu.service().prepare_drawn(Drawn::Call(asked), &scope, &tags, None),
        None => Ok(vu.service().prepare(asked, &tags)),
    };
    let prepared = prepared.map_err(|cause| call.arguments.refuse(cause))?;
    let operation = vu.operate(&prepared).await?;
    let table = result(
        &call.lua,
        Done {
            outcome: operation.outcome,
            balance: operation.balance,
            to_balance: operation.to_balance,
            status: operation.status,
            error: operation.error.as_deref(),
            took: operation.took(),
        },
    )?;
    if let Some(snapshot) = &operation.snapshot {
        let all = snapshot.iter().map(|(account, balance)| (account.as_str(), *balance));
        table.raw_set("balances", call.lua.create_table_from(all)?)?;
    }
    Ok(table)
}

/// What is judged comes before the judgement.
pub(super) fn refuse_in_verify(call: &Call) -> Result<(), Refusal> {
    match call.host.role {
        Role::Verifier => Err(call.arguments.refuse(
            "cannot be called in verify(), where the balances were read already: they are in run.balances, and http.* asks the service itself",
        )),
        Role::User | Role::Caretaker => Ok(()),
    }
}

/// How a judged operation ended.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) outcome: Outcome,
    pub(super) balance: Option<Amount>,
    pub(super) to_balance: Option<Amount>,
    pub(super) status: Option<u16>,
    pub(super) error: Option<&'a str>,
    pub(super) took: Duration,
}

pub(super) fn result(lua: &Lua, done: Done<'_>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("ok", done.outcome == Outcome::Ok)?;
    table.raw_set("outcome", outcome(done.outcome))?;
    table.raw_set("balance", done.balance)?;
    table.raw_set("to_balance", done.to_balance)?;
    table.raw_set("status", done.status)?;
    table.raw_set("error", done.error)?;
    table.raw_set("duration_ms", done.took.as_secs_f64() * 1000.0)?;
    Ok(table)
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Rejected => "rejected",
        Outcome::Failed => "failed",
        Outcome::Unknown => "unknown",
    }
}
