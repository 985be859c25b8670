use anstyle::Style;

use super::coverage::why_not_all;
use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::table::table;
use crate::explore::{
    Conclusion, Exploration, NotTried, Refusal, Refusals, Tried, WhatIf, WhatIfs,
};
use crate::report::format::{counted, hanging, one_line};

/// The service as it is and with each change that was tried, side by side, and what
/// that means.
pub(super) fn what_ifs(as_it_is: &Exploration, what_ifs: &WhatIfs, width: usize) -> String {
    let head = ["what if", "orders", "failing", "errors", "lock waits", "all"];
    let mut rows = vec![row("as it is".to_owned(), as_it_is)];
    rows.extend(what_ifs.tried.iter().map(|tried| match &tried.result {
        Ok(changed) => row(tried.what_if.to_string(), changed),
        Err(_) => {
            let nothing = ["-", "-", "-", "-", "no"].map(str::to_owned);
            (FAINT, [vec![tried.what_if.to_string()], nothing.to_vec()].concat())
        }
    }));
    let mut text = format!("{}\n", table(&head, &rows, width));
    for tried in &what_ifs.tried {
        let said = format!("{}: {}", tried.what_if, meaning(as_it_is, what_ifs, tried));
        text += &format!("  {}\n", hanging(&one_line(&said), width, 2, 4));
        for note in notes(what_ifs, tried) {
            let note = hanging(&one_line(&note), width, 4, 6);
            text += &format!("    {}\n", paint(FAINT, &note));
        }
    }
    text
}

fn row(name: String, it: &Exploration) -> (Style, Vec<String>) {
    let style = match it.conclusion() {
        Conclusion::Pass if it.is_complete() => GOOD,
        Conclusion::Pass | Conclusion::Inconclusive => DOUBT,
        Conclusion::Fail => BAD,
    };
    let cells = vec![
        name,
        it.orders.to_string(),
        it.failing.total().to_string(),
        errors(&it.refusals),
        it.lock_waits.to_string(),
        if it.is_complete() { "yes" } else { "no" }.to_owned(),
    ];
    (style, cells)
}

/// `8: 500 (40001)`
fn errors(refusals: &Refusals) -> String {
    let kinds: Vec<String> = refusals.by_kind.keys().map(kind).collect();
    match kinds.is_empty() {
        true => "0".to_owned(),
        false => format!("{}: {}", refusals.orders, kinds.join(", ")),
    }
}

fn kind(refusal: &Refusal) -> String {
    let status = refusal.status.map_or_else(|| "no answer".to_owned(), |it| it.to_string());
    match &refusal.sqlstate {
        Some(code) => format!("{status} ({code})"),
        None => status,
    }
}

/// What came of a change, in a sentence.
pub(in crate::report) fn meaning(
    as_it_is: &Exploration,
    what_ifs: &WhatIfs,
    tried: &Tried,
) -> String {
    let it = match &tried.result {
        Ok(it) => it,
        Err(NotTried::NotApplied(why)) => return format!("could not be applied: {why}"),
        Err(NotTried::CouldNotRun(why)) => return format!("could not be explored: {why}"),
    };
    let count = it.orders as u64;
    let failing = it.failing.total();
    let result = match (failing, why_not_all(&it.coverage)) {
        (0, None) => "prevents it: no order of the statements fails".to_owned(),
        (0, Some(why)) => format!(
            "no order that was run fails ({}), which proves nothing about the others: not all were \
             run, because {why}",
            counted(count, "order")
        ),
        (failing, _) => {
            let are_all = it.is_complete() && as_it_is.is_complete();
            // No smaller a part of them than before.
            let helps = failing * as_it_is.orders < as_it_is.failing.total() * it.orders;
            let verb = if failing == 1 { "fails" } else { "fail" };
            let hung = match it.failing.hung {
                0 => String::new(),
                hung => format!(" ({hung} by a request that is never answered)"),
            };
            format!(
                "{}: of {}, {failing} still {verb}{hung}{}",
                if are_all && !helps { "does not help" } else { "does not prevent it" },
                counted(count, "order"),
                why_it_fails(what_ifs, tried.what_if)
            )
        }
    };
    match refused(&it.refusals, it.orders) {
        Some(refused) => format!("{result}; {refused}"),
        None => result,
    }
}

/// Why a change cannot prevent it, where that is known.
fn why_it_fails(what_ifs: &WhatIfs, what_if: WhatIf) -> &'static str {
    let transactions = &what_ifs.transactions;
    match what_if {
        WhatIf::RepeatableRead | WhatIf::Serializable if !transactions.spans_statements => {
            ", because each statement of the requests is a transaction by itself"
        }
        WhatIf::RepeatableRead | WhatIf::Serializable | WhatIf::ForUpdate
            if transactions.reads_outside() =>
        {
            "; a request reads outside of the transaction that writes what it has read"
        }
        WhatIf::RepeatableRead | WhatIf::Serializable | WhatIf::ForUpdate => "",
    }
}

/// `in 4 of 6 orders a request is answered 500 (40001): the service must retry`
fn refused(refusals: &Refusals, orders: usize) -> Option<String> {
    let failures: Vec<(&Refusal, usize)> = refusals
        .by_kind
        .iter()
        .filter(|(refusal, _)| refusal.is_failure())
        .map(|(refusal, count)| (refusal, *count))
        .collect();
    if failures.is_empty() {
        return None;
    }
    let said: Vec<String> = failures
        .iter()
        .map(|(refusal, count)| {
            let answered = match refusal.status {
                Some(_) => format!("is answered {}", kind(refusal)),
                None => format!("gets {}", kind(refusal)),
            };
            format!("in {count} of {} a request {answered}", counted(orders as u64, "order"))
        })
        .collect();
    let retry = failures.iter().all(|(refusal, _)| refusal.is_to_be_retried());
    let what_to_do = if retry { ": the service must retry" } else { "" };
    Some(format!("{}{what_to_do}", said.join(", ")))
}

/// What exactly was changed, and what could not be.
fn notes(what_ifs: &WhatIfs, tried: &Tried) -> Vec<String> {
    let mut notes = Vec::new();
    if tried.applied.for_update.is_empty() {
        return notes;
    }
    let queries: Vec<String> =
        tried.applied.for_update.iter().map(|query| format!("`{query}`")).collect();
    notes.push(format!("FOR UPDATE was added to {}", queries.join(", ")));
    for obstacle in &what_ifs.transactions.obstacles {
        notes.push(format!("not to `{}` ({})", obstacle.query, obstacle.why));
    }
    notes
}
