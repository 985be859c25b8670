use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::table::table;
use crate::explore::Conclusion;
use crate::isolation::{
    Exploration, Failure, Judgement, Run, Spec, StatementResult, StepId, StepReport, StepResult,
    TableState,
};
use crate::report::format::{
    columns, counted, duration, hanging, one_line, padded, shortened, wrapped,
};

/// Columns of the numbers before each step.
const NUMBER: usize = 4;
/// Spaces between the columns of two sessions.
const GAP: usize = 2;
/// The narrowest column that a session gets; with less all share one.
const NARROWEST: usize = 24;
/// What is shown where the terminal has no end.
const WIDEST: usize = 120;
/// Rows of an answer or a table; more are counted.
const ROWS: usize = 6;

/// What came out of running the orders of a specification. `brief`: the verdict
/// alone.
pub fn isolation(
    name: &str,
    spec: &Spec,
    found: &Exploration,
    brief: bool,
    width: usize,
) -> String {
    let (style, word) = match found.conclusion() {
        Conclusion::Pass => (GOOD, "PASS"),
        Conclusion::Fail => (BAD, "FAIL"),
        Conclusion::Inconclusive => (DOUBT, "INCONCLUSIVE"),
    };
    let level = found.level.map(|level| format!(" at {level}")).unwrap_or_default();
    let line = format!("{}  {name}{level}: {}", paint(style, word), sentence(found));
    let mut text = format!("{}\n", wrapped(&line, width));
    if brief {
        return text;
    }
    if let Some((run, judgement)) = &found.shortest {
        text += &format!("\n{}\n", order(spec, run, width));
        if let Judgement::NotSerializable(failure) = judgement {
            text += &explained(spec, failure, width);
        }
        text.push('\n');
    }
    for note in notes(found) {
        text += &format!("{}\n", wrapped(&format!("  {note}"), width));
    }
    text
}

/// Isolation levels side by side.
pub fn isolation_levels(found: &[Exploration], width: usize) -> String {
    let row = |found: &Exploration| -> (Style, Vec<String>) {
        let style = match found.conclusion() {
            Conclusion::Pass => Style::new(),
            Conclusion::Fail => BAD,
            Conclusion::Inconclusive => DOUBT,
        };
        let level = found.level.map_or_else(|| "as written".to_owned(), |it| it.to_string());
        let cells = [
            found.ran.to_string(),
            found.failing.to_string(),
            found.refused.to_string(),
            found.lock_waits.to_string(),
            found.impossible.to_string(),
        ];
        (style, std::iter::once(level).chain(cells).collect())
    };
    let head = ["isolation", "orders", "not serializable", "refused", "lock waits", "impossible"];
    table(&head, &found.iter().map(row).collect::<Vec<_>>(), width)
}

/// `8 of all 20 orders are not serializable; 0.2 s`
fn sentence(found: &Exploration) -> String {
    let all = if found.complete { "all " } else { "" };
    let orders = counted(found.ran, "order");
    let unjudged: u64 = found.not_judged.iter().map(|(_, count)| count).sum();
    let result = match (found.failing, unjudged) {
        (0, 0) => format!("{all}{orders}: each equals some serial order of the sessions"),
        (0, _) => format!("{unjudged} of {all}{orders} could not be judged, the others pass"),
        (1, _) => format!("1 of {all}{orders} is not serializable"),
        (failing, _) => format!("{failing} of {all}{orders} are not serializable"),
    };
    format!("{result}; {}", duration(found.elapsed))
}

fn notes(found: &Exploration) -> Vec<String> {
    let mut notes = Vec::new();
    if found.refused > 0 {
        notes.push(format!(
            "in {} the database refused a session (serialization failure, deadlock): what was \
             refused took no effect, and must be tried again",
            counted(found.refused, "order")
        ));
    }
    if found.impossible > 0 {
        notes.push(format!(
            "{} of {} cannot happen: a session would have to go on while it waits for another",
            found.impossible, found.orders
        ));
    }
    for (reason, count) in &found.not_judged {
        notes.push(format!("{} not judged: {reason}", counted(*count, "order")));
    }
    if !found.ignored.is_empty() {
        notes.push(format!(
            "not compared, because it varies by itself or comes from a sequence: {}",
            found.ignored.join(", ")
        ));
    }
    if !found.complete {
        let done = u128::from(found.ran) + found.impossible;
        notes.push(format!(
            "{} of {} orders were not tried (--time)",
            found.orders - done,
            found.orders
        ));
    }
    notes
}

