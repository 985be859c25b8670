use bankrun::report::terminal;
use bankrun::scenario::{Environment, Scenario};

use super::lines;

/// A folder that there is not: nothing is beside the scenario.
const SOURCE: &str = "nowhere/any.yaml";

/// A scenario file. The same text is the same scenario, and what is wrong with
/// it is shown where it stands.
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return not_text(bytes);
    };
    let environment = Environment::from([("NAME".to_owned(), "value: {".to_owned())]);
    let read = || Scenario::from_yaml_with(SOURCE, text, &environment);
    let first = read();
    assert_eq!(first, read(), "the same text, read twice");
    match first {
        Ok(loaded) => {
            lines::check(&loaded.warnings, text);
            terminal::plan(&loaded.scenario, Some(1));
        }
        Err(problems) => {
            assert!(problems.count() > 0, "refused, and nothing is wrong");
            lines::check(&problems, text);
        }
    }
}

fn not_text(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("any.yaml");
    std::fs::write(&path, bytes).expect("written");
    let message = Scenario::load(&path, &Environment::new()).expect_err("refused").to_string();
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    let line =
        message.split("not UTF-8 text (line ").nth(1).and_then(|rest| rest.split(')').next());
    let line: usize = line.unwrap_or_else(|| panic!("{message}")).parse().expect("a number");
    assert!((1..=lines).contains(&line), "line {line} of {lines}");
}
