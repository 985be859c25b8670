use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::{claims, custom, database, faults, tables, thresholds};
use crate::facts::{Facts, WorkloadMetrics};
use crate::report::format::{counted, one_line, wrapped};
use crate::report::{RunReport, RunResult, WorkloadInfo, words};
use crate::verdict::{Conclusion, Finding, Severity, Verdict};

/// Findings shown of one kind; the rest is counted.
const SHOWN: usize = 5;

/// The report of one run, below its header, for so many columns. `brief`:
/// findings and verdict alone.
pub fn report(run: &RunReport, brief: bool, width: usize) -> String {
    // Else they stand in the header.
    let notes = if brief { &run.header.notes[..] } else { &[] };
    let notes = notes.iter().map(|note| labelled((DOUBT, "warning:"), note, width));
    notes.collect::<String>() + &result(run, brief, width)
}

fn result(run: &RunReport, brief: bool, width: usize) -> String {
    let (facts, verdict) = match &run.result {
        RunResult::Judged { facts, verdict } => (facts, verdict),
        RunResult::NotRun { error } => {
            return told((BAD, "COULD NOT RUN"), error, width);
        }
        // The places were shown when they were found.
        RunResult::Contradicted { .. } => {
            let told_before = "the operations do not do what the scenario file says of them; \
                               nothing was run (--no-preflight runs it all the same)";
            return told((BAD, "CONTRADICTED"), told_before, width);
        }
        RunResult::Skipped { reason } => {
            return told((DOUBT, "SKIPPED"), reason, width);
        }
    };
    let verdict_first = conclusion(facts, verdict, width) + &findings(verdict, width);
    let end = closing(run, facts, verdict, width);
    if brief {
        let broken = facts.metrics.total().script_errors > 0;
        let why = if broken { errors(facts, width) } else { String::new() };
        return verdict_first + &why + &end;
    }
    let mut sections = vec![
        thresholds::section(&verdict.thresholds, width),
        claims::checks(facts, width),
        custom::section(&facts.metrics.custom, facts.elapsed, width),
        tables::latencies(&run.workloads, facts, width),
        tables::workloads(&run.workloads, facts, width),
        dropped(&run.workloads, facts, width),
        errors(facts, width),
        claims::invariants(facts, width),
        faults::section(&facts.faults, width),
        database::section(facts.database.as_ref(), run.retries, width),
    ];
    if !verdict.accounts.is_empty() {
        sections.push(tables::accounts(&verdict.accounts, width));
    }
    let witnesses = witnesses(verdict, width);
    if witnesses.is_empty() {
        sections.push(verdict_first + &end);
    } else {
        sections.push(verdict_first);
        sections.extend(witnesses);
        sections.push(end);
    }
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

/// Iterations that never began, and what to do about it.
fn dropped(infos: &[WorkloadInfo], facts: &Facts, width: usize) -> String {
    let line = |(info, metrics): (&WorkloadInfo, &WorkloadMetrics)| {
        let hint = if info.varies_vus {
            "were due and nobody was free: the service is too slow for the rate, or more VUs are \
             needed (`pre_allocated_vus`, `max_vus`)"
        } else {
            "did not begin within `max_duration`: give it more time or VUs, or ask for fewer"
        };
        let count = counted(metrics.iterations_dropped, "iteration");
        labelled((DOUBT, "dropped:"), &format!("{}: {count} {hint}", info.name), width)
    };
    let workloads = infos.iter().zip(&facts.metrics.workloads);
    workloads.filter(|(_, metrics)| metrics.iterations_dropped > 0).map(line).collect()
}

fn errors(facts: &Facts, width: usize) -> String {
    let mut errors: Vec<_> = facts.metrics.errors.iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut text: String = errors
        .iter()
        .take(SHOWN)
        .map(|(error, count)| labelled((DOUBT, &format!("{count}x")), error, width))
        .collect();
    if errors.len() > SHOWN {
        text.push_str(&format!("... and {} other errors\n", errors.len() - SHOWN));
    }
    text
}

/// The clearest proof of each kind of anomaly; the rest is counted.
fn witnesses(verdict: &Verdict, width: usize) -> Vec<String> {
    let mut kinds = Vec::new();
    let mut sections = Vec::new();
    for witness in &verdict.witnesses {
        if !kinds.contains(&witness.anomaly.kind) {
            kinds.push(witness.anomaly.kind);
            sections.push(super::witness::witness(witness, width));
        }
    }
    let more = verdict.more_witnesses + (verdict.witnesses.len() - sections.len()) as u64;
    match (sections.last_mut(), more) {
        (Some(last), 1) => *last += "... and 1 more anomaly\n",
        (Some(last), 2..) => *last += &format!("... and {more} more anomalies\n"),
        _ => {}
    }
    sections
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
    let line = wrapped(&one_line(&format!("{word} {text}")), width);
    format!("{}{}\n", paint(style, word), line.strip_prefix(word).unwrap_or(&line))
}

/// A painted word and a text that may have lines of its own.
fn told((style, word): (Style, &str), text: &str, width: usize) -> String {
    let mut lines = text.lines();
    let first = labelled((style, word), lines.next().unwrap_or_default(), width);
    first + &lines.map(|line| wrapped(&one_line(line), width) + "\n").collect::<String>()
}

/// One line that says it all.
fn conclusion(facts: &Facts, verdict: &Verdict, width: usize) -> String {
    let style = match verdict.conclusion {
        Conclusion::Pass => GOOD,
        Conclusion::Fail => BAD,
        Conclusion::Inconclusive => DOUBT,
    };
    let word = (style, words::conclusion(verdict));
    let mut text = labelled(word, &words::sentence(facts, verdict), width);
    if facts.interrupted {
        let message = "the run was stopped early; judged by what was acknowledged until then";
        text += &labelled((DOUBT, "interrupted:"), message, width);
    }
    text
}

/// How far the verdict goes, and how to see it again.
fn closing(run: &RunReport, facts: &Facts, verdict: &Verdict, width: usize) -> String {
    let mut text = String::new();
    if !facts.history.is_empty() {
        text += &labelled((FAINT, "scope:"), &words::scope(verdict), width);
    }
    if verdict.conclusion != Conclusion::Pass {
        text += &paint(FAINT, &format!("again: {}", run.header.again));
        text.push('\n');
    }
    text
}
