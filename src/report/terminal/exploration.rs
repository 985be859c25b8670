use anstyle::Style;

use super::coverage::{orders, reason, switches};
use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::what_ifs::what_ifs;
use crate::explore::{
    Answered, Asked, Change, Conclusion, Coverage, Execution, Exploration, FailingOrder, Failure,
    Reply, Step, letter,
};
use crate::report::Explored;
use crate::report::format::{columns, counted, duration, one_line, padded, shortened, wrapped};

/// Spaces between the two columns of an order.
const GAP: usize = 2;

/// Columns of the numbers before each step.
const NUMBER: usize = 5;

/// What came out of exploring one group of requests. `brief`: the verdict alone.
pub fn exploration(explored: &Explored, brief: bool, width: usize) -> String {
    let name = format!("{}: {}", explored.mode, explored.group);
    let it = match &explored.result {
        Ok(it) => it,
        Err(error) => {
            let text = format!("COULD NOT RUN  {name}: {error}");
            return painted(BAD, "COULD NOT RUN", &text, width);
        }
    };
    let (style, word) = match it.conclusion() {
        Conclusion::Pass => (GOOD, "PASS"),
        Conclusion::Fail => (BAD, "FAIL"),
        Conclusion::Inconclusive => (DOUBT, "INCONCLUSIVE"),
    };
    let mut text = painted(style, word, &format!("{word}  {name}: {}", sentence(it)), width);
    if brief {
        return text;
    }
    if let Some(failing) = &it.shortest {
        text += &format!("\n{}", order(it, failing, width));
        let again = format!("  again: {}", replay_command(explored, failing));
        text += &format!("{}\n", paint(FAINT, &again));
        if explored.what_ifs.is_none() {
            let ask = format!("  what would have prevented it: {} --what-if all", explored.again);
            text += &format!("{}\n", paint(FAINT, &ask));
        }
    } else if let Some(execution) = &it.replayed {
        text += &format!("\n{}\n", steps(&it.requests, execution, width));
    }
    for note in notes(it) {
        text += &format!("{}\n", wrapped(&format!("  {note}"), width));
    }
    if let Some(changes) = &explored.what_ifs {
        text += &format!("\n{}", what_ifs(it, changes, width));
    }
    if it.shortest.is_some() || it.replayed.is_some() {
        text.push('\n');
    }
    text
}

/// The command that runs the failing order alone.
pub(in crate::report) fn replay_command(explored: &Explored, failing: &FailingOrder) -> String {
    let letters: Vec<String> =
        failing.execution.schedule.iter().map(|request| letter(*request).to_string()).collect();
    format!("{} --replay {}", explored.again, letters.join(","))
}

/// `of all 6 orders, 4 leave a wrong state; 0.1s`
fn sentence(it: &Exploration) -> String {
    let orders = orders(it);
    let failing = it.failing;
    let mut parts = Vec::new();
    let verb = |count: usize, one: &str, many: &str| {
        if count == 1 { one.to_owned() } else { many.to_owned() }
    };
    if failing.state > 0 {
        parts.push(format!(
            "{} {}",
            failing.state,
            verb(failing.state, "leaves a wrong state", "leave a wrong state")
        ));
    }
    if failing.answers > 0 {
        let verb = verb(failing.answers, "gives answers", "give answers");
        parts.push(format!("{} {verb} that no serial order gives", failing.answers));
    }
    if failing.hung > 0 {
        parts.push(format!("{} {}", failing.hung, verb(failing.hung, "hangs", "hang")));
    }
    let waits = match it.lock_waits {
        0 => String::new(),
        waits => format!(" ({waits} with a lock wait)"),
    };
    let result = match (&it.coverage, parts.is_empty()) {
        (_, false) => format!("of {orders}{waits}, {}", parts.join(", ")),
        (Coverage::AsAsked(Asked::Replay), true) => {
            format!("this order{waits} ends as a serial order does")
        }
        (Coverage::All | Coverage::Reduced, true) => {
            format!("{orders}{waits}: no order of the statements goes wrong")
        }
        (Coverage::AsAsked(_) | Coverage::Incomplete { .. }, true) => {
            format!("{orders}{waits}: none of them goes wrong")
        }
    };
    format!("{result}; {}", duration(it.time))
}

