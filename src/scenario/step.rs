//! One operation where it is used: in a workload, in `setup`, in `teardown`.

use std::sync::Arc;

use crate::model::AccountId;

use super::fields::Fields;
use super::reader::{Place, Reader};
use super::service::{self, Argument, Declared};
use super::tree::Value;
use super::types::{Action, Operation, Templated, Use, Verb};
use super::wording::{list_of, quoted};
use super::{keys, values};

const VERBS: &[&str] = &["deposit", "withdraw", "transfer", "balance", "accounts"];
const TRANSFER: &str = "`transfer: 10, from: 1, to: 2`";

/// The operation in these fields. Keys that no operation has are reported.
pub(super) fn read(fields: &Fields<'_>, extra: &[&str], reader: &mut Reader) -> Option<Operation> {
    let declared = reader.declared.clone();
    let names = declared.iter().map(|declared| &*declared.name);
    let own = keys::STEP.iter().filter(|key| !SHARES.contains(key)).copied();
    let valid: Vec<&str> = own.chain(extra.iter().copied()).chain(names).collect();
    let unknown = fields.check_keys(&valid, |key| keys::elsewhere(key, keys::STEP), reader);
    let action = action(fields, unknown > 0, reader);
    let think = fields.get("think").map(|place| values::pause(&place, reader));
    let tags = match fields.get("tags") {
        // Those of a request belong to its declaration.
        Some(place) if !fields.has("request") => service::tags(place, reader),
        _ => Some(Vec::new()),
    };
    let think = match think {
        None => None,
        Some(think) => Some(think?),
    };
    Some(Operation { action: action?, think, tags: tags? })
}

/// The keys by which a workload chooses among its operations.
pub(super) const SHARES: &[&str] = &["count", "weight"];

fn action(fields: &Fields<'_>, has_unknown: bool, reader: &mut Reader) -> Option<Action> {
    let declared = reader.declared.clone();
    let find = |key: &str| declared.iter().find(|declared| &*declared.name == key);
    let is_verb = |key: &str| VERBS.contains(&key) || key == "request" || find(key).is_some();
    let mut verbs = fields.iter().filter(|(key, _)| is_verb(key));
    let Some((verb, place)) = verbs.next() else {
        // The unknown key, reported before, is probably the verb.
        if !has_unknown {
            let hint = match declared.first() {
                None => format!("say what to do: one of {}", list_of(VERBS)),
                Some(first) => format!(
                    "say what to do: one of {}, or what `operations` declares, as `{}`",
                    list_of(VERBS),
                    first.name
                ),
            };
            reader.report(fields.name(), "this operation does nothing", hint);
        }
        check_account(fields, reader);
        return None;
    };
    if let Some((second, place)) = verbs.next() {
        let message = format!("one operation cannot be both `{verb}` and `{second}`");
        reader.report(place.name(), message, "make two items of it".to_owned());
        check_account(fields, reader);
        return None;
    }
    if let Some(declared) = find(verb) {
        return Some(Action::Declared(used(declared, place, reader)?));
    }
    match verb {
        "request" => {
            let declared = Arc::new(service::inline(fields, reader)?);
            for name in declared.variables() {
                reader.needs(name, fields.name(), None);
            }
            reader.captures(&declared);
            Some(Action::Declared(Use { operation: declared, arguments: Vec::new() }))
        }
        "balance" => balance(fields, &place, reader),
        "accounts" => all_accounts(&place, reader),
        "transfer" => transfer(fields, &place, reader),
        _ => update(fields, verb, &place, reader),
    }
}

/// `{ reserve: { seat: 4, qty: 1 } }`
fn used(declared: &Arc<Declared>, place: Place<'_>, reader: &mut Reader) -> Option<Use> {
    let name = &declared.name;
    let variables = declared.variables();
    let spot = place.name();
    let arguments = match &place.node.value {
        // `- reserve:` and `- reserve: {}` give nothing.
        Value::Nothing => Vec::new(),
        _ => {
            let example = format!("`{name}: {{ {} }}`", example_of(declared));
            let fields = Fields::of(place, &example, reader)?;
            let arguments: Vec<Option<(Arc<str>, Argument)>> = fields
                .iter()
                .map(|(key, place)| {
                    let argument = service::argument(&place, reader)?;
                    if let Argument::Value(value) = &argument {
                        for variable in value.variables() {
                            reader.needs(variable, place.value(), None);
                        }
                    }
                    if !variables.contains(key) {
                        let known = variables.iter().map(String::as_str);
                        let hint = reader.did_you_mean(key, known).unwrap_or_else(|| {
                            let names: Vec<&str> = variables.iter().map(String::as_str).collect();
                            match names.is_empty() {
                                true => format!("`{name}` takes nothing"),
                                false => format!("`{name}` takes {}", list_of(&names)),
                            }
                        });
                        let message = format!("`{name}` takes no {}", quoted(key));
                        reader.report(place.name(), message, hint);
                    }
                    Some((key.into(), argument))
                })
                .collect();
            arguments.into_iter().collect::<Option<Vec<_>>>()?
        }
    };
    for variable in variables {
        if !arguments.iter().any(|(key, _)| **key == *variable) {
            reader.needs(variable, spot.clone(), Some(name.clone()));
        }
    }
    Some(Use { operation: declared.clone(), arguments })
}

