use std::collections::BTreeMap;

use crate::model::{AccountId, Amount};

use super::fields::Fields;
use super::reader::{Place, Reader};
use super::tree::Value;
use super::types::Expect;
use super::wording::quoted;
use super::{keys, values};

/// `expect:`.
pub(super) fn read(place: Place<'_>, reader: &mut Reader) -> Option<Expect> {
    let fields = Fields::of(place, "`expect: { balances: { 1: 1500 } }`", reader)?;
    fields.check_keys(keys::EXPECT, |key| keys::elsewhere(key, keys::EXPECT), reader);
    let balances = fields.get("balances").and_then(|place| {
        let balances = balances(place, false, reader)?;
        for (account, place) in &balances.places {
            reader.used.push((account.clone(), place.name()));
        }
        Some(balances.amounts)
    });
    let total = fields.get("total").and_then(|place| values::balance(&place, reader));
    let non_negative = fields.get("non_negative").and_then(|place| values::boolean(&place, reader));
    Some(Expect {
        balances: balances.unwrap_or_default(),
        total,
        non_negative,
        minimum: BTreeMap::new(),
        set_aside: None,
    })
}

/// Amounts by account, and where each of them stands.
pub(super) struct Balances<'a> {
    pub(super) amounts: BTreeMap<AccountId, Amount>,
    /// How far down those may go that say so.
    pub(super) minimum: BTreeMap<AccountId, Amount>,
    pub(super) places: Vec<(AccountId, Place<'a>)>,
}

/// What accounts hold, at the start or in the end.
pub(super) fn balances<'a>(
    place: Place<'a>,
    at_start: bool,
    reader: &mut Reader,
) -> Option<Balances<'a>> {
    let mut balances =
        Balances { amounts: BTreeMap::new(), minimum: BTreeMap::new(), places: Vec::new() };
    let parent = place.label.clone();
    for (name, mut place) in named(place, reader)? {
        place.label = format!("{parent}.{}", place.label);
        if !values::check_name(&name, &place, reader) {
            continue;
        }
        let account = AccountId::new(name.as_str());
        balances.places.push((account.clone(), place.clone()));
        let start = match &place.node.value {
            Value::Map(_) if at_start => {
                let Some((start, minimum)) = start(place, reader) else {
                    balances.amounts.insert(account, 0);
                    continue;
                };
                balances.minimum.extend(minimum.map(|minimum| (account.clone(), minimum)));
                start
            }
            _ => place,
        };
        // An account whose balance is unreadable still exists.
        let amount = values::balance(&start, reader).unwrap_or_default();
        let minimum = balances.minimum.get(&account).copied();
        if at_start && amount < minimum.unwrap_or(0).min(0) {
            let message = format!("account {} begins with a negative balance", quoted(&name));
            let hint = match minimum {
                Some(minimum) => format!("its minimum is {minimum}"),
                None => "at the start an account holds 0 or more; state a `minimum` for one that \
                         may be overdrawn: `{ balance: -50, minimum: -1000 }`"
                    .to_owned(),
            };
            reader.report(start.value(), message, hint);
        }
        balances.amounts.insert(account, amount);
    }
    Some(balances)
}

/// `{ balance: 1000, minimum: -1000 }`: where the balance stands, and how far down the
/// account may go.
fn start<'a>(place: Place<'a>, reader: &mut Reader) -> Option<(Place<'a>, Option<Amount>)> {
    let fields = Fields::of(place, "`{ balance: 1000, minimum: -1000 }`", reader)?;
    fields.check_keys(keys::ACCOUNT, |key| keys::elsewhere(key, keys::ACCOUNT), reader);
    let minimum = fields.get("minimum").and_then(|place| values::balance(&place, reader));
    let Some(balance) = fields.get("balance") else {
        if fields.lacks("balance", keys::ACCOUNT) {
            let hint = "for example `{ balance: 1000, minimum: -1000 }`".to_owned();
            reader.report(fields.name(), "the account has no `balance`", hint);
        }
        return None;
    };
    Some((balance, minimum))
}

/// To a script `{[1] = 1000, [2] = 1000}` and `{1000, 1000}` are the same table.
pub(super) fn named<'a>(place: Place<'a>, reader: &mut Reader) -> Option<Vec<(String, Place<'a>)>> {
    if let Value::List(items) = &place.node.value
        && reader.is_script()
    {
        let items = items.iter().enumerate().map(|(index, node)| {
            let name = (index + 1).to_string();
            (name.clone(), place.child(name, node, None))
        });
        return Some(items.collect());
    }
    let fields = Fields::of(place, "`{ 1: 1000, 2: 1000 }`", reader)?;
    Some(fields.iter().map(|(name, place)| (name.to_owned(), place)).collect())
}
