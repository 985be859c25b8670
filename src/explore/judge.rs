//! Whether an order of steps came out as the requests do when they come one
//! after the other. No model of the service is needed: it is its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::outcome::{Effect, Execution, Reply, State};
use super::trouble::{Trouble, letter};

/// Some of the requests, one after the other.
#[derive(Clone, Debug)]
pub struct Serial {
    /// Which ones, in their order.
    pub order: Vec<usize>,
    pub replies: Vec<Option<Reply>>,
    pub state: State,
}

/// What is wrong with an order of steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Failure {
    /// No order of the requests leaves this state, given which of them were
    /// carried out.
    State,
    /// The state is that of some order, the answers are those of none.
    Answers,
    /// A request was never answered.
    Hung,
}

/// What varies though nothing else does: such fields are not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Varying {
    /// Entries of the state.
    pub entries: BTreeSet<String>,
    /// Fields of answers: `$.createdAt`.
    pub fields: BTreeSet<String>,
}

/// Compares with the serial orders of all subsets.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    serials: Vec<Serial>,
    varying: Varying,
}

impl Judge {
    /// `serials` are all orders of each subset of the requests, `again` the same
    /// once more, for what varies.
    pub fn new(serials: Vec<Serial>, again: &[Serial]) -> Self {
        let mut varying = Varying::default();
        for (one, other) in serials.iter().zip(again) {
            varying.entries.extend(differing(&one.state, &other.state));
            for (one, other) in one.replies.iter().zip(&other.replies) {
                if let (Some(one), Some(other)) = (one, other) {
                    varying.fields.extend(differing(&fields(one), &fields(other)));
                }
            }
        }
        Self { serials, varying }
    }

    /// These fields of answers are not compared either.
    pub fn ignoring(mut self, fields: &[String]) -> Self {
        self.varying.fields.extend(fields.iter().cloned());
        self
    }

    /// Judges by these serial orders, of which `ignored` is not compared, instead of
    /// its own: they have to be the same.
    pub fn with_serials_of(
        mut self,
        serials: &[Serial],
        ignored: &BTreeSet<String>,
    ) -> Result<Self, Trouble> {
        self.varying.entries.extend(ignored.iter().cloned());
        self.varying.fields.extend(ignored.iter().cloned());
        for (own, other) in self.serials.iter().zip(serials) {
            let letters: Vec<String> = own.order.iter().map(|it| letter(*it).to_string()).collect();
            let unlike = |what: String| {
                let after = if letters.is_empty() { "a reset" } else { &letters.join(", ") };
                Err(Trouble::Unlike(after.to_owned(), what))
            };
            if let Some(entry) = self.differences(&own.state, &other.state).first() {
                return unlike(format!("`{entry}` is another"));
            }
            for (request, reply) in own.replies.iter().enumerate() {
                let Some(reply) = reply else { continue };
                let before = other.reply(request);
                if !self.same_reply(before, reply) {
                    let before = before.map_or_else(String::new, shown);
                    return unlike(format!(
                        "{} is answered {} instead of {before}",
                        letter(request),
                        shown(reply)
                    ));
                }
            }
        }
        self.serials = serials.to_vec();
        Ok(self)
    }

    pub fn varying(&self) -> &Varying {
        &self.varying
    }

    pub fn serials(&self) -> &[Serial] {
        &self.serials
    }

    /// `None`: it is as if they had come one after the other.
    pub fn judge(&self, execution: &Execution) -> Option<Failure> {
        if execution.hung {
            return Some(Failure::Hung);
        }
        let mut state_fits = false;
        for serial in self.candidates(execution) {
            if self.same_state(&serial.state, &execution.state) {
                let mut done = self.done(execution);
                state_fits |= done
                    .all(|(request, reply)| status(serial.reply(request)) == status(Some(reply)));
                if self
                    .done(execution)
                    .all(|(request, reply)| self.same_reply(serial.reply(request), reply))
                {
                    return None;
                }
            }
        }
        Some(if state_fits { Failure::Answers } else { Failure::State })
    }

    /// The states that the serial orders leave which fit the answers as far as
    /// they say what was carried out.
    pub fn expected_states<'a>(&'a self, execution: &'a Execution) -> Vec<&'a State> {
        let mut states: Vec<&State> = Vec::new();
        for serial in self.candidates(execution) {
            if !states.iter().any(|state| self.same_state(state, &serial.state)) {
                states.push(&serial.state);
            }
        }
        states
    }

