use anstyle::Style;

use super::paint::{BAD, DOUBT, FAINT, GOOD, paint};
use super::{claims, custom, database, tables, thresholds};
use crate::facts::{Facts, WorkloadMetrics};
use crate::report::format::{counted, duration, one_line, wrapped};
use crate::report::{RunReport, RunResult, WorkloadInfo};
use crate::verdict::checker::Answer;
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
    let word = match verdict.conclusion {
        Conclusion::Pass => (GOOD, "PASS"),
        Conclusion::Fail => (BAD, "FAIL"),
        Conclusion::Inconclusive => (DOUBT, "INCONCLUSIVE"),
    };
    let mut line = claims_met(verdict) + &money(verdict);
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
    text
}

/// How far the verdict goes, and how to see it again.
fn closing(run: &RunReport, facts: &Facts, verdict: &Verdict, width: usize) -> String {
    let mut text = String::new();
    if !facts.history.entries().is_empty() {
        text += &labelled((FAINT, "scope:"), &scope(verdict), width);
    }
    if verdict.conclusion != Conclusion::Pass {
        text += &paint(FAINT, &format!("again: {}", run.header.again));
        text.push('\n');
    }
    text
}

/// How far the claim goes: in which order the operations can have been, and
/// what a naive service would have had to fear.
fn scope(verdict: &Verdict) -> String {
    let order = match (verdict.serializable, verdict.linearizable) {
        (Answer::Holds, Answer::Holds) => "one order explains every answer and respects the clock",
        (Answer::Holds, Answer::Unknown) => {
            "one order explains every answer; whether one respects the clock is unknown"
        }
        (Answer::Holds, Answer::Refuted) => {
            "an order explains every answer, but none that respects the clock"
        }
        (Answer::Refuted, _) => "no order explains every answer",
        (Answer::Unknown, _) => "whether an order explains every answer is unknown",
    };
    match verdict.power.and_then(|power| power.share()) {
        Some(share) => {
            let percent = share * 100.0;
            format!("{order}; a naive server would have been caught {percent:.1}% of the time")
        }
        None => order.to_owned(),
    }
}

/// What was claimed beside the balances: `1 of 2 thresholds met; `.
fn claims_met(verdict: &Verdict) -> String {
    let mut text = String::new();
    let all = verdict.thresholds.len() as u64;
    if all > 0 {
        let met = verdict.thresholds.iter().filter(|threshold| threshold.ok).count();
        text += &format!("{met} of {} met; ", counted(all, "threshold"));
    }
    for (code, noun) in [("check", "check"), ("invariant", "invariant")] {
        let of_code = verdict.findings.iter().filter(|finding| finding.code == code);
        let failed = of_code.filter(|finding| finding.severity == Severity::Fail).count() as u64;
        if failed > 0 {
            text += &format!("{} failed; ", counted(failed, noun));
        }
    }
    text
}

fn money(verdict: &Verdict) -> String {
    let judged = verdict.accounts.iter().filter_map(|row| row.conclusion);
    let off = verdict.accounts.iter().filter(|row| row.difference().is_some_and(|off| off != 0));
    let off = off.count();
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
        (0, 0) if off == 0 => "the balances add up, the answers on the way do not".to_owned(),
        (0, 0) => format!("{off} of {all} balances are not as stated"),
        (missing, 0) => format!("{missing} of acknowledged money is gone"),
        (0, surplus) => format!("{surplus} more is there than was ever acknowledged"),
        (missing, surplus) => {
            format!("{missing} of acknowledged money is gone, and elsewhere {surplus} too much")
        }
    }
}
