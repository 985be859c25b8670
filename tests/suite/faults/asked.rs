//! What is said of faults before a run, and of those that show nothing.

use serde_json::Value;

use crate::support::{Bankrun, Ended};

/// Runs a scenario with these faults, and these further keys.
fn with(faults: &str, keys: &str, args: &[&str]) -> (Ended, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let users = "users: { executor: constant-vus, vus: 4, duration: DURATION, \
                 operations: [{ deposit: 1..1000, account: 1, think: 1ms }] }"
        .replace("DURATION", "1s");
    let text = format!("{keys}\naccounts: {{ 1: 1000 }}\nscenarios: {{ {users} }}\n{faults}\n");
    std::fs::write(folder.path().join("crash.yaml"), text).expect("written");
    let args = [args, &["--summary-export", "summary.json"]].concat();
    let ended = Bankrun::new(&args).folder(folder.path()).run();
    let summary = std::fs::read_to_string(folder.path().join("summary.json"));
    let summary = summary.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"));
    (ended, summary["runs"][0].clone())
}

const KILL: &str = "faults:\n  - { at: 100ms, kill: database }";
const CUT: &str = "faults:\n  - { at: 100ms..300ms, cut: connections, to: server, for: 50ms }";

#[test]
fn nobody_elses_server_is_touched() {
    for (args, env) in [
        (&["crash.yaml", "--target", "http://127.0.0.1:9"][..], None),
        (&["crash.yaml"], Some("http://127.0.0.1:9")),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "scenarios: { a: { executor: constant-vus, duration: 1s, operations: [{ \
                    balance: 1 }] } }\n"
            .to_owned()
            + KILL;
        std::fs::write(folder.path().join("crash.yaml"), text).expect("written");
        let mut run = Bankrun::new(args).folder(folder.path());
        if let Some(target) = env {
            run = run.env("BANKRUN_TARGET", target);
        }
        let said = run.run().code(2).stderr;
        let expected = "crash.yaml:3: `faults` (kill database) befall a server of our own, and \
                        http://127.0.0.1:9 is none";
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_database_that_cannot_be_killed_is_refused_with_what_to_do() {
    for database in ["sqlite", "sqlite:bank.db", "postgres://nobody@127.0.0.1:9/bank"] {
        let (ended, _) = with(KILL, "name: x", &["crash.yaml", "--database", database]);
        let said = ended.code(2).stderr;
        assert!(said.starts_with("crash.yaml:5: `faults` (kill database) need"), "{said}");
        assert!(said.contains("give `--database postgres`"), "{said}");
    }
}

/// No PostgreSQL is needed to come between clients and their server.
#[test]
fn connections_to_the_server_can_be_cut_on_any_database() {
    let (ended, run) = with(CUT, "name: x", &["crash.yaml", "--database", "sqlite", "--seed", "7"]);
    let ended = ended.code(0);
    assert!(ended.stdout.contains("cut connections to server, for "), "{}", ended.stdout);
    let fault = &run["faults"][0];
    assert_eq!(fault["what"], "cut connections to server");
    let met = &fault["met"];
    assert!(met["failed"].as_u64() > Some(0) || met["unknown"].as_u64() > Some(0), "{fault}");
    assert!(fault["served_after_s"].as_f64().is_some(), "{fault}");
}

#[test]
fn the_same_seed_gives_the_same_moments_and_validate_tells_them() {
    let dues = |seed: &str| {
        let args = ["crash.yaml", "--database", "sqlite", "--seed", seed, "--quiet"];
        let (ended, run) = with(CUT, "name: x", &args);
        ended.code(0);
        run["faults"][0]["due_s"].as_f64().expect("a moment")
    };
    let (one, again, other) = (dues("7"), dues("7"), dues("8"));
    assert_eq!(one, again);
    assert_ne!(one, other);
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "accounts: {{ 1: 0 }}\nscenarios: {{ a: {{ executor: constant-vus, duration: 1s, \
         operations: [{{ balance: 1 }}] }} }}\n{CUT}\n"
    );
    std::fs::write(folder.path().join("crash.yaml"), text).expect("written");
    let args = ["validate", "crash.yaml", "--seed", "7"];
    let plan = Bankrun::new(&args).folder(folder.path()).run().code(0).stdout;
    assert!(plan.contains("at 100ms..300ms: cut connections to server for 50ms"), "{plan}");
    assert!(plan.contains(&format!("at {one:.3}s cut connections to server")), "{one} {plan}");
}

#[test]
fn a_fault_that_never_came_has_shown_nothing() {
    let late = CUT.replace("100ms..300ms", "30s..50s");
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "accounts: {{ 1: 0 }}\nscenarios: {{ a: {{ executor: shared-iterations, vus: 2, \
         operations: [{{ deposit: 1..1000, account: 1, count: 20 }}] }} }}\n{late}\n"
    );
    std::fs::write(folder.path().join("crash.yaml"), text).expect("written");
    let run = |strict: &[&str]| {
        let args = [&["crash.yaml", "--mode", "robust"][..], strict].concat();
        Bankrun::new(&args).folder(folder.path()).run()
    };
    let ended = run(&[]).code(0);
    assert!(ended.stdout.contains("never came, for the run was over"), "{}", ended.stdout);
    assert!(ended.stdout.contains("never came, the run was over"), "{}", ended.stdout);
    run(&["--strict"]).code(3);
}

#[test]
fn a_shorter_run_tells_which_faults_it_leaves_out() {
    let late = CUT.replace("100ms..300ms", "800ms");
    let args = ["crash.yaml", "--mode", "robust", "--duration", "200ms"];
    let (ended, _) = with(&late, "name: x", &args);
    let said = ended.code(0).stderr;
    let expected = "note: crash.yaml:5: `cut connections to server` does not come, or not each time: the run \
         ends after 200ms";
    assert!(said.contains(expected), "{said}");
}
