//! `bank`: money that is judged. Every call is an operation in the history.

use mlua::{Lua, Table};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::facts::Operation;
use crate::model::{self, Outcome};
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
    if call.host.role == Role::Verifier {
        let cause = "cannot be called in verify(), where the balances were read already: they are in run.balances, and http.* asks the service itself";
        return Err(call.arguments.refuse(cause));
    }
    let operation = vu.operate(&vu.service().prepare(asked, &call.host.tags(&vu))).await?;
    Ok(result(&call.lua, &operation)?)
}

fn result(lua: &Lua, operation: &Operation) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("ok", operation.outcome == Outcome::Ok)?;
    table.raw_set("outcome", outcome(operation.outcome))?;
    table.raw_set("balance", operation.balance)?;
    table.raw_set("to_balance", operation.to_balance)?;
    if let Some(snapshot) = &operation.snapshot {
        let all = snapshot.iter().map(|(account, balance)| (account.as_str(), *balance));
        table.raw_set("balances", lua.create_table_from(all)?)?;
    }
    table.raw_set("status", operation.status)?;
    table.raw_set("error", operation.error.as_deref())?;
    table.raw_set("duration_ms", operation.took().as_secs_f64() * 1000.0)?;
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
