//! An anomaly with all that a person needs to believe it.

use std::collections::HashMap;

use serde::Serialize;

use super::checker::{Anomaly, AnomalyKind, Explainer, Explanation, Kind, Op, Outcome, Problem};
use super::subject::Subject;
use crate::facts::History;

/// What went wrong, shown by the few operations that prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    pub anomaly: Anomaly,
    #[serde(flatten)]
    pub explanation: Explanation,
    /// The operations of the proof, by invocation.
    pub operations: Vec<WitnessOp>,
    /// What it was not.
    pub ruled_out: String,
    /// How a service avoids it.
    pub prevention: &'static str,
}

/// One operation of a proof. Times are nanoseconds since the start of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessOp {
    /// The index of its invoke line in the history.
    pub id: u64,
    /// `deposit 10`
    pub what: String,
    pub invoked: u64,
    /// `None`: it was never answered.
    pub completed: Option<u64>,
    /// The balance it started from, by its own answer.
    pub before: Option<i64>,
    /// The balance it answered with.
    pub after: Option<i64>,
}

/// Operations shown of a proof.
const SHOWN: usize = 6;

/// `history` is where the operations have their names from.
pub(super) fn witnesses(
    subject: &Subject<'_>,
    history: &History,
    problem: &Problem,
    anomalies: &[&Anomaly],
) -> Vec<Witness> {
    if anomalies.is_empty() {
        return Vec::new();
    }
    let explainer = Explainer::new(problem, anomalies, |account| subject.name(account));
    let told = history.entries().filter(|entry| explainer.is_told(entry.index));
    let names = told.filter_map(|entry| Some((entry.index, history.name(&entry)?))).collect();
    let explainer = explainer.calling(names);
    let by_id: HashMap<u64, &Op> = problem.ops.iter().map(|op| (op.id, op)).collect();
    let unknown = problem.ops.iter().filter(|op| op.outcome == Outcome::Info).count();
    let witness = |anomaly: &&Anomaly| {
        let mut ops: Vec<&Op> =
            ids(anomaly).iter().filter_map(|id| by_id.get(id).copied()).take(SHOWN).collect();
        ops.sort_by_key(|op| (op.invoked, op.id));
        Witness {
            anomaly: (*anomaly).clone(),
            explanation: explainer.explain(anomaly),
            operations: ops.into_iter().map(|op| show(op, anomaly.account, &explainer)).collect(),
            ruled_out: ruled_out(anomaly.kind, unknown),
            prevention: prevention(anomaly.kind, subject.has_failed_over),
        }
    };
    anomalies.iter().map(witness).collect()
}

/// Consumers of the fork before their producers: they are the proof.
fn ids(anomaly: &Anomaly) -> Vec<u64> {
    let fork = anomaly.fork.iter().flat_map(|fork| fork.consumers.iter().chain(&fork.producers));
    let pair = anomaly.pair.iter().flat_map(|(a, b)| [a, b]);
    let mut ids: Vec<u64> = Vec::new();
    for id in pair.chain(&anomaly.operations).chain(fork) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    ids
}

fn show(op: &Op, account: u32, explainer: &Explainer<'_>) -> WitnessOp {
    let leg = op.kind.legs().find(|leg| leg.account == account);
    let answered = leg.and_then(|leg| leg.balance);
    let (before, after) = match (&op.kind, leg) {
        (Kind::Read { balance, .. }, _) => (None, Some(*balance)),
        (_, Some(leg)) => (answered.map(|balance| balance.wrapping_sub(leg.delta)), answered),
        _ => (None, None),
    };
    let completed = (op.outcome != Outcome::Info).then_some(op.completed);
    let what = explainer.what(op);
    WitnessOp { id: op.id, what, invoked: op.invoked, completed, before, after }
}

fn ruled_out(kind: AnomalyKind, unknown: usize) -> String {
    match unknown {
        0 if kind == AnomalyKind::FalseRejection => {
            "a shortage that came and went: no operation was under way that could have made one"
                .to_owned()
        }
        0 => "a timeout or a refusal: all that is counted was acknowledged".to_owned(),
        1 => "the one operation of unknown outcome: applied or not, it explains nothing".to_owned(),
        many => format!("the {many} operations of unknown outcome: no choice explains it"),
    }
}

fn prevention(kind: AnomalyKind, after_failover: bool) -> &'static str {
    match kind {
        AnomalyKind::LostUpdate => {
            "SELECT ... FOR UPDATE in the transaction, or UPDATE ... SET balance = balance + $1 \
             alone, or a version column, or SERIALIZABLE with a retry"
        }
        AnomalyKind::LostWrite if after_failover => {
            "a synchronous standby (synchronous_standby_names, synchronous_commit on), and failing \
             over to no other"
        }
        AnomalyKind::LostWrite => "acknowledge after COMMIT, with fsync and synchronous_commit on",
        AnomalyKind::TornTransfer => "both updates in one transaction",
        AnomalyKind::DuplicateApplication
        | AnomalyKind::DifferingAnswers
        | AnomalyKind::RefusedAfterEffect => {
            "an Idempotency-Key, stored in the same transaction as the update"
        }
        AnomalyKind::Overdraft => {
            "the condition in the UPDATE itself (... AND balance >= $1), and CHECK (balance >= 0)"
        }
        AnomalyKind::AppliedLate => {
            "answering after COMMIT; or answering 202 where the work is queued, with `settle` in \
             the scenario"
        }
        AnomalyKind::WrongAnswer => {
            "answering with what the UPDATE itself returned (RETURNING balance), in the same \
             transaction, on the primary"
        }
        AnomalyKind::GarbageRead | AnomalyKind::StaleRead | AnomalyKind::FalseRejection => {
            "reading the primary, inside of the transaction"
        }
        AnomalyKind::TotalNotConserved => {
            "both updates in one transaction; and one statement, or REPEATABLE READ, for reads of \
             several rows"
        }
        AnomalyKind::RealTime => {
            "reading from where writes go, several rows in one statement, and answering after COMMIT"
        }
        AnomalyKind::FinalBalance | AnomalyKind::NoOrder => {
            "SERIALIZABLE transactions with a retry, or a lock on every row that is read"
        }
    }
}
