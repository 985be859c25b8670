//! Workflow commands of GitHub Actions: failures where a person looks first.

use super::{RunReport, RunResult};
use crate::verdict::Severity;

/// A line for each thing that went wrong, for standard output; empty when all
/// went well.
pub fn annotations(reports: &[RunReport]) -> String {
    reports.iter().flat_map(of_run).collect()
}

fn of_run(report: &RunReport) -> Vec<String> {
    let title = format!("{} ({})", report.header.scenario, report.label());
    match &report.result {
        RunResult::NotRun { error } => vec![line("error", &title, error)],
        RunResult::Skipped { reason } => vec![line("notice", &title, reason)],
        RunResult::Judged { verdict, .. } => {
            let findings = verdict.findings.iter();
            let lines = findings.filter_map(|finding| {
                let level = match finding.severity {
                    Severity::Fail | Severity::Inconclusive => "error",
                    Severity::Warning => "warning",
                    Severity::Note => return None,
                };
                Some(line(level, &title, &finding.message))
            });
            lines.collect()
        }
    }
}

fn line(level: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={}::{}\n", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(
            line("error", "a: b, c", "50% gone\nreally"),
            "::error title=a%3A b%2C c::50%25 gone%0Areally\n"
        );
    }
}
