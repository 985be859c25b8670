//! Every YAML in the documentation is what the reader accepts.

use std::path::Path;

use bankrun::scenario::Scenario;

use super::schema;

/// The blocks of a page that say `yaml`, with what else is said of them. A
/// block that is no whole scenario is marked `yaml part`.
fn blocks(page: &str) -> Vec<(bool, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut open, line.trim_start()) {
            (None, "```yaml") => open = Some((false, String::new())),
            (None, "```yaml part") => open = Some((true, String::new())),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some((_, block)), _) => *block += &format!("{line}\n"),
            (None, _) => {}
        }
    }
    blocks
}

/// What a part needs to be whole.
fn completed(block: &str) -> String {
    let has = |key: &str| block.lines().any(|line| line.starts_with(key));
    let scenarios = match has("scenarios:") {
        true => "",
        false => {
            // Fits a `read` of either kind.
            "scenarios: { a: { executor: shared-iterations, operations: [{ deposit: 1, account: \
             jazz }] } }\n"
        }
    };
    format!("{block}{scenarios}")
}

fn all_are_valid(page: &str, least: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("users.csv"), "id,name\n1,ann\n2,bob\n").expect("written");
    let file = folder.path().join("docs.yaml").display().to_string();
    let blocks = blocks(page);
    assert!(blocks.len() >= least, "{page} has {} blocks", blocks.len());
    for (is_part, block) in blocks {
        let text = if is_part { completed(&block) } else { block };
        // Names from outside stand for their defaults.
        let text = text.replace("${BOX_OFFICE:-http://localhost:4000}", "http://localhost:4000");
        if let Err(problems) = Scenario::from_yaml(&file, &text) {
            panic!("{page}:\n{problems}\n{text}");
        }
        schema::accepts(&text);
    }
}

#[test]
fn in_the_reference() {
    all_are_valid("docs/scenarios.md", 10);
}

#[test]
fn in_the_readme() {
    all_are_valid("README.md", 1);
}

#[test]
fn in_the_page_on_metrics() {
    all_are_valid("docs/metrics.md", 1);
}
