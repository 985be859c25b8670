use std::collections::BTreeSet;

use super::drive::drive;
use super::{corpus, targets};

#[test]
fn requests_to_the_bank() {
    drive(targets::named("bank_request"));
}

#[test]
fn connections_to_the_bank() {
    drive(targets::named("bank_stream"));
}

#[test]
fn data_files() {
    drive(targets::named("data"));
}

#[test]
fn histories() {
    drive(targets::named("history"));
}

#[test]
fn scenario_files() {
    drive(targets::named("scenario"));
}

#[test]
fn scripts() {
    drive(targets::named("script"));
}

#[test]
fn templates() {
    drive(targets::named("template"));
}

#[test]
fn thresholds() {
    drive(targets::named("threshold"));
}

/// Above, in `fuzz/corpus`, and among the programs of the fuzzer.
#[test]
fn every_target_is_driven_has_a_corpus_and_a_program() {
    let names: BTreeSet<String> = targets::ALL.map(|target| target.name.to_owned()).into();
    let folders = std::fs::read_dir(corpus::folder()).expect("a corpus");
    let folders = folders.map(|folder| folder.expect("a folder").file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.into_string().expect("text")).collect();
    assert_eq!(folders, names);
    let here = include_str!("kept.rs");
    let manifest = include_str!("../../../fuzz/Cargo.toml");
    for name in &names {
        assert!(here.contains(&format!("targets::named(\"{name}\")")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        for (path, bytes) in corpus::of(name) {
            assert!(bytes.len() <= 64 * 1024, "{} is too large to be kept", path.display());
        }
    }
}
