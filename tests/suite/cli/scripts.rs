//! What a script gets from the command line, and what it leaves behind.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Bankrun, Ended};

const ONE: &str = r#"
    options = { accounts = { ["1"] = 1000 }, seed = 1 }
    function default() bank.deposit(1, 5) end
"#;

fn script(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("custom.lua"), format!("{ONE}\n{text}")).expect("a script");
    folder
}

fn run(folder: &Path, args: &[&str]) -> Ended {
    let all = [&["--lua", "custom.lua", "--mode", "robust"], args].concat();
    Bankrun::new(&all).folder(folder).env("FROM_OUTSIDE", "outside").env("BOTH", "outside").run()
}

#[test]
fn env_is_the_environment_and_what_was_given() {
    let folder = script("log.info(env.FROM_OUTSIDE, env.BOTH, env.GIVEN, env.NO_SUCH_THING)");
    let ended = run(folder.path(), &["-e", "BOTH=given", "-e", "GIVEN=x"]).code(0);
    assert!(ended.stderr.contains("outside given x nil"), "{}", ended.stderr);
}

#[test]
fn handle_summary_writes_its_own_reports() {
    let folder = script(
        r#"function handle_summary(s)
             log.info("writing")
             return {
               stdout = "deposits: " .. s.total.outcomes.ok .. "\n",
               stderr = "and more\n",
               ["own.json"] = json.encode({ verdict = s.verdict.conclusion }),
             }
           end"#,
    );
    let ended = run(folder.path(), &[]).code(0);
    assert!(ended.stdout.ends_with("deposits: 1\n"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("PASS"), "{}", ended.stdout);
    assert!(ended.stderr.contains("writing\n") && ended.stderr.contains("and more\n"));
    let own = fs::read_to_string(folder.path().join("own.json")).expect("a file");
    assert_eq!(own, r#"{"verdict":"pass"}"#);

    let quiet = run(folder.path(), &["--quiet"]).code(0);
    assert_eq!(quiet.stdout, "deposits: 1\n");
    let exported = run(folder.path(), &["--summary-export", "-"]).code(0);
    serde_json::from_str::<serde_json::Value>(&exported.stdout).expect("the summary alone");
    assert!(exported.stderr.contains("deposits: 1\n"), "{}", exported.stderr);
}

#[test]
fn without_stdout_the_report_is_there_and_the_verdict_stays() {
    for (body, said) in [
        ("error('no')", "custom.lua:5: no"),
        (
            "return { ['missing/own.json'] = 'x' }",
            "handle_summary: missing/own.json could not be written",
        ),
        ("return { ['../own.json'] = 'x' }", "a script writes only into this folder and below"),
        ("return { ['/own.json'] = 'x' }", "a script writes only into this folder and below"),
        ("return { stderr = 'beside' }", "beside"),
    ] {
        let folder = script(&format!("function handle_summary(s) {body} end"));
        let ended = run(folder.path(), &[]).code(0);
        assert!(ended.stderr.contains(said), "{body}: {}", ended.stderr);
        assert!(ended.stdout.contains("PASS"), "{body}: {}", ended.stdout);
    }
}