/// What limits the claim.
fn notes(it: &Exploration) -> Vec<String> {
    let mut notes = Vec::new();
    if let Coverage::Incomplete { why, complete_up_to } = &it.coverage {
        let far = match complete_up_to {
            Some(most) => format!("; all orders with at most {} were run", switches(*most)),
            None => String::new(),
        };
        notes.push(format!("not all orders, because {}{far}", reason(why)));
    }
    if !it.ignored.is_empty() {
        let names: Vec<&str> = it.ignored.iter().map(String::as_str).collect();
        notes.push(format!(
            "not compared (a time, a generated key, or different in equal runs): {}",
            names.join(", ")
        ));
    }
    notes
}

/// A failing order, and what is wrong with it.
fn order(it: &Exploration, failing: &FailingOrder, width: usize) -> String {
    let execution = &failing.execution;
    let first = if it.failing.total() == 1 { "It" } else { "The shortest" };
    let simple = match execution.switches {
        0 => "interrupts no request".to_owned(),
        1 => "interrupts a request once".to_owned(),
        many => format!("interrupts requests {many} times"),
    };
    let mut text = format!("  {first} {simple}:\n\n");
    text += &steps(&it.requests, execution, width);
    text.push('\n');
    for line in wrong(failing) {
        text += &format!("{}\n", wrapped(&format!("  {line}"), width));
    }
    text
}

/// What is there, and what there should be.
pub(in crate::report) fn wrong(failing: &FailingOrder) -> Vec<String> {
    match failing.failure {
        Failure::Hung => {
            vec!["a request was never answered, though nothing held it up any more".to_owned()]
        }
        Failure::Answers => vec![
            "the final state is right, but one after the other, in whatever order, the requests \
             are never answered like this"
                .to_owned(),
        ],
        Failure::State => {
            let is_possible = |entry: &String| {
                let found = failing.execution.state.get(entry);
                failing.expected.iter().any(|state| state.get(entry) == found)
            };
            let heading = failing.entries.iter().all(is_possible).then(|| {
                "one after the other, the requests never leave this with these answers:".to_owned()
            });
            let lines = failing.entries.iter().map(|entry| wrong_entry(failing, entry));
            heading.into_iter().chain(lines).collect()
        }
    }
}

/// `account 1 holds 1010. One after the other, in either order: 1030. 20 is missing.`
fn wrong_entry(failing: &FailingOrder, entry: &str) -> String {
    let found = failing.execution.state.get(entry);
    let mut expected: Vec<Option<&String>> = Vec::new();
    for state in &failing.expected {
        if !expected.contains(&state.get(entry)) {
            expected.push(state.get(entry));
        }
    }
    let shown = |value: Option<&String>| value.cloned().unwrap_or_else(|| "nothing".to_owned());
    let values: Vec<String> = expected.iter().map(|value| shown(*value)).collect();
    let order = if values.len() == 1 { ", in whatever order" } else { "" };
    let difference = match &expected[..] {
        [Some(expected)] => found.and_then(|found| difference(found, expected)),
        _ => None,
    };
    format!(
        "{entry} holds {}. One after the other{order}: {}.{}",
        shown(found),
        values.join(" or "),
        difference.unwrap_or_default()
    )
}

fn difference(found: &str, expected: &str) -> Option<String> {
    let (found, expected) = (found.parse::<i128>().ok()?, expected.parse::<i128>().ok()?);
    match expected - found {
        missing @ 1.. => Some(format!(" {missing} is missing.")),
        0 => None,
        surplus => Some(format!(" {} is too much.", -surplus)),
    }
}

/// One line of an order.
struct Line {
    request: usize,
    number: Option<usize>,
    text: String,
    style: Style,
}

fn steps(requests: &[String], execution: &Execution, width: usize) -> String {
    let mut lines = Vec::new();
    for (index, step) in execution.steps.iter().enumerate() {
        of_step(index, step, &mut lines);
    }
    for (request, reply) in execution.replies.iter().enumerate() {
        let text = match reply {
            None => "was never answered".to_owned(),
            Some(Reply::Lost(why)) => format!("was not answered: {why}"),
            Some(Reply::Answered { status, body }) => format!("{status} {body}"),
        };
        let text = format!("-> {text}");
        lines.push(Line { request, number: None, text, style: Style::new() });
    }
    in_columns(requests, &lines, width)
        .unwrap_or_else(|| one_below_the_other(requests, &lines, width))
}

