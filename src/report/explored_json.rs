//! `bankrun explore --json`.

use serde_json::{Value, json};

use super::{Explored, terminal};
use crate::explore::{
    Asked, Conclusion, Coverage, Exploration, FailingOrder, Failure, NotTried, Refusal, Refusals,
    Reply, Serial, Step, Tried, WhatIf, WhatIfs, Why, letter,
};

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// `{"bankrun", "schema", "exit_code", "explorations": [...]}`. Requests are
/// letters, durations are in seconds.
pub fn explored_json(explored: &[Explored], exit_code: u8) -> Value {
    let explorations: Vec<Value> = explored.iter().map(of).collect();
    json!({
        "bankrun": env!("CARGO_PKG_VERSION"),
        "schema": VERSION,
        "exit_code": exit_code,
        "explorations": explorations,
    })
}

fn conclusion(it: &Exploration) -> &'static str {
    match it.conclusion() {
        Conclusion::Pass => "pass",
        Conclusion::Fail => "fail",
        Conclusion::Inconclusive => "inconclusive",
    }
}

fn failing_by(it: &Exploration) -> Value {
    json!({
        "state": it.failing.state,
        "answers": it.failing.answers,
        "hung": it.failing.hung,
    })
}

fn of(explored: &Explored) -> Value {
    let Explored { mode, group, again, result, what_ifs } = explored;
    let it = match result {
        Ok(it) => it,
        Err(error) => {
            return json!({ "mode": mode, "group": group, "again": again, "error": error });
        }
    };
    let shown = it.shortest.as_ref().map(|failing| &failing.execution).or(it.replayed.as_ref());
    json!({
        "mode": mode,
        "group": group,
        "requests": it.requests,
        "conclusion": conclusion(it),
        "orders": it.orders,
        "failing": it.failing.total(),
        "failing_by": failing_by(it),
        "complete": it.is_complete(),
        "coverage": coverage(&it.coverage),
        "divergences": it.divergences,
        "lock_waits": it.lock_waits,
        "errors": errors(&it.refusals),
        "seconds": it.time.as_secs_f64(),
        "seconds_per_order_median": it.median.as_secs_f64(),
        "ignored": it.ignored,
        "schedule": shown.map(|execution| letters(&execution.schedule)),
        "steps": shown.map(|execution| execution.steps.iter().map(step).collect::<Vec<_>>()),
        "failure": it.shortest.as_ref().map(failure),
        "what_if": what_ifs.as_ref().map(|all| {
            all.tried.iter().map(|tried| what_if(it, all, tried)).collect::<Vec<_>>()
        }),
        "serial": it.serial.iter().map(serial).collect::<Vec<_>>(),
        "again": shown.map_or_else(
            || again.clone(),
            |execution| format!("{again} --replay {}", letters(&execution.schedule).join(",")),
        ),
    })
}

/// Requests that did not get through, by their status and SQLSTATE.
fn errors(refusals: &Refusals) -> Value {
    let kinds = refusals.by_kind.iter().map(|(Refusal { status, sqlstate }, orders)| {
        json!({ "status": status, "sqlstate": sqlstate, "orders": orders })
    });
    json!({ "orders": refusals.orders, "by": kinds.collect::<Vec<_>>() })
}

