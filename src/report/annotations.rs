//! Workflow commands of GitHub Actions: failures where a person looks first.

use super::{RunReport, RunResult};
use crate::verdict::Severity;

/// GitHub shows so many of each level of a step, and drops the rest in silence.
const SHOWN: usize = 10;

/// A line for each thing that went wrong, for standard output; empty when all
/// went well. Where there are more than GitHub shows, the last one counts them.
pub fn annotations(reports: &[RunReport]) -> String {
    let all: Vec<Annotation> = reports.iter().flat_map(of_run).collect();
    let mut text = String::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&Annotation> = all.iter().filter(|one| one.level == level).collect();
        let shown = if of_level.len() > SHOWN { SHOWN - 1 } else { of_level.len() };
        text.extend(of_level[..shown].iter().map(|one| one.line()));
        let more = of_level.len() - shown;
        if more > 0 {
            let (title, message) =
                ("bankrun".to_owned(), format!("... and {more} more, in the log"));
            text += &Annotation { level, title, message }.line();
        }
    }
    text
}

struct Annotation {
    level: Level,
    title: String,
    message: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

fn of_run(report: &RunReport) -> Vec<Annotation> {
    let title = format!("{} ({})", report.header.scenario, report.label());
    let one = |level, message: &str| {
        let (title, message) = (title.clone(), message.to_owned());
        Annotation { level, title, message }
    };
    match &report.result {
        RunResult::NotRun { error } | RunResult::Contradicted { error } => {
            vec![one(Level::Error, error)]
        }
        RunResult::Skipped { reason } => vec![one(Level::Notice, reason)],
        RunResult::Judged { verdict, .. } => {
            let findings = verdict.findings.iter();
            let lines = findings.filter_map(|finding| {
                let level = match finding.severity {
                    Severity::Fail | Severity::Inconclusive => Level::Error,
                    Severity::Warning => Level::Warning,
                    Severity::Note => return None,
                };
                Some(one(level, &finding.message))
            });
            lines.collect()
        }
    }
}

impl Annotation {
    /// `::error title=TITLE::MESSAGE`, with what would end either of them written
    /// as GitHub reads it.
    fn line(&self) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        format!("::{level} title={}::{}\n", property(&self.title), data(&self.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Header;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let (title, message) = ("a: b, c\r".to_owned(), "50% gone:\nreally, %0A".to_owned());
        assert_eq!(
            Annotation { level: Level::Error, title, message }.line(),
            "::error title=a%3A b%2C c%0D::50%25 gone:%0Areally, %250A\n"
        );
    }

    #[test]
    fn more_than_are_shown_are_counted() {
        let skipped = |number: usize| {
            let scenario = format!("run {number}");
            let header = Header { scenario, ..Header::default() };
            let result = RunResult::Skipped { reason: "not here".to_owned() };
            RunReport { header, workloads: Vec::new(), retries: None, result, live: None }
        };
        let reports: Vec<RunReport> = (0..12).map(skipped).collect();
        let lines = |count: usize| annotations(&reports[..count]).lines().count();
        assert_eq!((lines(0), lines(10), lines(11), lines(12)), (0, 10, 10, 10));
        let last = annotations(&reports);
        assert!(last.ends_with("::notice title=bankrun::... and 3 more, in the log\n"), "{last}");
    }
}
