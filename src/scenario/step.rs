//! One operation where it is used: in a workload, in `setup`, in `teardown`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{AccountId, Scale};

use super::fields::Fields;
use super::reader::{Place, Reader};
use super::service::{self, Argument, Declared};
use super::suggest::nearest;
use super::tree::Value;
use super::types::{Action, Operation, Templated, Use, Verb};
use super::variables::example_of;
use super::wording::{list_of, quoted};
use super::{keys, values};

const VERBS: &[&str] = &["deposit", "withdraw", "transfer", "balance", "accounts"];
const TRANSFER: &str = "`transfer: 10, from: 1, to: 2`";

/// The operation in these fields. Keys that no operation has are reported.
pub(super) fn read(fields: &Fields<'_>, extra: &[&str], reader: &mut Reader) -> Option<Operation> {
    let declared = reader.declared.clone();
    let names = declared.iter().map(|declared| &*declared.name);
    let own = keys::STEP.iter().filter(|key| !SHARES.contains(key)).copied();
    let unreadable = reader.unreadable.clone();
    let valid: Vec<&str> = own
        .chain(extra.iter().copied())
        .chain(names)
        .chain(unreadable.iter().map(String::as_str))
        .collect();
    let unknown = fields.check_keys(&valid, |key| keys::elsewhere(key, keys::STEP), reader);
    if fields.iter().any(|(key, _)| unreadable.contains(key)) {
        return None;
    }
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

/// Superfluous arguments that are compared with those that are missing.
const LOOKED_AT: usize = 100;

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
                None => format!("say what to do: one of {}, or a `request`", list_of(VERBS)),
                Some(first) => format!(
                    "say what to do: one of {}, a `request`, or what `operations` declares, as \
                     `{}`",
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
    check_company(fields, verb, reader);
    if let Some(declared) = find(verb) {
        return Some(Action::Declared(used(declared, place, reader)?));
    }
    match verb {
        "request" => {
            let declared = Arc::new(service::inline(fields, reader)?);
            for name in declared.variables() {
                let spot = service::spot_of(&fields.place, &name);
                reader.needs(name, spot, None);
            }
            reader.captures(&declared);
            Some(Action::Declared(Use { operation: declared, arguments: Vec::new() }))
        }
        "balance" => balance(fields, &place, reader),
        "accounts" => all_accounts(&place, reader),
        _ if reader.scale != Scale::WHOLE => {
            let message = format!("`{verb}` is of bankrun's own bank, which counts whole numbers");
            let hint = "with `scale` an operation is declared: a `request` and its `effect`";
            reader.report(place.name(), message, hint.to_owned());
            None
        }
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
            let example = example_of(variables.iter().map(String::as_str));
            let example = format!("`{name}: {{ {example} }}`");
            let fields = Fields::of(place, &example, reader)?;
            let arguments: Vec<Option<(Arc<str>, Argument)>> = fields
                .iter()
                .map(|(key, place)| {
                    let argument = service::argument(&place, reader)?;
                    if let Argument::Value(value) = &argument {
                        needs(&place, value.variables(), reader);
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
    // One that is misspelt is no other mistake.
    let all: Vec<&str> = variables.iter().map(String::as_str).collect();
    let misspelt = |variable: &str| {
        let strange = arguments.iter().filter(|(key, _)| !all.contains(&&**key));
        strange.take(LOOKED_AT).any(|(key, _)| nearest(key, all.iter().copied()) == Some(variable))
    };
    for variable in variables.iter().cloned() {
        if !arguments.iter().any(|(key, _)| **key == *variable) && !misspelt(&variable) {
            reader.needs(variable, spot.clone(), Some(name.clone()));
        }
    }
    Some(Use { operation: declared.clone(), arguments })
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
    needs(place, template.variables(), reader);
    Some(Name::Template(template))
}

fn amount(place: &Place<'_>, opposite: Option<&str>, reader: &mut Reader) -> Option<Argument> {
    if !is_template(place) {
        return values::amounts(place, opposite, reader).map(Argument::Range);
    }
    let value = service::json(place, reader)?;
    needs(place, value.variables(), reader);
    Some(Argument::Value(value))
}

/// What a template names where an operation is used. Each at its own place.
fn needs(place: &Place<'_>, variables: BTreeSet<String>, reader: &mut Reader) {
    for variable in variables {
        let spot = service::spot_of(place, &variable);
        if variable == Declared::KEY {
            let hint = "name it in the `request` of an operation that `operations` declares";
            let message = "there is no `key` here: it belongs to a declared operation";
            reader.report(spot, message, hint.to_owned());
        } else {
            reader.needs(variable, spot, None);
        }
    }
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

/// Reports keys that mean nothing beside the verb.
fn check_company(fields: &Fields<'_>, verb: &str, reader: &mut Reader) {
    let own: &[&str] = match verb {
        "request" => return,
        "deposit" | "withdraw" => &["account"],
        "transfer" => &["from", "to"],
        // Reported with a better hint.
        "balance" => &["account"],
        _ => &[],
    };
    let places = ["account", "from", "to"];
    for key in places.iter().chain(keys::DECLARED).chain(&["name"]) {
        // Tags go with everything; what it is called is said by its own key.
        if own.contains(key) || *key == "tags" || *key == verb {
            continue;
        }
        let Some(place) = fields.get(key) else { continue };
        let hint = match (places.contains(key), verb) {
            (true, "deposit" | "withdraw") => "it needs `account` alone",
            (true, "transfer") => "it needs `from` and `to`",
            (true, "accounts") => "it reads all of them",
            (true, _) => "what the operation needs goes into its own braces",
            (false, _) => {
                "it belongs to a `request`, or to an operation that `operations` declares"
            }
        };
        let message = format!("`{key}` does not go with {}", quoted(verb));
        reader.report(place.name(), message, hint.to_owned());
    }
}

fn check_account(fields: &Fields<'_>, reader: &mut Reader) {
    if let Some(place) = fields.get("account")
        && !is_template(&place)
    {
        values::account(&place, reader);
    }
}
