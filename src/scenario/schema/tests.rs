use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::document::value;
use super::schema;
use super::section::Section;
use super::sections::SECTIONS;
use crate::scenario::service::Relation;
use crate::scenario::{Scenario, keys};

/// Tables of the reader that are no mapping of a file.
const NO_SECTIONS: &[(&str, &str)] = &[
    ("OPTIONS", "the options of a script are no file"),
    ("OPERATION", "a part of `STEP`, for messages"),
];

/// The key tables of `keys.rs` by name, as they stand in its text.
fn tables() -> Vec<(String, BTreeSet<String>)> {
    let text = include_str!("../keys.rs");
    let tables = text.split("pub(super) const ").skip(1).filter_map(|table| {
        let (name, rest) = table.split_once(": &[&str] =")?;
        let (list, _) = rest.split_once("];")?;
        let keys = list.split('"').skip(1).step_by(2).map(str::to_owned);
        Some((name.to_owned(), keys.collect()))
    });
    tables.collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_reader_is_in_the_schema_and_the_other_way_round() {
    for Section { name, table, keys, .. } in SECTIONS {
        let known = set(keys.iter().map(|key| key.name));
        assert_eq!(known, set(table.iter().copied()), "section {name} against keys.rs");
        assert_eq!(known.len(), keys.len(), "a key of {name} is there twice");
    }
}

#[test]
fn every_table_of_the_reader_has_its_section() {
    let tables = tables();
    assert!(tables.len() >= 18, "{tables:?}");
    for (name, keys) in tables {
        let excused = NO_SECTIONS.iter().any(|(excused, _)| *excused == name);
        let found = SECTIONS.iter().any(|section| set(section.table.iter().copied()) == keys);
        assert!(found || excused, "the table {name} of keys.rs has no section in the schema");
    }
}

#[test]
fn comparisons_are_those_that_the_reader_knows() {
    let relations = set(Relation::ALL.iter().map(|(name, _)| *name));
    let subjects = set(["status", "body", "duration", "jsonpath", "header"]);
    let all = relations.union(&subjects).cloned().collect();
    assert_eq!(set(keys::EXPECTED.iter().copied()), all);
    let check = set(keys::EXPECTED.iter().copied().chain(["fail"]));
    assert_eq!(set(keys::CHECK.iter().copied()), check);
}

#[test]
fn executors_are_those_that_the_reader_supports() {
    let text = "scenarios: { a: { executor: warp-drive, operations: [{ balance: 1 }] } }";
    let message = Scenario::from_yaml("a.yaml", text).expect_err("unknown").to_string();
    let hint = message.split("executors are").nth(1).expect("a hint");
    let named = set(hint.split('`').skip(1).step_by(2));
    assert_eq!(named, set(super::sections::EXECUTORS.iter().copied()));
}

#[test]
fn every_key_is_described_and_its_example_valid() {
    let whole = schema();
    for section in SECTIONS {
        for key in section.keys {
            let place = format!("{}.{}", section.name, key.name);
            assert!(key.meaning.ends_with('.'), "{place}: {}", key.meaning);
            let mut wanted = key.takes.schema();
            wanted["$defs"] = whole["$defs"].clone();
            let validator = jsonschema::validator_for(&wanted).expect("a schema");
            for yaml in [Some(key.example), key.default].into_iter().flatten() {
                let value = value(yaml);
                assert!(!value.is_null(), "{place}: {yaml}");
                let fault = validator.validate(&value).err().map(|fault| fault.to_string());
                assert_eq!(fault, None, "{place}: {yaml}");
            }
        }
    }
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn the_schema_in_the_docs_is_current() {
    let text = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    is_current("docs/scenario.schema.json", |_| text.clone());
}

/// The tables between `<!-- keys: SECTION -->` and `<!-- /keys -->`.
#[test]
fn the_tables_of_the_reference_are_current() {
    is_current("docs/scenarios.md", |text| {
        let mut pieces = text.split("<!-- keys: ");
        let mut made = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once(" -->").expect("a name");
            let (_, after) = rest.split_once("<!-- /keys -->").expect("an end");
            let section = SECTIONS.iter().find(|section| section.name == name);
            let table = table(section.unwrap_or_else(|| panic!("no section {name}")));
            made += &format!("<!-- keys: {name} -->\n{table}<!-- /keys -->{after}");
        }
        for section in SECTIONS {
            assert!(made.contains(&format!("<!-- keys: {} -->", section.name)), "{}", section.name);
            // The tables link to it.
            assert!(made.contains(&format!("<a id=\"{}\"></a>", section.name)), "{}", section.name);
        }
        made
    });
}

fn table(section: &Section) -> String {
    let mut table = "\n| key | takes | meaning |\n|---|---|---|\n".to_owned();
    for key in section.keys {
        let cell = |text: &str| text.replace('|', "\\|");
        let default = key.default.map(|default| format!(" Default: `{default}`."));
        let example = format!("`{}: {}`", key.name, key.example);
        writeln!(
            table,
            "| `{}` | {} | {}{} For example {} |",
            key.name,
            cell(&key.takes.words()),
            cell(key.meaning),
            default.unwrap_or_default(),
            cell(&example),
        )
        .expect("a text takes it");
    }
    table + "\n"
}

/// Compares a file of the repository with what it should be; writes it with
/// `INSTA_UPDATE=always`, as snapshots are written.
#[track_caller]
fn is_current(file: &str, make: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted = make(&text);
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&path, wanted).expect("written");
    } else {
        assert!(text == wanted, "{file} is old; INSTA_UPDATE=always makes it new");
    }
}
