use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::tables;
use crate::facts::Facts;
use crate::report::format::{counted, duration, wrapped};
use crate::report::{RunReport, RunResult};
use crate::verdict::{Conclusion, Finding, Severity, Verdict};

/// Findings shown of one kind; the rest is counted.
const SHOWN: usize = 5;

/// The report of one run, below its header, for so many columns. `brief`:
/// findings and verdict alone.
pub fn report(run: &RunReport, brief: bool, width: usize) -> String {
    let (facts, verdict) = match &run.result {
        RunResult::Judged { facts, verdict } => (facts, verdict),
        RunResult::NotRun { error } => {
            return format!("{} {error}\n", paint(BAD, "COULD NOT RUN"));
        }
    };
    let end = findings(verdict, width) + &conclusion(run, facts, verdict, width);
    if brief {
        return end;
    }
    let mut sections = vec![
        tables::workloads(&run.workloads, facts, width),
        tables::latencies(&run.workloads, facts, width),
        checks(facts),
        errors(facts),
    ];
    if !verdict.accounts.is_empty() {
        sections.push(tables::accounts(&verdict.accounts, width));
    }
    sections.push(end);
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn checks(facts: &Facts) -> String {
    let line = |(name, checks): (&std::sync::Arc<str>, &crate::facts::Checks)| {
        let all = checks.passes + checks.fails;
        match checks.fails {
            0 => format!("check {} {name}: {all} of {all}\n", paint(GOOD, "ok")),
            _ => {
                format!("check {} {name}: {} of {all} held\n", paint(BAD, "FAILED"), checks.passes)
            }
        }
    };
    facts.metrics.checks.iter().map(line).collect()
}

fn errors(facts: &Facts) -> String {
    let mut errors: Vec<_> = facts.metrics.errors.iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut text: String = errors
        .iter()
        .take(SHOWN)
        .map(|(error, count)| format!("{} {error}\n", paint(DOUBT, &format!("{count}x"))))
        .collect();
    if errors.len() > SHOWN {
        text.push_str(&format!("... and {} other errors\n", errors.len() - SHOWN));
    }
    text
}

fn findings(verdict: &Verdict, width: usize) -> String {
    let mut text = String::new();
    for severity in [Severity::Fail, Severity::Inconclusive, Severity::Warning, Severity::Note] {
        let of_kind: Vec<&Finding> =
            verdict.findings.iter().filter(|finding| finding.severity == severity).collect();
        for finding in of_kind.iter().take(SHOWN) {
            text.push_str(&labelled(word(severity), &finding.message, width));
        }
        if of_kind.len() > SHOWN {
            text.push_str(&format!("... and {} more like these\n", of_kind.len() - SHOWN));
        }
    }
    text
}

fn word(severity: Severity) -> (Style, &'static str) {
    match severity {
        Severity::Fail => (BAD, "wrong:"),
        Severity::Inconclusive => (DOUBT, "unknown:"),
        Severity::Warning => (DOUBT, "warning:"),
        Severity::Note => (FAINT, "note:"),
    }
}

/// A painted word and what it introduces, broken into lines.
fn labelled((style, word): (Style, &str), text: &str, width: usize) -> String {
    let line = wrapped(&format!("{word} {text}"), width);
    format!("{}{}\n", paint(style, word), line.strip_prefix(word).unwrap_or(&line))
}

/// One line that says it all, and how to see it again.
fn conclusion(run: &RunReport, facts: &Facts, verdict: &Verdict, width: usize) -> String {
    let word = match verdict.conclusion {
        Conclusion::Pass => (GOOD, "PASS"),
        Conclusion::Fail => (BAD, "FAIL"),
        Conclusion::Inconclusive => (DOUBT, "INCONCLUSIVE"),
    };
    let mut line = money(verdict);
    let overlap = verdict.overlap;
    if overlap.overlapping > 0 {
        line += &format!(
            "; {} of {} overlapped on their account",
            overlap.overlapping,
            counted(overlap.updates, "update")
        );
    }
    line += &format!("; {}", duration(facts.elapsed));
    let mut text = labelled(word, &line, width);
    if facts.interrupted {
        let message = "the run was stopped early; judged by what was acknowledged until then";
        text += &labelled((DOUBT, "interrupted:"), message, width);
    }
    if verdict.conclusion != Conclusion::Pass {
        text += &paint(FAINT, &format!("again: {}", run.header.again));
        text.push('\n');
    }
    text
}

fn money(verdict: &Verdict) -> String {
    let judged = verdict.accounts.iter().filter_map(|row| row.conclusion);
    let (mut all, mut pass, mut fail) = (0, 0, 0);
    for conclusion in judged {
        all += 1;
        pass += u64::from(conclusion == Conclusion::Pass);
        fail += u64::from(conclusion == Conclusion::Fail);
    }
    match (verdict.missing(), verdict.surplus()) {
        (0, 0) if all == 0 => "no balance was judged".to_owned(),
        (0, 0) if pass == all => format!("{} as expected", counted(all, "balance")),
        (0, 0) if fail == 0 => format!("{pass} of {all} balances are certain"),
        (0, 0) => format!("{fail} of {all} balances are not as stated"),
        (missing, 0) => format!("{missing} of acknowledged money is gone"),
        (0, surplus) => format!("{surplus} too much: withdrawals were lost"),
        (missing, surplus) => {
            format!("{missing} of acknowledged money is gone, and elsewhere {surplus} too much")
        }
    }
}
