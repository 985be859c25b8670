use std::collections::BTreeMap;

use serde::Deserialize;

use super::SpecProblem;
use super::parse::{check_names, order};
use super::spec::{Session, Spec, Step};

/// Reads a specification in YAML:
///
/// ```yaml
/// setup: CREATE TABLE ...          # or a list
/// teardown: DROP TABLE ...
/// sessions:
///   - name: s1
///     setup: BEGIN
///     steps: [{ r1: SELECT ... }, { w1: UPDATE ... }, { c1: COMMIT }]
/// permutations: [[r1, w1, c1]]     # optional; without, every order
/// ```
pub fn parse_yaml(text: &str) -> Result<Spec, SpecProblem> {
    let file: File = serde_yaml::from_str(text).map_err(|error| SpecProblem {
        line: error.location().map(|place| place.line()),
        message: error.to_string(),
    })?;
    let mut spec = Spec {
        setup: file.setup.map_or_else(Vec::new, Blocks::into_list),
        teardown: file.teardown,
        ..Spec::default()
    };
    for session in file.sessions {
        let SessionEntry { name, setup, steps: entries, teardown } = session;
        let mut steps = Vec::new();
        for step in entries {
            let mut pairs = step.into_iter();
            let (Some((step, sql)), None) = (pairs.next(), pairs.next()) else {
                let message = format!("a step of session `{name}` is not one `name: SQL`");
                return Err(SpecProblem { line: None, message });
            };
            steps.push(Step { name: step, sql });
        }
        spec.sessions.push(Session { name, setup, steps, teardown });
    }
    check_names(&spec)?;
    for names in file.permutations {
        let found = order(&spec, 0, &names);
        spec.orders
            .push(found.map_err(|problem| SpecProblem { line: None, message: problem.message })?);
    }
    Ok(spec)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    setup: Option<Blocks>,
    teardown: Option<String>,
    sessions: Vec<SessionEntry>,
    #[serde(default)]
    permutations: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionEntry {
    name: String,
    setup: Option<String>,
    steps: Vec<BTreeMap<String, String>>,
    teardown: Option<String>,
}

/// One block of SQL, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Blocks {
    One(String),
    Many(Vec<String>),
}

impl Blocks {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(block) => vec![block],
            Self::Many(blocks) => blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_says_the_same_as_a_specification_file() {
        let yaml = "
setup: [CREATE TABLE t (a int), INSERT INTO t VALUES (1)]
teardown: DROP TABLE t
sessions:
  - name: s1
    setup: BEGIN
    steps: [{ r1: SELECT a FROM t }, { c1: COMMIT }]
  - name: s2
    steps: [{ w2: UPDATE t SET a = 2 }]
permutations: [[r1, w2, c1]]
";
        let file = "
setup { CREATE TABLE t (a int) }
setup { INSERT INTO t VALUES (1) }
teardown { DROP TABLE t }
session s1
setup { BEGIN }
step r1 { SELECT a FROM t }
step c1 { COMMIT }
session s2
step w2 { UPDATE t SET a = 2 }
permutation r1 w2 c1
";
        assert_eq!(parse_yaml(yaml), super::super::parse(file));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (yaml, says) in [
            ("sessions: []", "there is no session"),
            ("sessions: [{name: a, steps: [{x: SELECT 1, y: SELECT 2}]}]", "not one `name: SQL`"),
            ("sessions: [{name: a, steps: [{x: SELECT 1}]}]\npermutations: [[y]]", "called `y`"),
            ("sesions: []", "unknown field `sesions`"),
        ] {
            let problem = parse_yaml(yaml).expect_err(yaml).to_string();
            assert!(problem.contains(says), "{yaml}: {problem}");
        }
    }
}
