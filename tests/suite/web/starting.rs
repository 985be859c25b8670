use std::fs;
use std::path::Path;

use serde_json::json;

use super::browser::Page;

#[test]
fn a_run_is_started_watched_and_judged() {
    let page = Page::open(Path::new("scenarios"), &[]);
    let mut events = page.events();
    let state = events.until("state");
    assert_eq!((&state["can_start"], &state["busy"]), (&json!(true), &json!(false)));
    let scenarios = state["scenarios"].as_array().expect("a list");
    let set = scenarios.iter().find(|scenario| scenario["file"] == "deterministic.yaml");
    let set = set.expect("the deterministic set");
    assert_eq!(set["name"], "deterministic three-user set");
    assert_eq!((&set["accounts"], &set["error"]), (&json!(3), &json!(null)));
    assert_eq!(set["workloads"][0]["vus"], 10);
    assert!(state["modes"].as_array().expect("a list").len() >= 8);

    let wish = json!({ "file": "deterministic.yaml", "modes": ["naive", "robust"], "seed": 1 });
    let group = page.start(&wish);
    let naive = events.run("naive", "done");
    assert_eq!(naive["group"], group);
    assert_eq!(naive["summary"]["verdict"]["conclusion"], "fail");
    assert!(!naive["summary"]["verdict"]["witnesses"].as_array().expect("a list").is_empty());
    let timeline = &naive["timeline"];
    let counted = |column: &str| -> u64 {
        let values = timeline[column].as_array().expect("a column");
        values.iter().filter_map(serde_json::Value::as_u64).sum()
    };
    assert_eq!(counted("ok"), 600);
    let last = |account: usize, column: &str| {
        let values = timeline["accounts"][account][column].as_array().expect("a column");
        values.last().expect("a point").as_i64()
    };
    assert_eq!(last(0, "expected"), Some(1500));
    let actual = naive["summary"]["verdict"]["accounts"][0]["actual"].as_i64();
    assert_eq!(last(0, "actual"), actual);
    // What the page says is missing in the end is what the verdict says.
    assert_eq!(naive["now"]["missing"], naive["summary"]["missing"]);
    assert_eq!(naive["now"]["surplus"], naive["summary"]["surplus"]);

    let robust = events.run("robust", "done");
    assert_eq!(robust["summary"]["verdict"]["conclusion"], "pass");
    let never: Vec<_> = robust["timeline"]["missing"].as_array().expect("a column").clone();
    assert!(never.iter().all(|missing| *missing == 0), "{never:?}");
    let metrics = page.get("/metrics").body;
    let missing = format!("{}", naive["summary"]["missing"]);
    for (name, mode, value) in [
        ("bankrun_operations_total", "naive", "200"),
        ("bankrun_missing_money", "naive", &missing),
        ("bankrun_missing_money", "robust", "0"),
    ] {
        let has = |line: &str| {
            line.starts_with(&format!("{name}{{"))
                && line.contains(&format!("mode=\"{mode}\""))
                && line.ends_with(&format!("}} {value}"))
        };
        assert!(metrics.lines().any(has), "{name} {mode} {value}: {metrics}");
    }
    let report = page.get(&format!("/api/runs/{}/report.html", naive["id"]));
    assert_eq!(report.status, 200);
    assert!(report.head.contains("attachment"), "{}", report.head);
    assert!(report.body.contains("deterministic three-user set"));
}

#[test]
fn a_run_is_stopped_and_the_next_one_waits_for_that() {
    let page = Page::open(Path::new("scenarios"), &[]);
    let mut events = page.events();
    page.start(&json!({ "file": "mix.yaml", "modes": ["robust"] }));
    let points = events.until("points");
    assert!(points["now"]["vus"].as_u64() > Some(0), "{points}");
    let again = page.post("/api/runs", &json!({ "modes": ["naive"] }));
    assert_eq!(again.status, 409, "{}", again.body);
    assert_eq!(page.stop().status, 202);
    let run = events.run("robust", "done");
    assert_eq!(run["summary"]["interrupted"], true);
    while events.until("busy") != json!(false) {}
    page.start(&json!({ "modes": ["naive"] }));
    let run = events.run("naive", "done");
    assert_eq!(run["header"]["scenario"], "deterministic three-user set");
}

