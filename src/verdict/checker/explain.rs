//! The words for an anomaly: what it cost, and a proof in three lines.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::anomaly::{Anomaly, AnomalyKind, Fork, Money};
use super::model::{Kind, Op, Problem};

/// A proof that a person can follow: given this, that would have to be true,
/// and it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `lost update`.
    pub name: &'static str,
    pub account: String,
    /// Whether exactly these operations are at fault.
    pub certain: bool,
    pub given: String,
    pub then: String,
    pub however: String,
    /// `expected 1060, actual 1050: 10 is missing`; where money is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<String>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let likely = if self.certain { "" } else { " (most likely)" };
        writeln!(f, "{} on account {}{likely}", self.name, self.account)?;
        writeln!(f, "  let      {}", self.given)?;
        writeln!(f, "  then     {}", self.then)?;
        write!(f, "  however  {}", self.however)?;
        match &self.money {
            Some(money) => write!(f, "\n  {money}"),
            None => Ok(()),
        }
    }
}

impl AnomalyKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::LostUpdate => "lost update",
            Self::LostWrite => "lost acknowledged write",
            Self::TornTransfer => "torn transfer",
            Self::DuplicateApplication => "duplicate application",
            Self::DifferingAnswers => "differing answers",
            Self::RefusedAfterEffect => "refused after it took effect",
            Self::Overdraft => "overdraft",
            Self::AppliedLate => "applied late",
            Self::WrongAnswer => "wrong answer",
            Self::GarbageRead => "garbage read",
            Self::StaleRead => "stale read",
            Self::FalseRejection => "false rejection",
            Self::TotalNotConserved => "total not conserved",
            Self::FinalBalance => "impossible final balance",
            Self::RealTime => "order against the clock",
            Self::NoOrder => "no possible order",
        }
    }
}

/// Finds words for the anomalies of one history.
pub struct Explainer<'a> {
    ops: HashMap<u64, &'a Op>,
    /// How accounts are called.
    account: Box<dyn Fn(u32) -> String + 'a>,
    /// How the operations of these ids are called.
    names: HashMap<u64, &'a str>,
}

impl fmt::Debug for Explainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explainer").field("operations", &self.ops.len()).finish_non_exhaustive()
    }
}

impl<'a> Explainer<'a> {
    /// Keeps only the operations that `anomalies` name.
    pub fn new(
        problem: &'a Problem,
        anomalies: &[&Anomaly],
        account: impl Fn(u32) -> String + 'a,
    ) -> Self {
        let mut named: Vec<u64> = Vec::new();
        for anomaly in anomalies {
            named.extend(&anomaly.operations);
            named.extend(anomaly.pair.iter().flat_map(|(a, b)| [a, b]));
            let fork = anomaly.fork.iter();
            named.extend(fork.flat_map(|fork| fork.producers.iter().chain(&fork.consumers)));
            named.extend(anomaly.dead_ends.iter().flat_map(|end| &end.producers));
        }
        named.sort_unstable();
        let ops = problem.ops.iter().filter(|op| named.binary_search(&op.id).is_ok());
        let ops = ops.map(|op| (op.id, op)).collect();
        Self { ops, account: Box::new(account), names: HashMap::new() }
    }

    /// Whether the operation of this id is one that the anomalies name.
    pub fn is_told(&self, id: u64) -> bool {
        self.ops.contains_key(&id)
    }

    /// Calls the operations of these ids by these names.
    pub fn calling(self, names: HashMap<u64, &'a str>) -> Self {
        Self { names, ..self }
    }

    pub fn explain(&self, anomaly: &Anomaly) -> Explanation {
        let [given, then, however] = self.proof(anomaly);
        Explanation {
            name: anomaly.kind.name(),
            account: (self.account)(anomaly.account),
            certain: anomaly.certain,
            given,
            then,
            however,
            money: money(anomaly.money),
        }
    }