    /// The entries in which a state differs from another, without those that
    /// vary by themselves.
    pub fn differences(&self, one: &State, other: &State) -> Vec<String> {
        differing(one, other).filter(|entry| !self.varying.entries.contains(entry)).collect()
    }

    /// Serial orders of those that were carried out, and some of those of which
    /// it is not known. What was refused had no effect.
    fn candidates<'a>(&'a self, execution: &'a Execution) -> impl Iterator<Item = &'a Serial> {
        let effects: Vec<Option<Effect>> =
            execution.replies.iter().map(|reply| reply.as_ref().map(Reply::effect)).collect();
        self.serials.iter().filter(move |serial| {
            effects.iter().enumerate().all(|(request, effect)| {
                let took_part = serial.order.contains(&request);
                match effect {
                    Some(Effect::Done) => took_part,
                    Some(Effect::Unknown) => true,
                    Some(Effect::Refused) | None => !took_part,
                }
            })
        })
    }

    fn done<'a>(&self, execution: &'a Execution) -> impl Iterator<Item = (usize, &'a Reply)> {
        let replies = execution.replies.iter().enumerate();
        let replies = replies.filter_map(|(request, reply)| Some((request, reply.as_ref()?)));
        replies.filter(|(_, reply)| reply.effect() == Effect::Done)
    }

    fn same_state(&self, one: &State, other: &State) -> bool {
        differing(one, other).all(|entry| self.varying.entries.contains(&entry))
    }

    fn same_reply(&self, one: Option<&Reply>, other: &Reply) -> bool {
        let Some(one) = one else { return false };
        differing(&fields(one), &fields(other)).all(|field| self.varying.fields.contains(&field))
    }
}

impl Serial {
    fn reply(&self, request: usize) -> Option<&Reply> {
        self.replies.get(request)?.as_ref()
    }
}

/// For a person.
fn shown(reply: &Reply) -> String {
    match reply {
        Reply::Answered { status, body } => {
            format!("{status} {}", body.chars().take(200).collect::<String>())
        }
        Reply::Lost(_) => "nothing".to_owned(),
    }
}

fn status(reply: Option<&Reply>) -> Option<u16> {
    match reply? {
        Reply::Answered { status, .. } => Some(*status),
        Reply::Lost(_) => None,
    }
}

/// The entries that two of them do not have in common.
fn differing(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> impl Iterator<Item = String> {
    let of_one = one.iter().filter(|(key, value)| other.get(*key) != Some(value));
    let of_other = other.keys().filter(|key| !one.contains_key(*key));
    of_one.map(|(key, _)| key).chain(of_other).cloned().collect::<BTreeSet<_>>().into_iter()
}

/// What a reply says, field by field where it is JSON.
fn fields(reply: &Reply) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    match reply {
        Reply::Lost(_) => {}
        Reply::Answered { status, body } => {
            fields.insert("status".to_owned(), status.to_string());
            match serde_json::from_str::<Value>(body) {
                Ok(value) => flatten("$".to_owned(), &value, &mut fields),
                Err(_) => drop(fields.insert("body".to_owned(), body.clone())),
            }
        }
    }
    fields
}

fn flatten(path: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                flatten(format!("{path}.{name}"), member, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(format!("{path}[{index}]"), item, fields);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => drop(fields.insert(path, value.to_string())),
    }
}

