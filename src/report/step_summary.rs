//! The page that GitHub Actions shows of a step (`GITHUB_STEP_SUMMARY`), in
//! GitHub's Markdown.

use super::format::signed;
use super::{RunReport, RunResult, terminal, words};
use crate::model::is_harmless;
use crate::verdict::{AccountVerdict, Conclusion, Severity, ThresholdVerdict, Verdict, Witness};

/// GitHub takes 1 MiB of a step, and nothing at all of what is larger.
const LARGEST: usize = 900_000;
/// Rows of a table; what failed comes first.
const ROWS: usize = 50;
/// Columns of the text in code blocks.
const WIDTH: usize = 100;

/// Verdict, accounts, thresholds and the clearest witness of each run.
pub fn step_summary(reports: &[RunReport]) -> String {
    let mut text = String::new();
    for (shown, report) in reports.iter().enumerate() {
        let run = of_run(report);
        if text.len() + run.len() > LARGEST {
            text += &format!("... and {} more runs\n", reports.len() - shown);
            break;
        }
        text += &run;
    }
    text
}

fn of_run(report: &RunReport) -> String {
    let name = format!("{} ({})", report.header.scenario, report.label());
    let mut text = format!("### {}: {}\n\n", word(report), inline(&name));
    match &report.result {
        RunResult::NotRun { error } | RunResult::Contradicted { error } => text += &code(error),
        RunResult::Skipped { reason } => text += &format!("{}\n\n", inline(reason)),
        RunResult::Judged { verdict, .. } => {
            text += &findings(verdict);
            text += &accounts(&verdict.accounts);
            text += &thresholds(&verdict.thresholds);
            if let Some(witness) = verdict.witnesses.first() {
                text += &self::witness(witness);
            }
        }
    }
    if word(report) != "PASS" {
        text += &code(&report.header.again);
    }
    text
}

fn word(report: &RunReport) -> &'static str {
    match &report.result {
        RunResult::NotRun { .. } => "COULD NOT RUN",
        RunResult::Contradicted { .. } => "CONTRADICTED",
        RunResult::Skipped { .. } => "SKIPPED",
        RunResult::Judged { verdict, .. } => words::conclusion(verdict),
    }
}

fn findings(verdict: &Verdict) -> String {
    let told = verdict.findings.iter().filter(|finding| finding.severity != Severity::Note);
    let lines = told.take(ROWS).map(|finding| format!("- {}\n", inline(&finding.message)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("{lines}\n") }
}

fn accounts(rows: &[AccountVerdict]) -> String {
    let mut sorted: Vec<&AccountVerdict> = rows.iter().collect();
    if rows.len() > ROWS {
        sorted.sort_by_key(|row| std::cmp::Reverse(row.conclusion));
    }
    let amount = |amount: Option<i64>| amount.map_or("?".to_owned(), |amount| amount.to_string());
    let cells = |row: &&AccountVerdict| {
        let expected = row.expected().map_or("?".to_owned(), |reach| match reach.is_exact() {
            true => reach.low.to_string(),
            false => format!("{}..{}", reach.low, reach.high),
        });
        let difference = row.difference().map_or("?".to_owned(), signed);
        let name = inline(row.account.as_str());
        let verdict = match row.conclusion {
            Some(Conclusion::Pass) => "ok",
            Some(Conclusion::Inconclusive) => "unknown",
            Some(Conclusion::Fail) => "**WRONG**",
            None => "not judged",
        };
        let (initial, actual) = (amount(row.initial), amount(row.actual));
        format!("| {name} | {initial} | {expected} | {actual} | {difference} | {verdict} |\n")
    };
    let head =
        "| account | start | expected | actual | difference | |\n|:--|--:|--:|--:|--:|:--|\n";
    table(head, sorted.iter().map(cells), rows.len(), "accounts")
}

fn thresholds(verdicts: &[ThresholdVerdict]) -> String {
    let mut sorted: Vec<&ThresholdVerdict> = verdicts.iter().collect();
    sorted.sort_by_key(|verdict| verdict.ok);
    let cells = |verdict: &&ThresholdVerdict| {
        let actual = match (verdict.actual, &verdict.reason) {
            (Some(actual), _) => verdict.shown(actual),
            (None, reason) => reason.clone().unwrap_or_default(),
        };
        let metric = inline(&verdict.metric);
        let (threshold, actual) = (inline(&verdict.threshold), inline(&actual));
        let word = if verdict.ok { "ok" } else { "**not met**" };
        format!("| {metric} | {threshold} | {actual} | {word} |\n")
    };
    let head = "| threshold | | actual | |\n|:--|:--|:--|:--|\n";
    table(head, sorted.iter().map(cells), verdicts.len(), "thresholds")
}

fn table(head: &str, rows: impl Iterator<Item = String>, count: usize, noun: &str) -> String {
    if count == 0 {
        return String::new();
    }
    let rows: String = rows.take(ROWS).collect();
    let more = match count.saturating_sub(ROWS) {
        0 => String::new(),
        more => format!("... and {more} more {noun}\n\n"),
    };
    format!("{head}{rows}\n{more}")
}

fn witness(witness: &Witness) -> String {
    let text = terminal::witness(witness, WIDTH);
    code(&anstream::adapter::strip_str(&text).to_string())
}

/// Text that stands between others: nothing in it is Markdown or HTML, and it
/// ends neither a line nor a cell.
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' => {
                escaped.push('\\');
                escaped.push(char);
            }
            char if !is_harmless(char) => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}

/// A block of text as it is, fenced by more backticks than are in it.
fn code(text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n\n", text.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markdown() {
        assert_eq!(inline("a|b\n<i>*c*`d`"), "a\\|b &lt;i&gt;\\*c\\*\\`d\\`");
        assert_eq!(code("it says ``` and\nends\n"), "````text\nit says ``` and\nends\n````\n\n");
        assert_eq!(code("plain"), "```text\nplain\n```\n\n");
    }

    #[test]
    fn of_a_long_table_the_rest_is_counted() {
        let text = table("head\n", (0..60).map(|row| format!("| {row} |\n")), 60, "accounts");
        assert_eq!(text.lines().filter(|line| line.starts_with('|')).count(), ROWS);
        assert!(text.ends_with("\n\n... and 10 more accounts\n\n"), "{text}");
        assert_eq!(table("head\n", std::iter::empty(), 0, "accounts"), "");
    }
}
