//! Every shipped scenario, in every mode, on both databases: it ends as its own
//! header comment says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::bank::fresh_url;
use crate::support::Bankrun;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

/// What a header claims: mode -> `pass` or `fail`.
fn claims(text: &str) -> BTreeMap<&str, &'static str> {
    let mut claims = BTreeMap::new();
    for (words, verdict) in [("#   must fail in", "fail"), ("#   must pass in", "pass")] {
        let lines = text.lines().filter_map(|line| line.strip_prefix(words));
        for mode in lines.flat_map(|modes| modes.split(',').map(str::trim)) {
            assert!(claims.insert(mode, verdict).is_none(), "{mode} is named twice");
        }
    }
    claims
}

/// How often a wrong mode may be lucky: on a busy machine its races may not meet.
const LUCK: usize = 3;

/// Runs `scenario` in each mode, and compares.
fn runs_as_claimed(scenario: &Path, text: &str, database: &str) {
    let claims = claims(text);
    let (runs, stdout) = runs(text, "all", database);
    assert_eq!(runs.len(), claims.len(), "{}: not every mode is named", scenario.display());
    for run in runs.iter().filter(|run| run["skipped"].is_null()) {
        let mode = run["header"]["mode"].as_str().expect("a mode");
        let mut conclusion = run["verdict"]["conclusion"].clone();
        for _ in 1..LUCK {
            if claims[mode] == "fail" && conclusion == "pass" {
                let (again, _) = self::runs(text, mode, database);
                conclusion = again[0]["verdict"]["conclusion"].clone();
            }
        }
        let place = scenario.display();
        assert_eq!(conclusion, claims[mode], "{place} in mode {mode}\n{stdout}");
        assert_ne!(run["verdict"]["verified"], false, "{place} in {mode}");
    }
}

/// The runs of the scenario in these modes, and what was printed.
fn runs(text: &str, modes: &str, database: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, summary) = (folder.path().join("scenario.yaml"), folder.path().join("summary.json"));
    // Ten seconds prove no more than one.
    std::fs::write(&file, text.replace("duration: 10s", "duration: 1s")).expect("written");
    let paths = [&file, &summary].map(|path| path.to_str().expect("a path"));
    let args = [paths[0], "--mode", modes, "--database", database, "--quiet"];
    let ended = Bankrun::new(&[&args[..], &["--summary-export", paths[1]]].concat()).run();
    let summary = std::fs::read_to_string(&summary).expect("a summary");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    (summary["runs"].as_array().expect("runs").clone(), ended.stdout)
}

fn all_run_as_claimed(database: &str) {
    for entry in std::fs::read_dir(FOLDER).expect("the shipped scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("text");
            // A service of its own has no modes, and faults have a test of their own.
            if text.contains("\ntarget:") || text.contains("\nfaults:") {
                continue;
            }
            runs_as_claimed(&path, &text, database);
        }
    }
}

#[test]
fn on_sqlite() {
    all_run_as_claimed("sqlite");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let url = fresh_url().await;
    tokio::task::spawn_blocking(move || all_run_as_claimed(&url)).await.expect("as claimed");
}

/// Its database is one that nobody else relies on.
#[test]
fn with_faults_on_a_private_postgresql() {
    let path = Path::new(FOLDER).join("crash.yaml");
    let text = std::fs::read_to_string(&path).expect("text");
    runs_as_claimed(&path, &text, "postgres");
}

/// `retries.yaml` has a second claim: when answers are lost, no mode helps
/// against a retry without a key, and any correct one against a retry with it.
#[test]
fn a_retry_without_a_key_spends_twice() {
    for mode in ["robust", "atomic", "batched"] {
        let args = ["scenarios/retries.yaml", "--mode", mode, "--lose-answers", "10%"];
        let run = Bankrun::new(&args).run().code(1);
        let twice = "sent again without an Idempotency-Key took effect twice: #";
        assert!(run.stdout.contains(twice), "{}", run.stdout);
        let with_key = run.stdout.lines().find(|line| line.starts_with("2 ")).expect("account 2");
        assert!(with_key.ends_with("0     ok") || with_key.ends_with(" ok"), "{}", run.stdout);
    }
}