/// The steps in the order in which they were sent, a column for each session
/// where there is room.
fn order(spec: &Spec, run: &Run, width: usize) -> String {
    let room = width.min(WIDEST) - NUMBER.min(width);
    let sessions = spec.sessions.len();
    let each = (room / sessions).saturating_sub(GAP);
    let (each, shared) = if each < NARROWEST { (room, true) } else { (each, false) };
    let indent = |session: usize| if shared { 0 } else { session * (each + GAP) };
    let mut lines = Vec::new();
    if shared {
        lines.push(String::new());
    } else {
        let heads =
            spec.sessions.iter().map(|session| padded(&one_line(&session.name), each + GAP));
        let heads: String = heads.collect();
        lines.push(format!("{}{}", " ".repeat(NUMBER), heads.trim_end()));
    }
    for (position, step) in run.steps.iter().enumerate() {
        let mut said = vec![one_line(&spec.step(step.id).sql)];
        if shared {
            said[0] = format!("{}: {}", spec.sessions[step.id.session].name, said[0]);
        }
        if step.waited {
            said.push(match step.result {
                StepResult::Waiting => "  waits".to_owned(),
                StepResult::Ok(_) | StepResult::Failed(_) => {
                    format!("  waits until step {}", step.ended_after + 1)
                }
            });
        }
        said.extend(answer(step).into_iter().map(|line| format!("  {line}")));
        for (index, line) in said.iter().enumerate() {
            let number = if index == 0 { (position + 1).to_string() } else { String::new() };
            let blank = " ".repeat(indent(step.id.session));
            lines.push(format!("{number:>2}  {blank}{}", shortened(line, each)));
        }
    }
    lines.join("\n") + "\n"
}

fn answer(step: &StepReport) -> Vec<String> {
    result(&step.result)
}

fn result(result: &StepResult) -> Vec<String> {
    match result {
        StepResult::Waiting => Vec::new(),
        StepResult::Failed(error) => {
            vec![format!("ERROR {}: {}", error.code, one_line(&error.message))]
        }
        StepResult::Ok(statements) => statements
            .iter()
            .flat_map(|statement| match statement {
                StatementResult::Done { affected: 0 } => Vec::new(),
                StatementResult::Done { affected } => vec![counted(*affected, "row")],
                StatementResult::Rows { rows, .. } => shown_rows(rows),
            })
            .collect(),
    }
}

fn shown_rows(rows: &[Vec<Option<String>>]) -> Vec<String> {
    if rows.is_empty() {
        return vec!["no rows".to_owned()];
    }
    let value = |value: &Option<String>| {
        value.as_ref().map_or_else(|| "null".to_owned(), |text| one_line(text))
    };
    let line = |row: &Vec<Option<String>>| row.iter().map(value).collect::<Vec<_>>().join(" | ");
    let mut lines: Vec<String> = rows.iter().take(ROWS).map(line).collect();
    if rows.len() > ROWS {
        lines.push(format!("... and {} more rows", rows.len() - ROWS));
    }
    lines
}

fn explained(spec: &Spec, failure: &Failure, width: usize) -> String {
    match failure {
        Failure::State { table: None } => {
            "  Each table could be left so, but no serial order leaves all of them so.\n".to_owned()
        }
        Failure::State { table: Some(table) } => {
            let mut text =
                format!("  No serial order of the sessions leaves table {} so:\n", table.name);
            text += &shown_table(&table.found, width);
            text += "  One after the other they leave\n";
            let states: Vec<String> =
                table.expected.iter().map(|state| shown_table(state, width)).collect();
            text + &states.join("  or\n")
        }
        Failure::Answers { steps, together } => {
            let mut text = match together {
                true => "  The tables are right, but no serial order lets these steps answer so \
                         together:\n"
                    .to_owned(),
                false => "  The tables are right, but no serial order lets these steps answer \
                          so:\n"
                    .to_owned(),
            };
            for step in steps {
                let lines = |expected: &StepResult| result(expected).join(", ");
                let expected: Vec<String> = step.expected.iter().map(lines).collect();
                let line = format!(
                    "{}: one after the other it answers {}",
                    name(spec, step.id),
                    expected.join(" or ")
                );
                text += &format!("      {}\n", hanging(&line, width.min(WIDEST), 6, 8));
            }
            text
        }
    }
}

fn name(spec: &Spec, id: StepId) -> String {
    format!("step {} of {}", spec.step(id).name, spec.sessions[id.session].name)
}

fn shown_table(state: &TableState, width: usize) -> String {
    let mut text = paint(FAINT, &format!("      {}", state.columns.join(" | "))) + "\n";
    for line in shown_rows(&state.rows) {
        let room = width.min(WIDEST).saturating_sub(6);
        let line = if columns(&line) > room { shortened(&line, room) } else { line };
        text += &format!("      {line}\n");
    }
    text
}
