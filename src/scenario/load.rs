use std::path::Path;
use std::sync::Arc;

use super::foreign::Tool;
use super::interpolation::Environment;
use super::problem::Problems;
use super::reader::{Dialect, Reader};
use super::types::Scenario;
use super::{document, include, yaml};
use crate::files::{FileError, Reach, STDIN};

/// Far more than anybody writes, little enough to be refused in no time.
pub(super) const LARGEST: u64 = 10 * 1000 * 1000;

/// A valid scenario, and what its author should know all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub scenario: Scenario,
    pub warnings: Problems,
}

impl Scenario {
    /// Reads the text of a scenario file. `source` is its path, or whatever
    /// messages shall call it; files it names are sought beside it.
    pub fn from_yaml(source: &str, text: &str) -> Result<Loaded, Problems> {
        Self::from_yaml_with(source, text, &Environment::new())
    }

    /// [`from_yaml`](Self::from_yaml), where `${NAME}` reads these variables.
    pub fn from_yaml_with(
        source: &str,
        text: &str,
        environment: &Environment,
    ) -> Result<Loaded, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() as u64 > LARGEST {
            return Err(unreadable(source, &FileError::TooLarge { limit: LARGEST }));
        }
        let path = Path::new(source);
        let stem = path.file_stem().map_or(source.into(), |stem| stem.to_string_lossy());
        let mut reader = Reader::new(Dialect::File, source, text);
        reader.environment = Arc::new(environment.clone());
        let node = yaml::parse(text, &mut reader);
        if node.is_none() && !reader.has_errors() {
            let hint = "`bankrun new FILE` writes a scenario to begin with";
            return Err(Problems::of_file(source, "the file is empty", hint));
        }
        let node = node.map(|node| include::resolve(node, &mut reader));
        let scenario = node.and_then(|node| document::read(&node, &stem, &mut reader));
        conclude(scenario, reader)
    }

    /// Reads a scenario file. `${NAME}` in it reads `environment`.
    pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, Problems> {
        Self::load_from(path, &Reach::Anywhere, environment)
    }

    /// The same of a file that may not lie anywhere.
    pub fn load_from(
        path: &Path,
        reach: &Reach,
        environment: &Environment,
    ) -> Result<Loaded, Problems> {
        // What standard input names lies in the current folder.
        let source =
            if path.as_os_str() == STDIN { "stdin".into() } else { path.to_string_lossy() };
        let text = reach.text(path, LARGEST);
        let read = match &text {
            Ok(text) => Self::from_yaml_with(&source, text, environment),
            Err(error) => Err(unreadable(&source, error)),
        };
        read.map_err(|problems| {
            let tool = match &text {
                Ok(text) => Tool::of(path, Some(text)),
                Err(FileError::TooLarge { .. } | FileError::NotText { .. }) => Tool::of(path, None),
                Err(
                    FileError::Missing
                    | FileError::Forbidden
                    | FileError::Kind(_)
                    | FileError::Outside { .. }
                    | FileError::Io(_),
                ) => None,
            };
            let foreign = |tool: Tool| Problems::of_file(&source, tool.refusal(), tool.hint());
            tool.map_or(problems, foreign)
        })
    }
}

fn unreadable(source: &str, error: &FileError) -> Problems {
    let hint = match error {
        FileError::Missing => "check the path; `bankrun new FILE` writes a scenario",
        FileError::TooLarge { .. } => "a scenario has a few kilobytes; is this the right file?",
        error => error.hint(),
    };
    Problems::of_file(source, error.to_string(), hint)
}

/// The scenario, if nothing speaks against it.
pub(super) fn conclude(scenario: Option<Scenario>, reader: Reader) -> Result<Loaded, Problems> {
    let valid = !reader.has_errors();
    let problems = Problems::new(reader.files, reader.problems, reader.unlisted);
    match scenario {
        Some(scenario) if valid => Ok(Loaded { scenario, warnings: problems }),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "scenarios: {a: {executor: shared-iterations, operations: [{balance: 1}]}}";

    #[test]
    fn a_scenario_without_a_name_is_called_as_its_file() {
        let loaded = Scenario::from_yaml("some/where/small.yaml", SMALL).expect("valid");
        assert_eq!(loaded.scenario.name, "small");
        assert!(loaded.warnings.is_empty());
    }

    #[test]
    fn a_script_is_sought_beside_the_file() {
        let text = format!("lua: hooks.lua\n{SMALL}");
        let path = |source| Scenario::from_yaml(source, &text).expect("valid").scenario.lua;
        assert_eq!(path("some/small.yaml"), Some("some/hooks.lua".into()));
        assert_eq!(path("small.yaml"), Some("hooks.lua".into()));
    }

    #[test]
    fn files_that_are_none_say_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = |path: &Path| {
            Scenario::load(path, &Environment::new()).expect_err("no scenario").to_string()
        };
        assert!(message(&folder.path().join("no.yaml")).contains("there is no such file"));
        assert!(message(folder.path()).contains("this is a folder, not a regular file"));
        let file = folder.path().join("file.yaml");
        let with = |bytes: &[u8]| {
            std::fs::write(&file, bytes).expect("written");
            message(&file)
        };
        assert!(with(b"").contains("the file is empty"));
        assert!(with(b"# nothing\n").contains("the file is empty"));
        assert!(with(b"name: x\nname: \xff\n").contains("not UTF-8 text (line 2)"));
        assert!(with(&vec![b'#'; LARGEST as usize + 1]).contains("larger than 10 MB"));
    }

    #[test]
    fn windows_text_is_text() {
        let text = format!("\u{feff}name: x\r\n{SMALL}\r\n");
        assert_eq!(Scenario::from_yaml("a", &text).expect("valid").scenario.name, "x");
    }
}