#[test]
fn what_cannot_be_run_is_told_on_the_page() {
    let page = Page::open(Path::new("scenarios"), &["--target", "http://localhost:1"]);
    let mut events = page.events();
    let state = events.until("state");
    assert_eq!(state["targets"][0]["url"], "http://localhost:1");
    page.start(&json!({ "file": "mix.yaml", "targets": ["http://localhost:1"] }));
    let run = events.run("http://localhost:1", "done");
    let error = run["summary"]["error"].as_str().expect("an error");
    assert!(error.contains("localhost:1"), "{error}");
}

#[test]
fn a_target_elsewhere_is_not_reset_without_being_asked() {
    let target = ["--target", "http://192.0.2.1:3000"];
    let page = Page::open(Path::new("scenarios"), &target);
    let wish = json!({ "file": "mix.yaml", "targets": ["http://192.0.2.1:3000"] });
    let answer = page.post("/api/runs", &wish);
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("--yes"), "{}", answer.body);
}

#[test]
fn files_that_are_none_stand_in_the_list_with_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), "# Sells seats.\nscenarios: {}").expect("a file");
    fs::write(folder.path().join("b.lua"), "options = {").expect("a file");
    let page = Page::open(folder.path(), &[]);
    let state = page.events().until("state");
    let scenarios = state["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios.len(), 2);
    assert_eq!(scenarios[0]["description"], "Sells seats.");
    for (scenario, file) in scenarios.iter().zip(["a.yaml", "b.lua"]) {
        let error = scenario["error"].as_str().expect("an error");
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn an_interrupt_ends_the_page_and_the_run_with_a_report() {
    let page = Page::open(Path::new("scenarios"), &[]);
    let mut events = page.events();
    page.start(&json!({ "file": "mix.yaml", "modes": ["robust"] }));
    events.until("points");
    page.interrupt();
    let run = events.run("robust", "done");
    assert_eq!(run["summary"]["interrupted"], true);
    events.until("bye");
    assert!(events.next().is_none(), "the stream is over");
    let (report, code) = page.ended();
    assert!(report.contains("stopped early"), "{report}");
    assert_eq!(code, Some(0));
}

/// Nothing of it is waited for: neither the list of scenarios nor a start.
#[test]
fn files_that_are_pipes_or_lie_elsewhere_are_told_and_nothing_waits() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("in");
    fs::create_dir(&folder).expect("a folder");
    let pipe = |name: &str| {
        nix::unistd::mkfifo(&folder.join(name), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    };
    pipe("pipe.yaml");
    pipe("pipe.lua");
    pipe("p");
    let work = "accounts: {1: 0}\nscenarios: {a: {executor: shared-iterations, operations: [{balance: 1}]}}\n";
    for (file, names) in [("lua", "lua: p"), ("part", "include: p"), ("rows", "data: {u: p}")] {
        fs::write(folder.join(format!("{file}.yaml")), format!("{names}\n{work}"))
            .expect("written");
    }
    fs::write(folder.join("data.lua"), "data.csv('p')\nfunction default() end").expect("written");
    fs::write(place.path().join("secret.yaml"), work).expect("written");
    std::os::unix::fs::symlink("../secret.yaml", folder.join("link.yaml")).expect("a link");
    let page = Page::open(&folder, &[]);
    let mut events = page.events();
    let state = events.until("state");
    let scenarios = state["scenarios"].as_array().expect("a list");
    let files: Vec<&str> =
        scenarios.iter().filter_map(|scenario| scenario["file"].as_str()).collect();
    assert_eq!(files, ["data.lua", "lua.yaml", "part.yaml", "rows.yaml"]);
    for scenario in scenarios {
        let error = scenario["error"].as_str().unwrap_or_default();
        assert!(error.contains("named pipe"), "{scenario}");
        let refused = page.post("/api/runs", &json!({ "file": scenario["file"] }));
        assert!((400..500).contains(&refused.status), "{}", refused.body);
        assert!(refused.body.contains("named pipe"), "{}", refused.body);
    }
    for file in ["pipe.yaml", "pipe.lua", "link.yaml", "../secret.yaml"] {
        let refused = page.post("/api/runs", &json!({ "file": file }));
        assert!((400..500).contains(&refused.status), "{file}: {}", refused.body);
    }
}
