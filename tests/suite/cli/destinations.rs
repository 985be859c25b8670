//! Where a run goes, as the command line and the environment say.

use crate::support::{Bankrun, Reply, Service};

#[test]
fn a_target_excludes_a_server_of_our_own() {
    for own in [["--mode", "naive"], ["--database", "sqlite"]] {
        let args = [&["--target", "http://localhost:1"][..], &own].concat();
        let run = Bankrun::new(&args).run().code(2);
        assert!(run.stderr.contains("Give one or the other"), "{}", run.stderr);
    }
}

#[test]
fn the_command_line_goes_before_the_environment() {
    let run = Bankrun::new(&["--mode", "robust", "--quiet"]);
    run.env("BANKRUN_TARGET", "http://localhost:1").run().code(0);
}

#[test]
fn the_environment_names_targets_and_modes() {
    let run = Bankrun::new(&[]).env("BANKRUN_TARGET", "http://localhost:1").run().code(4);
    assert!(run.stdout.contains("target http://localhost:1 (BANKRUN_TARGET)"), "{}", run.stdout);
    let run = Bankrun::new(&["--quiet"]).env("BANKRUN_MODE", "robust").run();
    run.code(0);
    let run = Bankrun::new(&[]).env("BANKRUN_MODE", "robus").run().code(2);
    assert!(run.stderr.contains("BANKRUN_MODE: `robus` is no mode"), "{}", run.stderr);
}

#[test]
fn the_scenario_may_name_its_target() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    let text = "target: http://localhost:1\nscenarios: {a: {executor: shared-iterations, operations: [{balance: 1}]}}";
    std::fs::write(&file, text).expect("written");
    let run = Bankrun::new(&[file.to_str().expect("a path")]).run().code(4);
    assert!(run.stdout.contains("(named in the scenario)"), "{}", run.stdout);
}

#[test]
fn another_machine_is_not_reset_without_a_word() {
    let args = ["--target", "http://bank.invalid"];
    let run = Bankrun::new(&args).run().code(2);
    assert!(run.stderr.contains("give --yes"), "{}", run.stderr);
    // Confirmed, it gets as far as the name that does not exist.
    Bankrun::new(&args).env("BANKRUN_YES", "1").run().code(4);
    Bankrun::new(&args).env("BANKRUN_YES", "0").run().code(2);
}

#[test]
fn several_targets_are_compared() {
    let service = Service::start(|_, _, _| Reply::Text(404, "no"));
    let targets = format!("{},http://localhost:1", service.url);
    let run = Bankrun::new(&["--target", &targets]).run().code(4);
    assert!(run.stdout.contains("side by side"), "{}", run.stdout);
    assert!(run.stdout.contains(&service.url), "{}", run.stdout);
}

#[test]
fn targets_that_cannot_be_are_refused_with_a_hint() {
    for (target, hint) in [
        ("localhost:3000", "did you mean http://localhost:3000"),
        ("ftp://localhost", "only http:// and https://"),
    ] {
        let run = Bankrun::new(&["--target", target]).run().code(2);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}