fn example_of(declared: &Declared) -> String {
    let names: Vec<String> =
        declared.variables().iter().map(|variable| format!("{variable}: 1")).collect();
    names.join(", ")
}

fn balance(fields: &Fields<'_>, place: &Place<'_>, reader: &mut Reader) -> Option<Action> {
    if let Some(account) = fields.get("account") {
        let hint = "write `balance: ACCOUNT` alone".to_owned();
        reader.report(account.name(), "`balance` itself names the account", hint);
    }
    match name(place, reader)? {
        Name::Fixed(account) => Some(Action::Balance { account }),
        Name::Template(account) => Some(Action::Templated(Templated {
            verb: Verb::Balance,
            account,
            to: None,
            amount: None,
        })),
    }
}

fn update(
    fields: &Fields<'_>,
    verb: &str,
    place: &Place<'_>,
    reader: &mut Reader,
) -> Option<Action> {
    let (verb, opposite) = match verb {
        "deposit" => (Verb::Deposit, "withdraw"),
        _ => (Verb::Withdraw, "deposit"),
    };
    let amount = amount(place, Some(opposite), reader);
    let example = format!("`{}: 10, account: 1`", verb.name());
    let account = named_account(fields, "account", place, &example, reader);
    let (account, amount) = (account?, amount?);
    Some(match (account, amount) {
        (Name::Fixed(account), Argument::Range(amount)) => match verb {
            Verb::Deposit => Action::Deposit { account, amount },
            _ => Action::Withdraw { account, amount },
        },
        (account, amount) => Action::Templated(Templated {
            verb,
            account: account.into_template(),
            to: None,
            amount: Some(amount),
        }),
    })
}

fn transfer(fields: &Fields<'_>, place: &Place<'_>, reader: &mut Reader) -> Option<Action> {
    let amount = amount(place, None, reader);
    let from = named_account(fields, "from", place, TRANSFER, reader);
    let to = named_account(fields, "to", place, TRANSFER, reader);
    Some(match (from?, to?, amount?) {
        (Name::Fixed(from), Name::Fixed(to), _) if from == to => {
            let hint = "name two accounts".to_owned();
            reader.report(place.name(), "`transfer` goes from an account to itself", hint);
            return None;
        }
        (Name::Fixed(from), Name::Fixed(to), Argument::Range(amount)) => {
            Action::Transfer { from, to, amount }
        }
        (from, to, amount) => Action::Templated(Templated {
            verb: Verb::Transfer,
            account: from.into_template(),
            to: Some(to.into_template()),
            amount: Some(amount),
        }),
    })
}

/// `accounts: all`
fn all_accounts(place: &Place<'_>, reader: &mut Reader) -> Option<Action> {
    let text = values::text(place, "`accounts: all`", reader)?;
    if text == "all" {
        reader.looks.push(place.value());
        return Some(Action::Accounts);
    }
    let hint = "write `accounts: all`, or `balance: ACCOUNT` for one of them".to_owned();
    reader.report(place.value(), "`accounts` reads all of them at one instant", hint);
    None
}

/// An account by its name, or by what the name is worked out from.
enum Name {
    Fixed(AccountId),
    Template(crate::template::Template),
}

impl Name {
    fn into_template(self) -> crate::template::Template {
        match self {
            Self::Fixed(account) => crate::template::Template::literal(account.as_str()),
            Self::Template(template) => template,
        }
    }
}

fn name(place: &Place<'_>, reader: &mut Reader) -> Option<Name> {
    if !is_template(place) {
        return values::account(place, reader).map(Name::Fixed);
    }
    let template = service::template(place, "`account: \"{{ users.id }}\"`", reader)?;
    for variable in template.variables() {
        reader.needs(variable, place.value(), None);
    }
    Some(Name::Template(template))
}

fn amount(place: &Place<'_>, opposite: Option<&str>, reader: &mut Reader) -> Option<Argument> {
    if !is_template(place) {
        return values::amounts(place, opposite, reader).map(Argument::Range);
    }
    let value = service::json(place, reader)?;
    for variable in value.variables() {
        reader.needs(variable, place.value(), None);
    }
    Some(Argument::Value(value))
}

fn is_template(place: &Place<'_>) -> bool {
    matches!(&place.node.value, Value::Text(text) if text.contains("{{"))
}

/// The account under `key`, which the verb at `verb` cannot do without.
fn named_account(
    fields: &Fields<'_>,
    key: &str,
    verb: &Place<'_>,
    example: &str,
    reader: &mut Reader,
) -> Option<Name> {
    if let Some(place) = fields.get(key) {
        return name(&place, reader);
    }
    if fields.lacks(key, keys::OPERATION) {
        let article = if key == "account" { "an" } else { "a" };
        let message = format!("`{}` needs {article} `{key}`", verb.key());
        reader.report(verb.name(), message, format!("for example {example}"));
    }
    None
}

fn check_account(fields: &Fields<'_>, reader: &mut Reader) {
    if let Some(place) = fields.get("account")
        && !is_template(&place)
    {
        values::account(&place, reader);
    }
}
