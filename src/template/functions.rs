//! What expressions can call, beside minijinja's own filters and `range`.

use std::sync::{Arc, LazyLock};

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use super::dice::Cup;

/// The name under which an expression finds its random numbers.
pub(super) const DICE: &str = "__dice";
/// The variable that holds all balances by account.
pub const BALANCES: &str = "balances";
/// No expression of a scenario takes so many steps.
const FUEL: u64 = 100_000;
const LONGEST_TEXT: usize = 10_000;

/// The names of the functions, for messages and for telling them from variables.
pub const FUNCTIONS: &[&str] = &["balance", "pick", "random", "random_text", "range", "uuid"];

pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_function("balance", balance);
    environment.add_function("random", random);
    environment.add_function("pick", pick);
    environment.add_function("random_text", random_text);
    environment.add_function("uuid", uuid);
    environment.add_filter("urlencode", urlencode);
    environment
});

/// The balance of an account, where all of them are known: in invariants.
fn balance(state: &State<'_, '_>, account: Value) -> Result<Value, Error> {
    let Some(balances) = state.lookup(BALANCES) else {
        return Err(refusal("balances are known in `invariants` only".to_owned()));
    };
    match balances.get_attr(&account.to_string()) {
        Ok(balance) if !balance.is_undefined() => Ok(balance),
        _ => Err(refusal(format!("there is no account `{account}`"))),
    }
}

/// A whole number from `low` to `high`, both included.
fn random(state: &State<'_, '_>, low: i64, high: i64) -> Result<i64, Error> {
    if low > high {
        return Err(refusal(format!("random({low}, {high}): the range is empty")));
    }
    Ok(dice(state)?.roll().i64(low..=high))
}

fn pick(state: &State<'_, '_>, list: Value) -> Result<Value, Error> {
    let length = match list.kind() {
        ValueKind::Seq => list.len().unwrap_or(0),
        kind => return Err(refusal(format!("pick(list): this is a {kind}, not a list"))),
    };
    if length == 0 {
        return Err(refusal("pick(list): the list is empty".to_owned()));
    }
    let index = dice(state)?.roll().usize(0..length);
    list.get_item_by_index(index)
}

/// So many letters and digits.
fn random_text(state: &State<'_, '_>, length: usize) -> Result<String, Error> {
    if length > LONGEST_TEXT {
        return Err(refusal(format!("random_text(length): at most {LONGEST_TEXT}")));
    }
    let dice = dice(state)?;
    let mut random = dice.roll();
    Ok((0..length).map(|_| random.alphanumeric()).collect())
}

/// A version 4 UUID, the same for the same seed.
fn uuid(state: &State<'_, '_>) -> Result<String, Error> {
    let bits = dice(state)?.roll().u128(..);
    let bits = bits & !(0xf << 76) | (0x4 << 76);
    let bits = bits & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// minijinja's own, which leaves `/` as it is: no value is a part of a path then.
fn urlencode(value: &Value) -> Result<Value, Error> {
    let text = minijinja::filters::urlencode(value)?;
    Ok(Value::from_safe_string(text.replace('/', "%2F")))
}

fn dice(state: &State<'_, '_>) -> Result<Arc<Cup>, Error> {
    let found = state.lookup(DICE).and_then(|value| value.downcast_object::<Cup>());
    found.ok_or_else(|| refusal("there are no random numbers here".to_owned()))
}

fn refusal(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
