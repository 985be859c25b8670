//! The schema that editors have, held against what the reader says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bankrun::scenario::{Scenario, schema};
use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).expect("a schema"));

/// Broken files that no schema can refuse, and why.
const BEYOND: &[(&str, &str)] = &[
    ("data-columns", "what is in other files"),
    ("effects-on-others", "names that are declared elsewhere"),
    ("faults-too-late", "sums"),
    ("overflow", "sums"),
    ("overflow-together", "sums"),
    ("reset-each", "accounts without balances are fine with `reset: none`"),
    ("tags", "YAML's own tags"),
    ("warning-contradiction", "sums"),
    ("warning-thresholds", "names of metrics and tags"),
];

/// The text as an editor sees it; `None`: it is no YAML.
fn json(text: &str) -> Option<Json> {
    let mut yaml: Yaml = serde_yaml::from_str(text).ok()?;
    yaml.apply_merge().ok()?;
    convert(yaml)
}

fn convert(yaml: Yaml) -> Option<Json> {
    Some(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(number) => serde_json::to_value(number).ok()?,
        Yaml::String(text) => text.into(),
        Yaml::Sequence(items) => {
            Json::Array(items.into_iter().map(convert).collect::<Option<_>>()?)
        }
        Yaml::Mapping(entries) => {
            let entry = |(key, value)| {
                let key = match key {
                    Yaml::String(text) => text,
                    other => convert(other)?.to_string(),
                };
                Some((key, convert(value)?))
            };
            Json::Object(entries.into_iter().map(entry).collect::<Option<_>>()?)
        }
        Yaml::Tagged(tagged) => convert(tagged.value)?,
    })
}

/// What the schema says against the text.
fn faults(text: &str) -> Vec<String> {
    match json(text) {
        None => vec!["no YAML".to_owned()],
        Some(json) => VALIDATOR
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect(),
    }
}

/// What the reader accepts, the schema accepts.
#[track_caller]
pub(super) fn accepts(text: &str) {
    let faults = faults(text);
    assert!(faults.is_empty(), "{faults:#?}\n{text}");
}

fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let chosen = paths.filter(|path: &PathBuf| path.extension().is_some_and(|end| end == ending));
    let read = |path: PathBuf| {
        let stem = path.file_stem().expect("a stem").to_string_lossy().into_owned();
        (stem, std::fs::read_to_string(path).expect("text"))
    };
    chosen.map(read).collect()
}

#[test]
fn every_shipped_scenario_is_accepted_and_names_the_schema() {
    for (name, text) in files("scenarios", "yaml") {
        accepts(&text);
        let first = text.lines().next().expect("a line");
        let path = first.strip_prefix("# yaml-language-server: $schema=").expect("a schema");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(path);
        let named: Json = serde_json::from_slice(&std::fs::read(&path).expect("the file"))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(named, schema(), "{name} names another schema");
    }
}

#[test]
fn what_new_writes_is_accepted() {
    accepts(bankrun::scenario::template::SCENARIO);
}

#[test]
fn every_broken_file_is_refused() {
    let broken = files("tests/fixtures/broken", "yaml");
    let accepted = broken.iter().filter(|(_, text)| faults(text).is_empty());
    let accepted: Vec<&str> = accepted.map(|(name, _)| name.as_str()).collect();
    let beyond: Vec<&str> = BEYOND.iter().map(|(name, _)| *name).collect();
    assert_eq!(accepted, beyond, "what the schema accepts, and what it cannot see");
}

/// Each of these is right but for one thing.
#[test]
fn one_mistake_is_enough() {
    let race = "race: { executor: shared-iterations, operations: [{ balance: 1 }] }";
    for (part, place) in [
        ("nmae: x", ""),
        ("seed: -1", "/seed"),
        ("timeout: 10", "/timeout"),
        ("timeout: 10 parsecs", "/timeout"),
        ("target: localhost", "/target"),
        ("accounts: {}", "/accounts"),
        ("accounts: { a: -1 }", "/accounts/a"),
        ("reset: nothing", "/reset"),
        ("read: { request: /a }", "/read"),
        ("expect: { non_negative: maybe }", "/expect/non_negative"),
        ("invariants: { a: [total] }", "/invariants/a"),
        ("thresholds: { http_reqs: count=>1 }", "/thresholds/http_reqs"),
        ("data: { \"1st\": a.csv }", "/data"),
        ("operations: { deposit: { request: /a } }", "/operations"),
        ("operations: { a: { request: /a, ok: 600 } }", "/operations/a/ok"),
        ("operations: { a: { request: { path: /a, json: 1, body: x } } }", "/operations/a/request"),
        ("operations: { a: { request: /a, effect: { account: x } } }", "/operations/a/effect"),
        (
            "operations: { a: { request: /a, checks: { b: { \">=\": 1 } } } }",
            "/operations/a/checks/b",
        ),
        ("setup: { request: /a }", "/setup"),
        ("setup: [{ balance: 1, count: 5 }]", "/setup/0/count"),
        ("setup: [{ depsoit: 5, account: 1 }]", "/setup/0/depsoit"),
    ] {
        let text = format!("{part}\nscenarios: {{ {race} }}\n");
        let faults = faults(&text);
        let found = faults
            .iter()
            .any(|fault| fault.split(": ").next().is_some_and(|at| place.starts_with(at)));
        assert!(found, "{part}: {faults:?}");
        let refused = Scenario::from_yaml("a.yaml", &text);
        assert!(refused.is_err(), "the reader accepts {part}");
    }
    accepts(&format!("scenarios: {{ {race} }}"));
    for part in ["seed: ${SEED}", "timeout: ${WAIT}s", "accounts: { a: \"${START:-5}\" }"] {
        accepts(&format!("{part}\nscenarios: {{ {race} }}"));
    }
}