    fn proof(&self, anomaly: &Anomaly) -> [String; 3] {
        let those = self.list(&anomaly.operations);
        let seen = anomaly.balance.map_or_else(|| "it".to_owned(), |balance| balance.to_string());
        let pair = anomaly.pair.map(|(a, b)| [self.op(a), self.op(b)]);
        let lines: [String; 3] = match (anomaly.kind, &anomaly.fork, pair) {
            (AnomalyKind::LostUpdate, Some(fork), pair) => {
                let all = if fork.consumers.len() == 2 { "both" } else { "all" };
                let who = match pair.filter(|_| !anomaly.certain) {
                    Some([a, b]) => format!("; most likely {a} and {b} collided"),
                    None => String::new(),
                };
                [
                    format!(
                        "{} {all} started from {}{who}",
                        self.list(&fork.consumers),
                        fork.balance
                    ),
                    format!(
                        "the account must have stood at {} {}",
                        fork.balance,
                        times(fork.consumers.len() + usize::from(fork.end))
                    ),
                    format!(
                        "{}: one of them overwrote another",
                        existed(fork, &|ids| self.list(ids))
                    ),
                ]
            }
            (AnomalyKind::LostWrite | AnomalyKind::TornTransfer, Some(fork), pair) => [
                format!("{those} was acknowledged, and led away from {}", fork.balance),
                "everything after it must build on what it wrote".to_owned(),
                match pair {
                    Some([_, later]) => {
                        format!("{later} began later, and again from {}", fork.balance)
                    }
                    None => format!(
                        "the account ended with {}, as if it had not happened",
                        fork.balance
                    ),
                },
            ],
            (AnomalyKind::TornTransfer, ..) => [
                format!("{those} moved money between two accounts"),
                "both of them must show it, or none".to_owned(),
                "the balances make sense only if one shows it and the other does not".to_owned(),
            ],
            (AnomalyKind::DuplicateApplication, Some(_), _) => [
                match anomaly.operations.len() {
                    1 => format!("{those} was acknowledged once"),
                    _ => format!("{those} were acknowledged once each"),
                },
                "it must have moved the account once".to_owned(),
                format!("the account went on from {seen}, where a second application leads"),
            ],
            (AnomalyKind::DifferingAnswers, ..) => [
                format!("{those} are attempts at one operation, under one key"),
                "every acknowledgement of it must say the same".to_owned(),
                "they do not".to_owned(),
            ],
            (AnomalyKind::RefusedAfterEffect, ..) => [
                format!("{those} are attempts at one operation, under one key"),
                "once it is acknowledged, no later attempt at it can be refused".to_owned(),
                "the second one began after the first was acknowledged, and was refused".to_owned(),
            ],
            (AnomalyKind::DuplicateApplication, ..) => [
                format!("{those} happened once"),
                "it must have moved the account once".to_owned(),
                "the balances make sense only if it moved it twice".to_owned(),
            ],
            (AnomalyKind::Overdraft, _, pair) => [
                match pair {
                    Some([other, _]) => {
                        format!("{other} and {those} were under way at the same time")
                    }
                    None if those.is_empty() => "withdrawals need sufficient funds".to_owned(),
                    None => format!("{those} was acknowledged"),
                },
                "the money that was taken must have been there".to_owned(),
                format!("the account went down to {seen}"),
            ],
            (AnomalyKind::AppliedLate, _, pair) => [
                format!("{those} was acknowledged with the balance {seen}"),
                "every operation that began after that answer must build on it".to_owned(),
                match (anomaly.applied, &pair) {
                    (Some((before, after)), Some([earlier, _])) => format!(
                        "it led from {before} to {after}, after {earlier}, which began later; the \
                         final balance is right"
                    ),
                    _ => "others that began later do not".to_owned(),
                },
            ],
            (AnomalyKind::WrongAnswer, Some(fork), _) => [
                format!(
                    "{} answered as if started from {}",
                    self.list(&fork.consumers),
                    fork.balance
                ),
                format!(
                    "the account must have stood at {} {}",
                    fork.balance,
                    times(fork.consumers.len() + usize::from(fork.end))
                ),
                format!(
                    "{}; the final balance is right, so all of them were applied, and an answer \
                     is wrong",
                    existed(fork, &|ids| self.list(ids))
                ),
            ],
            (AnomalyKind::WrongAnswer, ..) => [
                format!("{those} answered {seen}"),
                "that must be the balance which it left".to_owned(),
                match anomaly.applied {
                    Some((before, after)) => format!(
                        "the other answers make sense only if it led from {before} to {after}; \
                         the final balance is right"
                    ),
                    None => "the other answers make sense only if it left another one".to_owned(),
                },
            ],
            (AnomalyKind::GarbageRead, ..) => [
                format!("{those} saw the balance {seen}"),
                "some operation must have written it before".to_owned(),
                format!("nothing that is known to have happened leads to {seen} at that time"),
            ],
            (AnomalyKind::StaleRead, _, pair) => [
                format!("{those} saw the balance {seen}"),
                "no later balance can have been written before it began".to_owned(),
                match pair {
                    Some([other, _]) => {
                        format!("{other} came after {seen}, and had returned by then")
                    }
                    None => format!("{seen} had been overwritten by then"),
                },
            ],
            (AnomalyKind::FalseRejection, ..) => [
                format!("{those} was refused for lack of funds"),
                "the account must have been short while it ran".to_owned(),
                "every balance it can have had at that time was enough".to_owned(),
            ],
            (AnomalyKind::TotalNotConserved, ..) => [
                "money only moves between these accounts".to_owned(),
                "their total must stay the same".to_owned(),
                if those.is_empty() {
                    "it ended as another".to_owned()
                } else {
                    format!("{those} saw another")
                },
            ],
            (AnomalyKind::RealTime, _, Some([first, second])) => [
                format!("{first} returned before {second} began"),
                "it must come first".to_owned(),
                "the balances they answered leave no order in which it does".to_owned(),
            ],
            (AnomalyKind::FinalBalance, ..) => [
                format!("the account ended with {seen}"),
                "some choice of what was applied must lead there".to_owned(),
                "none does".to_owned(),
            ],
            _ => [
                match those.as_str() {
                    "" => "every answer is true".to_owned(),
                    those => format!("every answer is true, that of {those} as well"),
                },
                "there must be an order that explains them all".to_owned(),
                "every order was tried, and none does".to_owned(),
            ],
        };
        lines
    }

