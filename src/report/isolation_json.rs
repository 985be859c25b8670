//! `bankrun explore SPECIFICATION --json`.

use serde_json::{Value, json};

use crate::explore::Conclusion;
use crate::isolation::{Exploration, Failure, Judgement, Spec};

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// `{"bankrun", "schema", "exit_code", "explorations": [...]}`, one for each
/// isolation level. Steps are names, durations are in seconds.
pub fn isolation_json(name: &str, spec: &Spec, found: &[Exploration], exit_code: u8) -> Value {
    let explorations: Vec<Value> = found.iter().map(|found| of(name, spec, found)).collect();
    json!({
        "bankrun": env!("CARGO_PKG_VERSION"),
        "schema": VERSION,
        "exit_code": exit_code,
        "explorations": explorations,
    })
}

fn of(name: &str, spec: &Spec, found: &Exploration) -> Value {
    let conclusion = match found.conclusion() {
        Conclusion::Pass => "pass",
        Conclusion::Fail => "fail",
        Conclusion::Inconclusive => "inconclusive",
    };
    let not_judged = found.not_judged.iter();
    let not_judged = not_judged.map(|(why, count)| json!({ "reason": why, "orders": count }));
    json!({
        "specification": name,
        "isolation": found.level.map(|level| level.to_string()),
        "conclusion": conclusion,
        "orders": found.ran,
        "orders_in_all": u64::try_from(found.orders).ok(),
        "impossible": u64::try_from(found.impossible).ok(),
        "failing": found.failing,
        "refused": found.refused,
        "lock_waits": found.lock_waits,
        "complete": found.complete,
        "not_judged": not_judged.collect::<Vec<_>>(),
        "ignored": found.ignored,
        "seconds": found.elapsed.as_secs_f64(),
        "failure": found.shortest.as_ref().map(|(_, judgement)| failure(spec, judgement)),
        "steps": found.shortest.as_ref().map(|(run, _)| {
            let steps = run.steps.iter().map(|step| json!({
                "session": spec.sessions[step.id.session].name,
                "step": spec.step(step.id).name,
                "sql": spec.step(step.id).sql,
                "waited": step.waited,
                "result": step.result,
            }));
            steps.collect::<Vec<_>>()
        }),
        "state": found.shortest.as_ref().map(|(run, _)| json!(run.state)),
    })
}

fn failure(spec: &Spec, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Serializable(_) | Judgement::NotJudged(_) => Value::Null,
        Judgement::NotSerializable(Failure::State { table }) => json!({
            "kind": "state",
            "table": table.as_ref().map(|table| &table.name),
            "expected": table.as_ref().map(|table| &table.expected),
        }),
        Judgement::NotSerializable(Failure::Answers { steps, together }) => json!({
            "kind": "answers",
            "together": together,
            "steps": steps.iter().map(|step| json!({
                "step": spec.step(step.id).name,
                "expected": step.expected,
            })).collect::<Vec<_>>(),
        }),
    }
}