/// All orders of each subset of so many requests, the smaller ones first.
pub fn serial_orders(requests: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    let mut at = 0;
    while let Some(order) = orders.get(at).cloned() {
        at += 1;
        for request in (0..requests).filter(|request| !order.contains(request)) {
            let mut longer = order.clone();
            longer.push(request);
            orders.push(longer);
        }
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Option<Reply> {
        Some(Reply::Answered { status, body: body.to_owned() })
    }

    fn state(balance: i64) -> State {
        State::from([("account 1".to_owned(), balance.to_string())])
    }

    /// Two deposits, of 10 and 20, on 1000.
    fn deposits() -> Vec<Serial> {
        serial_orders(2)
            .into_iter()
            .map(|order| {
                let (mut balance, mut replies) = (1000, vec![None, None]);
                for request in &order {
                    balance += [10, 20][*request];
                    replies[*request] = answered(200, &format!(r#"{{"newBalance":{balance}}}"#));
                }
                Serial { order, replies, state: state(balance) }
            })
            .collect()
    }

    fn execution(replies: [Option<Reply>; 2], balance: i64) -> Execution {
        Execution { replies: replies.to_vec(), state: state(balance), ..Execution::default() }
    }

    fn new_balance(balance: i64) -> Option<Reply> {
        answered(200, &format!(r#"{{"newBalance": {balance}}}"#))
    }

    #[test]
    fn all_orders_of_all_subsets() {
        assert_eq!(serial_orders(2), [vec![], vec![0], vec![1], vec![0, 1], vec![1, 0]]);
        assert_eq!(serial_orders(3).len(), 16);
        assert_eq!(serial_orders(4).len(), 65);
    }

    #[test]
    fn what_no_order_explains_fails() {
        let judge = Judge::new(deposits(), &deposits());
        for (replies, balance, expected) in [
            ([new_balance(1010), new_balance(1030)], 1030, None),
            ([new_balance(1030), new_balance(1020)], 1030, None),
            ([new_balance(1010), new_balance(1020)], 1010, Some(Failure::State)),
            ([new_balance(1010), new_balance(1020)], 1030, Some(Failure::Answers)),
            // A refusal has no effect.
            ([new_balance(1010), answered(409, "{}")], 1010, None),
            ([new_balance(1030), answered(409, "{}")], 1030, Some(Failure::State)),
            // An error may have had one.
            ([new_balance(1010), answered(500, "")], 1010, None),
            ([new_balance(1030), answered(503, "")], 1030, None),
            ([new_balance(1010), Some(Reply::Lost("gone".into()))], 1030, None),
            ([answered(500, ""), answered(500, "")], 1000, None),
            ([answered(500, ""), answered(500, "")], 1040, Some(Failure::State)),
        ] {
            let execution = execution(replies, balance);
            assert_eq!(judge.judge(&execution), expected, "{execution:?}");
        }
        let hung = Execution { hung: true, ..execution([new_balance(1010), None], 1010) };
        assert_eq!(judge.judge(&hung), Some(Failure::Hung));
    }

    #[test]
    fn a_change_of_the_service_is_judged_by_what_it_did_without() {
        let judge = || Judge::new(deposits(), &deposits());
        assert!(judge().with_serials_of(&deposits(), &BTreeSet::new()).is_ok());
        // Refusing everything loses nothing, and is no remedy.
        let refusing = |status: u16| {
            let mut serials = deposits();
            for serial in &mut serials {
                serial.state = state(1000);
                let replies = serial.replies.iter_mut().flatten();
                replies.for_each(|reply| {
                    *reply = Reply::Answered { status, body: String::new() };
                });
            }
            serials
        };
        for status in [409, 500] {
            let judge = Judge::new(refusing(status), &refusing(status));
            let error = judge.with_serials_of(&deposits(), &BTreeSet::new()).expect_err("unlike");
            assert!(error.to_string().contains("`account 1` is another"), "{error}");
        }
        let mut slower = deposits();
        slower[1].replies[0] = answered(200, r#"{"newBalance":1010,"took":7}"#);
        let judge = || Judge::new(slower.clone(), &slower);
        let error = judge().with_serials_of(&deposits(), &BTreeSet::new()).expect_err("unlike");
        assert!(error.to_string().contains("after A, A is answered 200"), "{error}");
        let ignored = BTreeSet::from(["$.took".to_owned()]);
        let judge = judge().with_serials_of(&deposits(), &ignored).expect("alike");
        assert_eq!(judge.judge(&execution([new_balance(1010), new_balance(1030)], 1030)), None);
    }

    #[test]
    fn what_varies_by_itself_is_not_compared() {
        let with_time = |time: &str| {
            let mut serials = deposits();
            for serial in &mut serials {
                serial.state.insert("updated".into(), time.into());
                for reply in serial.replies.iter_mut().flatten() {
                    if let Reply::Answered { body, .. } = reply {
                        *body = body.replace('}', &format!(r#","at":{{"time":"{time}"}}}}"#));
                    }
                }
            }
            serials
        };
        let judge = Judge::new(with_time("1"), &with_time("2"));
        assert_eq!(judge.varying().entries, BTreeSet::from(["updated".to_owned()]));
        assert_eq!(judge.varying().fields, BTreeSet::from(["$.at.time".to_owned()]));
        let good = execution([new_balance(1010), new_balance(1030)], 1030);
        // The field that varies may even be missing.
        assert_eq!(judge.judge(&good), None);
        let bad = execution([new_balance(1010), new_balance(1020)], 1020);
        assert_eq!(judge.judge(&bad), Some(Failure::State));
        assert_eq!(judge.differences(&bad.state, judge.expected_states(&bad)[0]), ["account 1"]);
    }
}