    /// `#1 (deposit 10), #2 (withdraw 5) and 3 more`.
    fn list(&self, ids: &[u64]) -> String {
        let shown: Vec<String> = ids.iter().take(4).map(|id| self.op(*id)).collect();
        match (&shown[..], ids.len() - shown.len()) {
            ([one], 0) => one.clone(),
            ([head @ .., last], 0) => format!("{} and {last}", head.join(", ")),
            ([], _) => String::new(),
            (_, more) => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// `#1 (deposit 10)`
    fn op(&self, id: u64) -> String {
        match self.ops.get(&id) {
            Some(op) => format!("#{id} ({})", self.what(op)),
            None => format!("#{id}"),
        }
    }

    /// What the operation asks for: `reserve -1`, `move 5 from a to b`, `look`.
    /// Those of the bank, and those without a name, by what they do: `deposit 10`.
    pub fn what(&self, op: &Op) -> String {
        let name = self.names.get(&op.id).filter(|name| !is_of_the_bank(name));
        match (&op.kind, name) {
            (Kind::Update { delta, .. }, Some(name)) => format!("{name} {delta:+}"),
            (Kind::Update { delta, .. }, None) if *delta < 0 => {
                format!("withdraw {}", delta.unsigned_abs())
            }
            (Kind::Update { delta, .. }, None) => format!("deposit {delta}"),
            (Kind::Transfer { from, to, amount, .. }, name) => {
                let [from, to] = [from, to].map(|account| (self.account)(*account));
                format!("{} {amount} from {from} to {to}", name.unwrap_or(&"transfer"))
            }
            (Kind::Read { .. } | Kind::Snapshot { .. }, Some(name)) => (*name).to_owned(),
            (Kind::Read { .. }, None) => "read".to_owned(),
            (Kind::Snapshot { .. }, None) => "read of all".to_owned(),
        }
    }
}

/// Whether it says no more than what the operation does, or nothing at all.
fn is_of_the_bank(name: &str) -> bool {
    matches!(name, "" | "deposit" | "withdraw" | "transfer" | "balance" | "accounts")
}

fn existed(fork: &Fork, list: &dyn Fn(&[u64]) -> String) -> String {
    let by = match (fork.initial, fork.producers.is_empty()) {
        (true, true) => ", at the start".to_owned(),
        (true, false) => format!(", at the start and after {}", list(&fork.producers)),
        (false, true) => String::new(),
        (false, false) => format!(", after {}", list(&fork.producers)),
    };
    format!("it stood there {}{by}", times(fork.producers.len() + usize::from(fork.initial)))
}

fn times(count: usize) -> String {
    match count {
        0 => "at no time".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

fn money(money: Money) -> Option<String> {
    let (expected, actual) = (money.expected?, money.actual?);
    let off = i128::from(actual) - i128::from(expected);
    let what = if off < 0 { "missing" } else { "too much" };
    (off != 0)
        .then(|| format!("expected {expected}, actual {actual}: {} is {what}", off.unsigned_abs()))
}