fn of_step(index: usize, step: &Step, lines: &mut Vec<Line>) {
    let mut line = |number, text: String, style| {
        lines.push(Line { request: step.request, number, text, style });
    };
    line(Some(index + 1), step.sql.clone(), Style::new());
    for said in said_of(step) {
        line(None, format!("  {said}"), FAINT);
    }
    for said in overwritten(step) {
        line(None, format!("  {said}"), BAD);
    }
}

/// What came of a step: a wait, rows, errors.
pub(in crate::report) fn said_of(step: &Step) -> Vec<String> {
    let waits = step.waited.then(|| "waits for a lock".to_owned());
    waits.into_iter().chain(step.answered.iter().filter_map(answer)).collect()
}

/// What a step took the place of, though another request had put it there.
pub(in crate::report) fn overwritten(step: &Step) -> Vec<String> {
    let of = |change: &Change| {
        change.overwrites?;
        Some(format!("overwrites {}", change.before.as_ref()?))
    };
    step.changes.iter().filter_map(of).collect()
}

/// Rows, or the command tag, or an error; `None` where it says nothing new.
fn answer(answered: &Answered) -> Option<String> {
    if let Some(error) = &answered.error {
        return Some(format!("ERROR {}: {}", error.code, error.message));
    }
    if answered.row_count > 0 {
        let mut rows: Vec<String> = answered.rows.iter().map(|row| row.join(" | ")).collect();
        let more = answered.row_count - rows.len() as u64;
        if more > 0 {
            rows.push(format!("and {}", counted(more, "more row")));
        }
        return Some(rows.join("; "));
    }
    match answered.tag.as_deref() {
        Some(tag) if tag.ends_with(" 0") => Some(tag.to_owned()),
        Some(_) | None => None,
    }
}

/// Side by side, where two fit.
fn in_columns(requests: &[String], lines: &[Line], width: usize) -> Option<String> {
    let [a, b] = requests else { return None };
    let widest = |request: usize, title: &str| {
        let own = lines.iter().filter(|line| line.request == request);
        own.map(|line| columns(&one_line(&line.text))).max().unwrap_or(0).max(columns(title) + 3)
    };
    let left = widest(0, a);
    if NUMBER + left + GAP + widest(1, b) > width {
        return None;
    }
    let row = |number: Option<usize>, request: usize, text: &str, style: Style| {
        let number = number.map_or_else(String::new, |number| format!("{number:>3}"));
        let indent = if request == 0 { 0 } else { left + GAP };
        let text = paint(style, &one_line(text));
        format!("{}{}{text}\n", padded(&number, NUMBER), " ".repeat(indent))
    };
    let mut text = format!(
        "{}{}{}B  {b}\n",
        " ".repeat(NUMBER),
        padded(&format!("A  {a}"), left),
        " ".repeat(GAP)
    );
    for line in lines {
        text += &row(line.number, line.request, &line.text, line.style);
    }
    Some(text)
}

/// With the letter of the request before each line.
fn one_below_the_other(requests: &[String], lines: &[Line], width: usize) -> String {
    let mut text = String::new();
    for (request, title) in requests.iter().enumerate() {
        text += &format!("{}{}  {title}\n", " ".repeat(NUMBER), letter(request));
    }
    for line in lines {
        let number = line.number.map_or_else(String::new, |number| format!("{number:>3}"));
        let shown = shortened(&one_line(&line.text), width.saturating_sub(NUMBER + 3).max(20));
        let shown = paint(line.style, &shown);
        text += &format!("{}{}  {shown}\n", padded(&number, NUMBER), letter(line.request));
    }
    text
}

fn painted(style: Style, word: &str, text: &str, width: usize) -> String {
    let text = wrapped(&one_line(text), width);
    format!("{}{}\n", paint(style, word), text.strip_prefix(word).unwrap_or(&text))
}
