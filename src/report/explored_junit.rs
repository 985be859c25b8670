use std::time::SystemTime;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};

use super::junit::{case, empty_suite, text, utc};
use super::{Explored, terminal};
use crate::explore::Conclusion;

/// Columns of the report that goes with a failure.
const WIDTH: usize = 120;

/// `bankrun explore --junit`: a suite for each mode, a case for each group of
/// requests. An order that fails is a `<failure>`; what could not be run or not
/// be gone through is an `<error>`.
pub fn explored_junit(explored: &[Explored]) -> String {
    let mut document = Report::new("bankrun");
    let of_modes = explored.chunk_by(|one, other| one.mode == other.mode);
    for (id, of_mode) in of_modes.enumerate() {
        let name = format!("explore {}", of_mode[0].mode);
        let mut suite = empty_suite(id, &name, utc(SystemTime::now()));
        suite.add_property(("again", of_mode[0].again.as_str()));
        let class = format!("bankrun.{}", name.replace('.', "_"));
        suite.add_test_cases(of_mode.iter().map(|explored| {
            let mut case = of(explored);
            case.set_classname(&class);
            case
        }));
        suite.set_time(of_mode.iter().filter_map(|it| Some(it.result.as_ref().ok()?.time)).sum());
        suite.set_system_out("");
        suite.set_system_err("");
        document.add_test_suite(suite);
    }
    text(&document)
}

fn of(explored: &Explored) -> TestCase {
    let non_success = |kind, what: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(what);
        status.set_message(terminal::exploration(explored, true, usize::MAX).trim());
        status.set_description(terminal::exploration(explored, false, WIDTH));
        status
    };
    let status = match explored.result.as_ref().map(|it| it.conclusion()) {
        Ok(Conclusion::Pass) => TestCaseStatus::success(),
        Ok(Conclusion::Fail) => non_success(NonSuccessKind::Failure, "order"),
        Ok(Conclusion::Inconclusive) => non_success(NonSuccessKind::Error, "inconclusive"),
        Err(_) => non_success(NonSuccessKind::Error, "not run"),
    };
    let mut case = case(explored.group.clone(), status);
    if let Ok(it) = &explored.result {
        case.set_time(it.time);
    }
    case
}
