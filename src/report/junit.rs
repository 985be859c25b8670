//! JUnit XML, as CI servers read it: a suite for each run, a case for whatever
//! can fail in it. Valid by both schemas that are in use: the one of Jenkins'
//! xUnit plugin (`junit-10.xsd`) and the one of Ant's reports (`JUnit.xsd`).

use std::time::{Duration, SystemTime};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{RunReport, RunResult, terminal};
use crate::facts::{Checks, Facts, Looks};
use crate::verdict::{AccountVerdict, Conclusion, Severity, ThresholdVerdict, Verdict};

/// Columns of the report that goes with a failure.
const WIDTH: usize = 100;

/// The element that holds all others.
const ROOT: &str = "<testsuites";

/// All runs in one document. What failed is a `<failure>`; what could not be run
/// or known is an `<error>`.
pub fn junit(reports: &[RunReport]) -> String {
    let mut document = Report::new("bankrun");
    document.add_test_suites(reports.iter().enumerate().map(|(id, report)| {
        let name = format!("{} ({})", report.header.scenario, report.name_among(reports));
        suite(id, &name, report)
    }));
    text(&document)
}

/// The document as both schemas have it.
pub(super) fn text(document: &Report) -> String {
    // Written to memory, which does not fail.
    let text = document.to_string().unwrap_or_default();
    // Jenkins' schema allows no `skipped` there, Ant's no attribute at all.
    match text.split_once(ROOT).and_then(|(head, rest)| Some((head, rest.split_once('>')?.1))) {
        Some((head, rest)) => format!("{head}{ROOT}>{rest}"),
        None => text,
    }
}

fn suite(id: usize, name: &str, report: &RunReport) -> TestSuite {
    let mut suite = empty_suite(id, name, timestamp(report));
    suite.add_property(("target", report.header.target.as_str()));
    suite.add_property(("seed", report.header.seed.to_string().as_str()));
    suite.add_property(("again", report.header.again.as_str()));
    let cases = match &report.result {
        RunResult::Judged { facts, verdict } => {
            suite.set_time(facts.elapsed);
            cases(report, facts, verdict)
        }
        RunResult::NotRun { error } => vec![whole(error_of("not run", error), Duration::ZERO)],
        RunResult::Contradicted { error } => {
            vec![whole(error_of("contradicted", error), Duration::ZERO)]
        }
        RunResult::Skipped { reason } => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(reason.as_str());
            vec![whole(skipped, Duration::ZERO)]
        }
    };
    // Readers take what stands before the last dot for a package.
    let class = format!("bankrun.{}", name.replace('.', "_"));
    suite.add_test_cases(cases.into_iter().map(|mut case| {
        case.set_classname(&class);
        case
    }));
    suite.set_system_out(match &report.result {
        // What is wrong carries the report itself.
        RunResult::Judged { verdict, .. } if verdict.conclusion == Conclusion::Pass => {
            terminal::report(report, false, WIDTH)
        }
        _ => String::new(),
    });
    suite.set_system_err("");
    suite
}

/// A suite with the attributes that both schemas demand.
pub(super) fn empty_suite(id: usize, name: &str, timestamp: String) -> TestSuite {
    let mut suite = TestSuite::new(name);
    for (attribute, value) in [
        ("id", id.to_string()),
        ("package", "bankrun".to_owned()),
        ("hostname", "localhost".to_owned()),
        ("timestamp", timestamp),
    ] {
        suite.extra.insert(attribute.into(), value.into());
    }
    suite.set_time(Duration::ZERO);
    suite
}

/// When the run began, in UTC; of one that did not, when this was written. The
/// schemas know neither zones nor fractions of a second.
fn timestamp(report: &RunReport) -> String {
    let began = match &report.result {
        RunResult::Judged { facts, .. } => facts.began,
        RunResult::NotRun { .. } | RunResult::Contradicted { .. } | RunResult::Skipped { .. } => {
            None
        }
    };
    utc(began.unwrap_or_else(SystemTime::now))
}

/// `2026-01-31T12:00:00`
pub(super) fn utc(time: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(time);
    time.to_string().trim_end_matches('Z').to_owned()
}

