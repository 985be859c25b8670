use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::problem::Problems;
use super::reader::{Dialect, Reader};
use super::types::Scenario;
use super::{document, yaml};

/// Far more than anybody writes, little enough to be refused in no time.
const LARGEST: u64 = 10 * 1000 * 1000;

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
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() as u64 > LARGEST {
            return Err(too_large(source));
        }
        let path = Path::new(source);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let stem = path.file_stem().map_or(source.into(), |stem| stem.to_string_lossy());
        let mut reader = Reader::new(Dialect::File { folder });
        let node = yaml::parse(text, &mut reader);
        if node.is_none() && !reader.has_errors() {
            let hint = "`bankrun new FILE` writes a scenario to begin with";
            return Err(Problems::of_file(source, "the file is empty", hint));
        }
        let scenario = node.and_then(|node| document::read(&node, &stem, &mut reader));
        conclude(source, text, scenario, reader)
    }

    /// Reads a scenario file.
    pub fn load(path: &Path) -> Result<Loaded, Problems> {
        let source = path.display().to_string();
        let bytes = read(path).map_err(|error| refusal(&source, &error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(too_large(&source));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::from_yaml(&source, &text),
            Err(error) => {
                let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                let message = format!("the file is not UTF-8 text (line {line})");
                Err(Problems::of_file(&source, message, "save it with the encoding UTF-8"))
            }
        }
    }
}

/// The scenario, if nothing speaks against it.
pub(super) fn conclude(
    source: &str,
    text: &str,
    scenario: Option<Scenario>,
    reader: Reader,
) -> Result<Loaded, Problems> {
    let valid = !reader.has_errors();
    let problems = Problems::new(source, text, reader.problems, reader.unlisted);
    match scenario {
        Some(scenario) if valid => Ok(Loaded { scenario, warnings: problems }),
        _ => Err(problems),
    }
}

/// A little more than the largest file, never more.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refusal(source: &str, error: &io::Error) -> Problems {
    let (message, hint) = match error.kind() {
        ErrorKind::NotFound => {
            ("there is no such file".into(), "check the path; `bankrun new FILE` writes a scenario")
        }
        ErrorKind::IsADirectory => ("this is a folder".into(), "name a file inside of it"),
        ErrorKind::PermissionDenied => {
            ("the file may not be read".into(), "check its permissions with `ls -l`")
        }
        _ => (format!("the file cannot be read: {error}"), "try to open it with another program"),
    };
    Problems::of_file(source, message, hint)
}

fn too_large(source: &str) -> Problems {
    let hint = "a scenario has a few kilobytes; is this the right file?";
    Problems::of_file(source, "the file is larger than 10 MB", hint)
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
        let message = |path: &Path| Scenario::load(path).expect_err("no scenario").to_string();
        assert!(message(&folder.path().join("no.yaml")).contains("there is no such file"));
        assert!(message(folder.path()).contains("this is a folder"));
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