/// The service with a change; without `orders` where that could not be explored.
fn what_if(as_it_is: &Exploration, what_ifs: &WhatIfs, tried: &Tried) -> Value {
    let obstacles = |tried: &Tried| match tried.what_if {
        WhatIf::ForUpdate => what_ifs.transactions.obstacles.iter().collect(),
        WhatIf::RepeatableRead | WhatIf::Serializable => Vec::new(),
    };
    let not_locked: Vec<Value> = obstacles(tried)
        .into_iter()
        .map(|it| json!({ "query": it.query, "why": it.why.to_string() }))
        .collect();
    let mut value = json!({
        "what_if": tried.what_if.to_string(),
        "meaning": terminal::meaning(as_it_is, what_ifs, tried),
        "isolation": tried.applied.isolation,
        "for_update": tried.applied.for_update,
        "not_locked": not_locked,
    });
    let more = match &tried.result {
        Ok(it) => json!({
            "conclusion": conclusion(it),
            "prevents": it.conclusion() == Conclusion::Pass && it.is_complete(),
            "orders": it.orders,
            "failing": it.failing.total(),
            "failing_by": failing_by(it),
            "complete": it.is_complete(),
            "coverage": coverage(&it.coverage),
            "divergences": it.divergences,
            "lock_waits": it.lock_waits,
            "errors": errors(&it.refusals),
            "seconds": it.time.as_secs_f64(),
        }),
        Err(NotTried::NotApplied(why)) => json!({ "not_applied": why.to_string() }),
        Err(NotTried::CouldNotRun(why)) => json!({ "error": why }),
    };
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

fn coverage(coverage: &Coverage) -> Value {
    match coverage {
        Coverage::All => json!({ "kind": "all" }),
        Coverage::Reduced => json!({ "kind": "reduced" }),
        Coverage::AsAsked(Asked::Switches(most)) => {
            json!({ "kind": "preemptions", "preemptions": most })
        }
        Coverage::AsAsked(Asked::Sample { count, seed }) => {
            json!({ "kind": "sample", "count": count, "seed": seed })
        }
        Coverage::AsAsked(Asked::Replay) => json!({ "kind": "replay" }),
        Coverage::AsAsked(Asked::UntilFirst) => json!({ "kind": "first" }),
        Coverage::Incomplete { why, complete_up_to } => {
            let (reason, requests) = match why {
                Why::TimeIsUp => ("time", None),
                Why::Interrupted => ("interrupted", None),
                Why::WaitsInside(requests) => ("waits_inside_the_service", Some(requests)),
                Why::Endless(_) => ("endless", None),
                Why::Diverged(_) => ("diverged", None),
                Why::Ambiguous(_) => ("ambiguous", None),
                Why::TooMany { .. } => ("too_many", None),
            };
            json!({
                "kind": "incomplete",
                "reason": reason,
                "requests": requests.map(|requests| letters(requests)),
                "complete_up_to_preemptions": complete_up_to,
            })
        }
    }
}

fn failure(failing: &FailingOrder) -> Value {
    let kind = match failing.failure {
        Failure::State => "state",
        Failure::Answers => "answers",
        Failure::Hung => "hung",
    };
    let FailingOrder { execution, expected, entries, .. } = failing;
    json!({
        "kind": kind,
        "preemptions": execution.switches,
        "replies": execution.replies.iter().map(|it| it.as_ref().map(reply)).collect::<Vec<_>>(),
        "state": execution.state,
        "expected": expected,
        "entries": entries,
    })
}

fn step(step: &Step) -> Value {
    let last = step.answered.iter().rev().find(|answered| answered.row_count > 0);
    let last = last.or(step.answered.last());
    json!({
        "request": letter(step.request),
        "sql": step.sql,
        "waited": step.waited,
        "columns": last.map(|answered| &answered.columns),
        "rows": last.map(|answered| &answered.rows),
        "row_count": last.map(|answered| answered.row_count),
        "tag": last.and_then(|answered| answered.tag.as_ref()),
        "error": step.answered.iter().find_map(|answered| answered.error.as_ref()),
        "changes": step.changes.iter().map(|change| json!({
            "entry": change.entry,
            "before": change.before,
            "after": change.after,
            "overwrites": change.overwrites.map(letter),
        })).collect::<Vec<_>>(),
    })
}

fn serial(serial: &Serial) -> Value {
    json!({
        "order": letters(&serial.order),
        "replies": serial.replies.iter().map(|it| it.as_ref().map(reply)).collect::<Vec<_>>(),
        "state": serial.state,
    })
}

fn reply(reply: &Reply) -> Value {
    match reply {
        Reply::Answered { status, body } => json!({ "status": status, "body": body }),
        Reply::Lost(why) => json!({ "lost": why }),
    }
}

fn letters(requests: &[usize]) -> Vec<String> {
    requests.iter().map(|request| letter(*request).to_string()).collect()
}
