use super::paint::{BAD, FAINT, GOOD, STRONG, paint};
use crate::report::format::{columns, hanging, one_line, padded, wrapped};
use crate::verdict::checker::AnomalyKind;
use crate::verdict::{Witness, WitnessOp};

/// Widest bar of a timeline, in columns.
const WIDEST: usize = 40;
const NARROWEST: usize = 10;

/// A proof that a person can follow: let, then, however; the operations on a
/// line of time; where the balances part; what prevents it.
pub(in crate::report) fn witness(witness: &Witness, width: usize) -> String {
    let told = &witness.explanation;
    let likely = if told.certain { "" } else { " (most likely these)" };
    let place = match witness.anomaly.kind {
        AnomalyKind::TotalNotConserved => String::new(),
        _ => format!(" on account {}", told.account),
    };
    let title = format!("{}{place}{likely}", told.name);
    let title = wrapped(&one_line(&title), width);
    let mut text: String = title.lines().map(|line| paint(BAD, line) + "\n").collect();
    for (word, line) in [("let", &told.given), ("then", &told.then), ("however", &told.however)] {
        text += &labelled(word, line, width);
    }
    if let Some(money) = &told.money {
        text += &labelled("money", money, width);
    }
    text += &timeline(&witness.operations, width);
    text += &fork(witness);
    text += &labelled("not", &witness.ruled_out, width);
    text + &labelled("use", witness.prevention, width)
}

fn labelled(word: &str, line: &str, width: usize) -> String {
    const INDENT: usize = 11;
    let broken = hanging(&one_line(line), width, INDENT, INDENT);
    format!("  {}{}{broken}\n", paint(FAINT, word), " ".repeat(INDENT - 2 - word.len()))
}

/// One line an operation: what it did, and when, on a common scale.
fn timeline(operations: &[WitnessOp], width: usize) -> String {
    if operations.len() < 2 {
        return String::new();
    }
    let labels = labels(operations);
    let label_width = labels.iter().map(|label| columns(label)).max().unwrap_or(0);
    // A bar without room beside its label stands below it.
    let beside = label_width + NARROWEST + 4 <= width;
    let room = width.saturating_sub(if beside { label_width + 4 } else { 4 });
    let bar_width = room.saturating_sub(2).clamp(NARROWEST, WIDEST);
    let from = operations.iter().map(|op| op.invoked).min().unwrap_or(0);
    let last = |op: &WitnessOp| op.completed.unwrap_or(op.invoked);
    let to = operations.iter().map(last).max().unwrap_or(from).max(from + 1);
    let column = |time: u64| {
        let share = (time - from) as f64 / (to - from) as f64;
        (share * (bar_width - 1) as f64).round() as usize
    };
    let mut text = String::from("\n");
    for (op, label) in operations.iter().zip(&labels) {
        let begin = column(op.invoked);
        let bar = match op.completed {
            Some(completed) => match column(completed) - begin {
                0 => "│".to_owned(),
                length => format!("├{}┤", "─".repeat(length - 1)),
            },
            None => format!("├{}┄", "┄".repeat((bar_width - 1).saturating_sub(begin + 1))),
        };
        let bar = format!("{}{bar}", " ".repeat(begin));
        text += &match beside {
            true => format!("  {}  {bar}\n", padded(label, label_width)),
            false => format!("  {}\n    {bar}\n", hanging(label, width, 2, 4)),
        };
    }
    text.push('\n');
    text
}

/// `#17 deposit 10   1040 > 1050`, in columns.
fn labels(operations: &[WitnessOp]) -> Vec<String> {
    let balances = |op: &WitnessOp| match (op.before, op.after) {
        (Some(before), Some(after)) => format!("{before} > {after}"),
        (None, Some(after)) => format!("saw {after}"),
        _ => String::new(),
    };
    let widest = |text: &dyn Fn(&WitnessOp) -> String| {
        operations.iter().map(|op| columns(&text(op))).max().unwrap_or(0)
    };
    let id = |op: &WitnessOp| format!("#{}", op.id);
    let what = |op: &WitnessOp| one_line(&op.what);
    let (ids, whats) = (widest(&id), widest(&what));
    let label =
        |op: &WitnessOp| format!("{:ids$} {}  {}", id(op), padded(&what(op), whats), balances(op));
    operations.iter().map(|op| label(op).trim_end().to_owned()).collect()
}

/// The place in the graph of balances where two ways lead on from one.
fn fork(witness: &Witness) -> String {
    let Some(fork) = &witness.anomaly.fork else { return String::new() };
    let ways: Vec<String> = fork
        .consumers
        .iter()
        .filter_map(|id| witness.operations.iter().find(|op| op.id == *id))
        .filter_map(|op| Some(format!("#{} > {}", op.id, op.after?)))
        .collect();
    if ways.len() < 2 {
        return String::new();
    }
    let by = match (fork.producers.first(), fork.initial) {
        (_, true) => "start".to_owned(),
        (Some(id), false) => format!("#{id}"),
        (None, false) => "?".to_owned(),
    };
    let stem = format!("{by} > {} ", fork.balance);
    let last = ways.len() - 1;
    let lines = ways.iter().enumerate().map(|(index, way)| {
        let (stem, branch) = match index {
            0 => (paint(STRONG, &stem), "┬"),
            _ if index == last => (" ".repeat(columns(&stem)), "└"),
            _ => (" ".repeat(columns(&stem)), "├"),
        };
        let style = if index == 0 { GOOD } else { BAD };
        format!("  {stem}{branch} {}\n", paint(style, way))
    });
    format!("{}\n", lines.collect::<String>())
}
