use std::path::Path;

use bankrun::scenario::Scenario;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/broken");

fn each(look: impl Fn(&str, &str, &str)) {
    let mut paths: Vec<_> = std::fs::read_dir(FOLDER)
        .expect("the folder of broken scenarios")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let stem = path.file_stem().and_then(|name| name.to_str()).expect("a stem");
        look(name, stem, &std::fs::read_to_string(&path).expect("text"));
    }
}

fn rendered(name: &str, text: &str, width: usize) -> String {
    match Scenario::from_yaml(name, text) {
        Ok(loaded) => loaded.warnings.render(false, width),
        Err(problems) => problems.render(false, width),
    }
}

/// Each file of the folder and all that is said about it.
#[test]
fn every_mistake_is_reported_with_its_place() {
    each(|name, stem, text| insta::assert_snapshot!(stem, rendered(name, text, 100)));
}

#[test]
fn a_narrow_terminal_can_show_it() {
    let path = Path::new(FOLDER).join("many-mistakes.yaml");
    let text = std::fs::read_to_string(path).expect("text");
    let narrow = rendered("many-mistakes.yaml", &text, 60);
    let widest = narrow.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{narrow}");
    insta::assert_snapshot!("narrow", narrow);
}

#[test]
fn whatever_line_breaks_a_file_has_the_places_are_the_same() {
    each(|name, stem, text| {
        if stem == "syntax-open-quote" {
            return;
        }
        let windows = text.replace('\n', "\r\n");
        assert_eq!(rendered(name, text, 100), rendered(name, &windows, 100), "{name}");
    });
}

#[test]
fn problems_carry_places_and_paths() {
    let text = "scenarios:\n  a:\n    executor: constant-vus\n    vus: many\n    duration: 1s\n    \
                operations:\n      - { deposit: 0, account: 1 }\n";
    let problems = Scenario::from_yaml("a.yaml", text).expect_err("two mistakes");
    let places: Vec<_> = problems
        .iter()
        .map(|problem| {
            let start = problem.span.expect("a span").start;
            (problem.path.as_str(), start.line, start.column)
        })
        .collect();
    assert_eq!(places, [("scenarios.a.vus", 4, 9), ("scenarios.a.operations[0].deposit", 7, 19)]);
}