fn cases(report: &RunReport, facts: &Facts, verdict: &Verdict) -> Vec<TestCase> {
    let mut cases = vec![whole(overall(report, verdict), facts.elapsed)];
    cases.extend(verdict.accounts.iter().filter_map(account));
    cases.extend(verdict.thresholds.iter().map(threshold));
    let checks = facts.metrics.checks.iter().filter(|(_, checks)| checks.counts);
    cases.extend(checks.map(|(name, checks)| check(name, checks)));
    cases.extend(facts.invariants.iter().map(|(name, looks)| invariant(name, looks)));
    cases
}

fn whole(status: TestCaseStatus, took: Duration) -> TestCase {
    let mut whole = case("verdict".to_owned(), status);
    whole.set_time(took);
    whole
}

/// What is only looked at takes no time; that it has one is demanded.
pub(super) fn case(name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_time(Duration::ZERO);
    case
}

fn overall(report: &RunReport, verdict: &Verdict) -> TestCaseStatus {
    let (severity, kind) = match verdict.conclusion {
        Conclusion::Pass => return TestCaseStatus::success(),
        Conclusion::Inconclusive => (Severity::Inconclusive, NonSuccessKind::Error),
        Conclusion::Fail => (Severity::Fail, NonSuccessKind::Failure),
    };
    let of_severity = verdict.findings.iter().find(|finding| finding.severity == severity);
    let message = of_severity.map_or("", |finding| &finding.message);
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(of_severity.map_or("verdict", |finding| finding.code));
    status.set_message(message);
    // Colours are no text; the library takes them out.
    status.set_description(terminal::report(report, false, WIDTH));
    status
}

fn account(row: &AccountVerdict) -> Option<TestCase> {
    let shown = |amount: Option<i64>| amount.map_or("?".to_owned(), |amount| amount.to_string());
    let expected = row.expected().map_or("?".to_owned(), |reach| match reach.is_exact() {
        true => reach.low.to_string(),
        false => format!("{}..{}", reach.low, reach.high),
    });
    let message = format!("expected {expected}, actual {}", shown(row.actual));
    let status = match row.conclusion? {
        Conclusion::Pass => TestCaseStatus::success(),
        Conclusion::Inconclusive => error_of("inconclusive", &message),
        Conclusion::Fail => failure("balance", &message),
    };
    Some(case(format!("account {}", row.account), status))
}

fn threshold(threshold: &ThresholdVerdict) -> TestCase {
    let message = match (&threshold.reason, threshold.actual) {
        (Some(reason), _) => reason.clone(),
        (None, Some(actual)) => {
            format!("{} is {}", threshold.aggregation, threshold.unit.show(actual))
        }
        (None, None) => "there is no value".to_owned(),
    };
    let status = match threshold.ok {
        true => TestCaseStatus::success(),
        false => failure("threshold", &message),
    };
    case(format!("threshold {}: {}", threshold.metric, threshold.threshold), status)
}

fn check(name: &str, checks: &Checks) -> TestCase {
    let status = if checks.fails == 0 {
        TestCaseStatus::success()
    } else {
        let all = checks.passes + checks.fails;
        let mut message = format!("did not hold {} of {all} times", checks.fails);
        if let Some(first) = checks.failures.first() {
            let (expected, actual) = (&first.mismatch.expected, &first.mismatch.actual);
            message += &format!(": expected {expected}, actual {actual}");
        }
        failure("check", &message)
    };
    case(format!("check {name}"), status)
}

fn invariant(name: &str, looks: &Looks) -> TestCase {
    let status = match (looks.count, looks.violations.first()) {
        (0, _) => error_of("inconclusive", "it was never looked at"),
        (_, None) => TestCaseStatus::success(),
        (count, Some(first)) => {
            let violated = looks.violated;
            let seconds = first.time.as_secs_f64();
            let seen = &first.seen;
            let message = format!(
                "did not hold at {violated} of {count} looks, first at {seconds:.3}s: {seen}"
            );
            failure("invariant", &message)
        }
    };
    case(format!("invariant {name}"), status)
}

fn failure(kind: &str, message: &str) -> TestCaseStatus {
    with(NonSuccessKind::Failure, kind, message)
}

fn error_of(kind: &str, message: &str) -> TestCaseStatus {
    with(NonSuccessKind::Error, kind, message)
}

fn with(how: NonSuccessKind, kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(how);
    status.set_type(kind);
    status.set_message(message);
    status
}
