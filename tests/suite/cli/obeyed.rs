//! What others say is read, and obeyed by nobody: neither by a terminal nor by a CI
//! server.

use std::fs;
use std::path::Path;

use crate::support::{Bankrun, Ended, Reply, Service};

/// A title, a cleared screen, a link, a colour, 8-bit controls, and characters
/// that turn the direction of writing.
const HOSTILE: &str = "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{1b}]8;;http://evil\u{1b}\\x\u{1b}[8mh\u{1b}[31m\
     \u{9b}2J\u{9d}0;t\u{9c}\u{7f}\u{8}\r\u{202e}\u{202a}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}";

/// So that no part of it stands by itself in a file of Lua, YAML or JSON.
fn escaped() -> String {
    HOSTILE.chars().map(|char| format!("\\u{{{:x}}}", u32::from(char))).collect()
}

fn is_obeyed(char: char) -> bool {
    char.is_control() && !matches!(char, '\n' | '\t')
        || matches!(char, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Colours of bankrun's own are a terminal's to obey.
#[track_caller]
fn harmless(what: &str, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(is_obeyed) {
        let colors = [
            "[0m", "[1m", "[2m", "[3m", "[31m", "[32m", "[33m", "[34m", "[36m", "[90m", "[91m",
            "[94m", "[96m", "[92m", "[93m",
        ];
        let after = rest[at..].strip_prefix('\u{1b}');
        let color = after.and_then(|after| colors.iter().find(|color| after.starts_with(**color)));
        let context = rest[..at].chars().rev().take(60).collect::<Vec<_>>();
        let context: String = context.into_iter().rev().collect();
        let Some(color) = color else {
            panic!("{what}: {context:?}{:?}", &rest[at..].chars().take(20).collect::<String>())
        };
        rest = &rest[at + 1 + color.len()..];
    }
}

#[track_caller]
fn nothing_obeyed(ended: &Ended, folder: &Path) {
    harmless("stdout", &ended.stdout);
    harmless("stderr", &ended.stderr);
    for file in ["j.xml", "r.html", "step.md"] {
        if let Ok(text) = fs::read_to_string(folder.join(file)) {
            assert!(!text.contains(is_obeyed), "{file}");
        }
    }
}

fn service() -> Service {
    Service::start(|_, path, _| match path {
        "/deposit" => Reply::Json(409, serde_json::json!({ "error": HOSTILE }).to_string()),
        path if path.starts_with("/balance") => Reply::Json(200, r#"{"balance":0}"#.into()),
        "/health" => Reply::Json(200, serde_json::json!({ "service": HOSTILE }).to_string()),
        _ => Reply::Json(200, format!("{{\"status\":\"{}\"}}", "ok")),
    })
}

const OUTPUTS: [&str; 5] = ["--junit", "j.xml", "--html", "r.html", "--http-debug=full"];

#[test]
fn what_scripts_and_services_say_is_only_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        r#"
options = {{ accounts = {{ ["1"] = 0 }}, vus = 1, iterations = 2 }}
local hostile = "{0}"
function default()
  print(hostile)
  log.error("a", hostile)
  local answer = bank.deposit(1, 5)
  local other = http.get("/health")
  check(other, {{ [hostile] = function(it) return it.body == hostile end }})
  expect(other.body, "==", hostile)
  error(hostile)
end
function handle_summary(s) print(hostile) return {{ stderr = hostile }} end
"#,
        escaped()
    );
    fs::write(folder.path().join("s.lua"), script).expect("written");
    let service = service();
    for colors in ["0", "1"] {
        let args = [&["--lua", "s.lua", "--target", &service.url][..], &OUTPUTS].concat();
        let ended = Bankrun::new(&args)
            .env("CLICOLOR_FORCE", colors)
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", "step.md")
            .folder(folder.path())
            .run();
        assert!(ended.stderr.contains("pwned") && ended.stdout.contains("pwned"), "{ended:?}");
        nothing_obeyed(&ended, folder.path());
    }
    let ended = Bankrun::new(&["--lua", "s.lua", "--target", &service.url]).folder(folder.path());
    harmless("on a terminal", &ended.on_terminal(80).stdout.replace('\r', ""));
    let ended = Bankrun::new(&["health", "--target", &service.url]).run();
    nothing_obeyed(&ended, folder.path());
}

#[test]
fn what_a_history_or_a_summary_of_others_says_is_only_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let args =
        ["--mode", "robust", "--quiet", "--history", "h.jsonl", "--summary-export", "s.json"];
    Bankrun::new(&args).folder(folder.path()).run().code(0);
    let hostile = serde_json::to_string(HOSTILE).expect("JSON");
    let hostile = hostile.trim_matches('"');
    let history = fs::read_to_string(path("h.jsonl")).expect("a history");
    let history = history.replacen("deterministic", hostile, 1).replacen("http://", hostile, 1);
    fs::write(path("h.jsonl"), history).expect("written");
    let summary = fs::read_to_string(path("s.json")).expect("a summary");
    fs::write(path("s.json"), summary.replacen("deterministic", hostile, 1)).expect("written");
    for args in [
        vec!["check", "h.jsonl"],
        vec!["compare", "s.json", "s.json"],
        // Names of files are somebody's, too.
        vec!["check", HOSTILE],
        vec!["compare", HOSTILE, HOSTILE],
        vec!["validate", HOSTILE],
        vec![HOSTILE],
        vec!["--lua", HOSTILE],
        vec!["ui", HOSTILE],
        vec!["new", HOSTILE, HOSTILE],
    ] {
        let ended = Bankrun::new(&args).folder(folder.path()).run();
        assert!(!ended.stdout.is_empty() || !ended.stderr.is_empty(), "{args:?}");
        nothing_obeyed(&ended, folder.path());
    }
    let summary = ["--mode", "robust", "--summary-export", "-", "--http-debug=full"];
    let ended = Bankrun::new(&summary).folder(folder.path()).run().code(0);
    nothing_obeyed(&ended, folder.path());
}

