//! Guards the map of `docs/architecture.md`: which room may know which.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("files", &[]),
    ("bank", &["model"]),
    ("facts", &["model"]),
    ("explore", &["model"]),
    ("observer", &["model", "facts"]),
    ("isolation", &["model", "explore"]),
    ("data", &["files"]),
    ("template", &["files", "data"]),
    ("scenario", &["model", "files", "template"]),
    ("plan", &["model", "template", "scenario"]),
    ("engine", &["model", "files", "facts", "template", "scenario", "plan"]),
    ("script", &["model", "files", "facts", "data", "template", "scenario", "plan", "engine"]),
    ("verdict", &["model", "facts", "scenario"]),
    ("report", &["model", "facts", "explore", "isolation", "scenario", "plan", "verdict"]),
    ("web", &["model", "report"]),
    (
        "cli",
        &[
            "model",
            "files",
            "bank",
            "facts",
            "explore",
            "observer",
            "isolation",
            "scenario",
            "plan",
            "engine",
            "script",
            "verdict",
            "report",
            "web",
        ],
    ),
];

/// The same inside of the bank.
const BANK: &[(&str, &[&str])] =
    &[("store", &[]), ("ledger", &["store"]), ("http", &["ledger", "store"])];

#[test]
fn rooms_know_only_those_below_them() {
    let found = violations(Path::new("src"), "crate::", ROOMS);
    assert!(found.is_empty(), "uses that go up:\n{}", found.join("\n"));
}

#[test]
fn the_floors_of_the_bank_know_only_those_below_them() {
    let found = violations(Path::new("src/bank"), "crate::bank::", BANK);
    assert!(found.is_empty(), "uses that go up:\n{}", found.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let known: BTreeMap<&str, _> = ROOMS.iter().copied().collect();
    for entry in fs::read_dir("src").expect("src") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().expect("a name");
            assert!(known.contains_key(name.as_str()), "src/{name} is in no list of this test");
        }
    }
}

#[test]
fn mod_files_only_declare_and_reexport() {
    for file in rust_files(Path::new("src")) {
        if file.file_name().is_some_and(|name| name == "mod.rs") {
            let text = fs::read_to_string(&file).expect("readable");
            for word in ["fn ", "struct ", "enum ", "impl ", "trait "] {
                let found = text.lines().find(|line| line.trim_start().starts_with(word));
                assert_eq!(found, None, "{} holds code", file.display());
            }
        }
    }
}

#[test]
fn the_test_sees_what_it_guards_against() {
    let uses = |text| used_rooms(text, "crate::");
    assert_eq!(uses("use crate::cli::Exit;"), ["cli"]);
    assert_eq!(uses("let x = crate::bank::Mode::Robust;"), ["bank"]);
    assert_eq!(uses("use crate::{engine::Vu, facts::Event};"), ["engine", "facts"]);
    assert_eq!(uses("//! [`Event`](crate::facts::Event)"), Vec::<String>::new());
}

fn violations(root: &Path, prefix: &str, rooms: &[(&str, &[&str])]) -> Vec<String> {
    let mut found = Vec::new();
    for (room, allowed) in rooms {
        for file in rust_files(&root.join(room)) {
            let text = fs::read_to_string(&file).expect("readable");
            for used in used_rooms(&text, prefix) {
                let known = rooms.iter().any(|(name, _)| *name == used);
                if known && used != *room && !allowed.contains(&used.as_str()) {
                    found.push(format!("{} uses {prefix}{used}", file.display()));
                }
            }
        }
    }
    found
}

/// The rooms that a file names in code; comments may name any.
fn used_rooms(text: &str, prefix: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut rooms = Vec::new();
    for line in code {
        for (at, _) in line.match_indices(prefix) {
            let rest = &line[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(list) => rooms.extend(list.split(',').filter_map(first_name)),
                None => rooms.extend(first_name(rest)),
            }
        }
    }
    rooms
}

fn first_name(path: &str) -> Option<String> {
    let path = path.trim();
    let end = path.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(path.len());
    (end > 0).then(|| path[..end].to_owned())
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The image is built from `Cargo.toml` without benches and tests: cargo takes a
/// target that is not there only where its path is spelt out.
#[test]
fn every_target_of_the_manifest_has_a_path() {
    let manifest = fs::read_to_string("Cargo.toml").expect("the manifest");
    for target in manifest.split("\n[[").skip(1) {
        let target = target.split("\n[").next().unwrap_or_default();
        assert!(target.contains("\npath = "), "[[{target}");
    }
}
