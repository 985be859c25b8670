//! What is in the binary, as `tools/sbom.sh` tells it: the image carries it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use bankrun::bank::{Database, DatabaseSpec};
use serde_json::Value;

/// What the script makes of this checkout.
fn bill_of_materials() -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/sbom.sh");
    let output = Command::new(script).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

/// Name and version of what `Cargo.lock` holds, with its checksum.
fn locked() -> BTreeMap<(String, String), String> {
    let mut locked = BTreeMap::new();
    for package in include_str!("../../Cargo.lock").split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let (name, version) = (value("name = "), value("version = "));
        let name = name.expect("a name");
        let checksum = value("checksum = ").unwrap_or_default();
        locked.insert((name, version.expect("a version")), checksum);
    }
    locked
}

/// The names in a section of `Cargo.toml`.
fn section(name: &str) -> BTreeSet<&'static str> {
    let manifest = include_str!("../../Cargo.toml");
    let section = manifest.split(&format!("\n[{name}]\n")).nth(1).expect("a section");
    let section = section.split("\n[").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with(char::is_alphabetic));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| match value.split_once("package = \"") {
            Some((_, package)) => package.split('"').next().unwrap_or(name),
            None => name,
        })
        .collect()
}

#[test]
fn the_bill_of_materials_lists_what_is_built_and_nothing_else() {
    let bill = bill_of_materials();
    assert_eq!((text(&bill, "bomFormat"), text(&bill, "specVersion")), ("CycloneDX", "1.6"));
    assert_eq!(text(&bill["metadata"]["component"], "version"), env!("CARGO_PKG_VERSION"));
    let components = bill["components"].as_array().expect("components");
    let locked = locked();
    let mut linked = BTreeSet::new();
    let mut known = BTreeSet::from([text(&bill["metadata"]["component"], "bom-ref")]);
    for component in components {
        let name = text(component, "name");
        assert!(known.insert(text(component, "bom-ref")), "{name} is there twice");
        let licence = text(&component["licenses"][0], "expression");
        assert!(!licence.is_empty() && !licence.contains('/'), "{name}: {licence}");
        match text(component, "scope") {
            "required" => drop(linked.insert(name)),
            scope => assert_eq!(scope, "excluded", "{name}"),
        }
        if text(component, "purl").starts_with("pkg:cargo/") {
            let key = (name.to_owned(), text(component, "version").to_owned());
            let checksum = locked.get(&key).unwrap_or_else(|| panic!("{key:?} is not locked"));
            assert_eq!(text(&component["hashes"][0], "content"), checksum, "{name}");
        }
    }
    let direct = section("dependencies");
    assert!(direct.len() > 30 && direct.is_subset(&linked), "{:?}", direct.difference(&linked));
    // What only tests name is there only where something that is built needs it, too.
    let root = text(&bill["metadata"]["component"], "bom-ref");
    let dependencies = bill["dependencies"].as_array().expect("dependencies");
    let needs = |name: &str, of_root: bool| {
        let prefix = format!("{name}@");
        let of = dependencies.iter().filter(|it| (text(it, "ref") == root) == of_root);
        let mut needed = of.flat_map(|it| it["dependsOn"].as_array().expect("a list"));
        needed.any(|needed| needed.as_str().expect("a name").starts_with(&prefix))
    };
    for name in section("dev-dependencies").difference(&direct) {
        let is_there = known.iter().any(|known| known.starts_with(&format!("{name}@")));
        assert!(!needs(name, true) && (!is_there || needs(name, false)), "{name}");
    }
    for dependency in dependencies {
        let needs = dependency["dependsOn"].as_array().expect("a list");
        let needs = needs.iter().map(|needs| needs.as_str().expect("a name"));
        for name in needs.chain([text(dependency, "ref")]) {
            assert!(known.contains(name), "{name}");
        }
    }
}

/// What no `Cargo.lock` names.
#[tokio::test]
async fn parts_that_are_compiled_in_are_told_with_their_versions() {
    let bill = bill_of_materials();
    let version = |name: &str| {
        let components = bill["components"].as_array().expect("components");
        let found = components.iter().find(|component| component["name"] == name);
        text(found.unwrap_or_else(|| panic!("no {name}")), "version").to_owned()
    };
    let database = Database::open(&DatabaseSpec::Sqlite).await.expect("a file");
    let bank = crate::bank::start(&database, Default::default()).await;
    assert_eq!(bank.database(), format!("SQLite {}", version("SQLite")));
    bank.shutdown().await;
    let lua: String = mlua::Lua::new().globals().get("_VERSION").expect("Lua");
    assert!(format!("Lua {}", version("Lua")).starts_with(&lua), "{lua}");
    let page = include_str!("../../src/report/page/assets/vendor/uPlot.iife.min.js");
    assert!(page.contains(&format!("(v{})", version("uPlot"))));
}

/// The crate, its tests and its examples: nothing is exempt.
#[test]
fn unsafe_code_is_forbidden_everywhere() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}