/// JSON for programs keeps its meaning, and shows nothing that is obeyed.
#[test]
fn a_summary_on_standard_output_is_the_same_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "local hostile = \"{}\"\nfunction default() check(1, {{ [hostile] = function() return false end }}) end",
        escaped()
    );
    fs::write(folder.path().join("s.lua"), script).expect("written");
    let args = ["--lua", "s.lua", "--mode", "robust", "--summary-export", "-"];
    let ended = Bankrun::new(&args).folder(folder.path()).run();
    nothing_obeyed(&ended, folder.path());
    let summary: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(summary.to_string().contains("pwned"), "{summary}");
    assert!(summary["runs"][0].to_string().contains('\u{202e}'), "{summary}");
}

/// A line of a script or a service is no workflow command.
#[test]
fn nobody_else_gives_commands_to_a_ci_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "
function default()
  print('::set-env name=PATH::/pwned')
  print('  ::add-mask::pwned')
  print('a\\n::stop-commands::pwned')
  print('x ##[command]pwned ##vso[task.setvariable]pwned')
  check(1, { ['a\\n::error::pwned'] = function() return false end })
  error('a\\n::warning::pwned')
end
function handle_summary(s) return { stdout = 'a\\n::notice::pwned\\n', stderr = '::debug::pwned\\n' } end
";
    fs::write(folder.path().join("s.lua"), script).expect("written");
    let args = ["--lua", "s.lua", "--mode", "robust"];
    let ended = Bankrun::new(&args).env("GITHUB_ACTIONS", "true").folder(folder.path()).run();
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        let is_ours = ["::error title=", "::warning title=", "::notice title="]
            .iter()
            .any(|ours| line.starts_with(ours));
        assert!(is_ours || !line.trim_start().starts_with("::"), "{line}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{line}");
    }
    assert!(ended.stderr.contains(": :set-env"), "{}", ended.stderr);
    assert!(ended.stdout.contains("::error title="), "{}", ended.stdout);
}
