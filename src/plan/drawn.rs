use std::sync::Arc;

use crate::model::{AccountId, Amount, Call};
use crate::scenario::{Action, Argument, Declared, Templated, Use, Verb};
use crate::template::{Scope, Value};

/// An operation with everything in it worked out.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// A built-in one.
    Call(Call),
    /// One that the scenario declares, and the variables it sees.
    Declared { operation: Arc<Declared>, scope: Arc<Scope> },
}

/// Draws amounts and works out templates, in the scope of an iteration. The
/// error says which operation it is about.
pub fn draw(action: &Action, scope: &Arc<Scope>) -> Result<Drawn, String> {
    match action {
        Action::Templated(templated) => templated_call(templated, scope)
            .map(Drawn::Call)
            .map_err(|cause| format!("{}: {cause}", templated.verb.name())),
        Action::Declared(used) => {
            declared(used, scope).map_err(|cause| format!("{}: {cause}", used.operation.name))
        }
        plain => {
            let call = plain.draw(&mut scope.dice().roll());
            call.map(Drawn::Call).ok_or_else(|| format!("{}: nothing to draw", plain.name()))
        }
    }
}

pub(super) fn templated_call(templated: &Templated, scope: &Arc<Scope>) -> Result<Call, String> {
    let account = AccountId::new(templated.account.render(scope)?);
    let amount = || match &templated.amount {
        Some(amount) => positive(&argument(amount, scope)?),
        None => Err("there is no amount".to_owned()),
    };
    Ok(match (templated.verb, &templated.to) {
        (Verb::Deposit, _) => Call::deposit(account, amount()?),
        (Verb::Withdraw, _) => Call::withdraw(account, amount()?),
        (Verb::Balance, _) => Call::balance(account),
        (Verb::Transfer, None) => return Err("there is no account to transfer to".to_owned()),
        (Verb::Transfer, Some(to)) => {
            let to = AccountId::new(to.render(scope)?);
            if to == account {
                return Err(format!("the transfer goes from account {account} to itself"));
            }
            Call::transfer(account, to, amount()?)
        }
    })
}

fn declared(used: &Use, scope: &Arc<Scope>) -> Result<Drawn, String> {
    let own = scope.inner();
    for (name, value) in &used.arguments {
        own.set(name.clone(), argument(value, scope)?);
    }
    Ok(Drawn::Declared { operation: used.operation.clone(), scope: Arc::new(own) })
}

pub(super) fn argument(argument: &Argument, scope: &Arc<Scope>) -> Result<Value, String> {
    Ok(match argument {
        Argument::Range(range) => Value::from(range.draw(&mut scope.dice().roll())),
        Argument::Value(value) => crate::template::from_json(value.render(scope)?),
    })
}

fn positive(value: &Value) -> Result<Amount, String> {
    whole(value)
        .filter(|amount| *amount > 0)
        .ok_or_else(|| format!("an amount is a positive whole number, not `{value}`"))
}

/// A whole number, also one that is written as a text.
pub fn whole(value: &Value) -> Option<Amount> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
