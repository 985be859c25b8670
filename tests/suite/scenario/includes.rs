//! `${NAME}` and `include`, over real files.

use std::fs;
use std::path::Path;

use bankrun::scenario::{Environment, Executor, Loaded, Problems, Scenario};

fn load(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: Environment = pairs.collect();
    Scenario::load(&folder.path().join("main.yaml"), &environment)
}

fn complaint(files: &[(&str, &str)]) -> String {
    let problems = load(files, &[]).expect_err("a mistake").to_string();
    let folder = problems.split("main.yaml").next().and_then(|before| before.rfind("--> "));
    // Without the temporary folder, which has another name each time.
    match folder {
        Some(_) => problems.lines().map(without_folder).collect::<Vec<_>>().join("\n"),
        None => problems,
    }
}

fn without_folder(line: &str) -> String {
    match line.split_once("--> ") {
        Some((before, path)) => {
            let name = Path::new(path).file_name().map(|name| name.to_string_lossy());
            format!("{before}--> {}", name.unwrap_or_default())
        }
        None => line.to_owned(),
    }
}

const WORK: &str =
    "scenarios: {a: {executor: per-vu-iterations, operations: [{deposit: 1, account: 1}]}}\n";

#[test]
fn variables_are_put_in_with_their_types() {
    let text = "name: run ${N:-x}\nseed: ${SEED}\ntarget: http://${HOST}:${PORT:-3000}\nscenarios:\n  \
                a:\n    executor: shared-iterations\n    vus: \"${VUS:-2}\"\n    iterations: 10\n    \
                operations: [{deposit: 1, account: 1}]\n";
    let scenario = load(&[("main.yaml", text)], &[("SEED", "7"), ("HOST", "localhost")]);
    let scenario = scenario.expect("valid").scenario;
    assert_eq!((scenario.name.as_str(), scenario.seed), ("run x", Some(7)));
    assert_eq!(scenario.target.as_deref(), Some("http://localhost:3000"));
    let Executor::SharedIterations { vus, .. } = scenario.workloads[0].executor else {
        panic!("{:?}", scenario.workloads[0].executor)
    };
    assert_eq!(vus, 2);
}

#[test]
fn what_is_not_set_is_told_where_it_stands() {
    let text = format!("name: x\nseed: ${{SEED}}\ntarget: http://${{\n{WORK}");
    insta::assert_snapshot!(complaint(&[("main.yaml", &text)]));
}

#[test]
fn included_files_are_joined_and_the_file_itself_has_the_last_word() {
    let main = format!("include: [parts/base.yaml, parts/more.yaml]\nname: mine\n{WORK}");
    let base = "name: base\naccounts: {1: 10, 2: 20}\nseed: 1\ndata: {users: users.csv}\n";
    let more = "accounts: {2: 25, 3: 30}\nseed: 2\n";
    let files = [
        ("main.yaml", main.as_str()),
        ("parts/base.yaml", base),
        ("parts/more.yaml", more),
        // Sought beside the file that names it.
        ("parts/users.csv", "name\nann\n"),
    ];
    let scenario = load(&files, &[]).expect("valid").scenario;
    assert_eq!((scenario.name.as_str(), scenario.seed), ("mine", Some(2)));
    let balances: Vec<i64> = scenario.accounts.expect("accounts").into_values().collect();
    assert_eq!(balances, [10, 25, 30]);
    assert_eq!(scenario.data[0].rows.len(), 1);
}

#[test]
fn a_mistake_in_an_included_file_is_shown_there() {
    let main = format!("include: base.yaml\n{WORK}");
    let files = [("main.yaml", main.as_str()), ("base.yaml", "accounts:\n  1: ten\nsede: 1\n")];
    insta::assert_snapshot!(complaint(&files));
}

#[test]
fn includes_that_cannot_be() {
    let refused = |include: &str, files: &[(&str, &str)]| {
        let main = format!("include: {include}\n{WORK}");
        let mut all = vec![("main.yaml", main.as_str())];
        all.extend(files);
        complaint(&all)
    };
    assert!(refused("nothing.yaml", &[]).contains("cannot be included: there is no such file"));
    assert!(refused("main.yaml", &[]).contains("`main.yaml` includes itself"));
    let circle = [("b.yaml", "include: c.yaml\n"), ("c.yaml", "include: [b.yaml]\n")];
    assert!(refused("b.yaml", &circle).contains("`b.yaml` includes itself"));
    assert!(refused("b.yaml", &[("b.yaml", "- 1\n")]).contains("must be a mapping"));
    assert!(refused("/dev/zero", &[]).contains("lies outside of the folder"));
    assert!(refused("[{a: 1}]", &[]).contains("not a mapping"));
}
