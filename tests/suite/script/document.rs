//! `docs/lua.md` and `docs/from-k6.md` say what is so: their examples run, and
//! the reference names all there is and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bankrun::bank::{BankOptions, Database, DatabaseSpec};
use bankrun::engine::Stop;
use bankrun::scenario::Scenario;
use bankrun::script::Script;
use serde_json::json;

use super::bank::Bank;
use super::drive::{SEED, execute, load};

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(path).expect(name)
}

/// Blocks of Lua with the line they begin at, but for those marked otherwise.
fn examples(document: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```lua" {
            let code: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            if !before.starts_with("<!-- not run") {
                found.push((number + 2, code.join("\n")));
            }
        }
        before = line;
    }
    found
}

/// A script that ends soon, made of what an example shows of one.
fn whole(code: &str) -> String {
    let code = match code {
        _ if code.contains("function default(") || code.contains("exec = \"") => code.to_owned(),
        _ if code.starts_with("options = {") => {
            format!("{code}\nfunction default() http.get('/balance/1') sleep(0.02) end")
        }
        _ => format!("function default()\n{code}\nend"),
    };
    // Seconds pass a hundred times as fast.
    let seconds = regex::Regex::new(r#"(duration|start_time) = "(\d+)s""#).expect("a pattern");
    seconds.replace_all(&code, r#"$1 = "${2}0ms""#).into_owned()
}

async fn run(url: &str, (name, line): (&str, usize), code: &str) {
    let code = whole(code);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("users.csv"), "id,name\n1,ada\n2,bob\n").expect("users");
    let path = folder.path().join("custom.lua");
    std::fs::write(&path, &code).expect("a script");
    let place = format!("{name}:{line}\n{code}\n");
    let script = Script::load(&path, BTreeMap::new());
    let script = Arc::new(script.unwrap_or_else(|error| panic!("{place}{error}")));
    let mut options = script.options().clone();
    if options.get("accounts").is_none() {
        options["accounts"] = json!({ "1": 1000, "2": 1000, "3": 1000 });
    }
    let loaded = Scenario::from_options("custom.lua", options);
    let scenario = loaded.unwrap_or_else(|problems| panic!("{place}{problems}")).scenario;
    let program = script.clone().into_program(&scenario, SEED).expect("a program");
    let ran = execute(program, scenario, Bank::default(), url, Stop::new()).await;
    assert_eq!(ran.errors(), [""; 0], "{place}");
    ran.outcome.as_ref().unwrap_or_else(|error| panic!("{place}{error}"));
    let failed: Vec<_> =
        ran.mismatches().into_iter().filter(|line| !line.ends_with(": held")).collect();
    assert_eq!(failed, [""; 0], "{place}");
    if let Some(handled) = script.handle_summary(&json!({ "total": { "iterations": 1 } })) {
        assert!(!handled.expect(&place).outputs.is_empty(), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_runs() {
    let database = Database::open(&DatabaseSpec::default()).await.expect("a database");
    let bank = bankrun::bank::Bank::start(&database, BankOptions::default()).await.expect("a bank");
    let url = format!("http://localhost:{}", bank.addr().port());
    for name in ["lua.md", "from-k6.md"] {
        let examples = examples(&document(name));
        assert!(examples.len() >= 12, "{name} has {} examples", examples.len());
        for (line, code) in examples {
            run(&url, (name, line), &code).await;
        }
    }
    bank.shutdown().await;
    database.close().await;
}

/// All names that stand in code in the text: `http.get` of `http.get(url, opts)`.
fn named(document: &str) -> BTreeSet<String> {
    let prose = document.split("```").step_by(2).collect::<String>();
    let spans = prose.split('`').skip(1).step_by(2);
    spans.map(|span| span.split(['(', ' ']).next().unwrap_or_default().to_owned()).collect()
}

/// Globals and the members of their tables, as a script sees them.
fn there_is() -> BTreeSet<String> {
    let walk = r#"
        local function members(name, t)
          local count = 0
          for key, value in pairs(t) do
            count = count + 1
            if type(value) == "table" and name ~= "" then members(name .. "." .. key, value)
            else print(name .. "." .. key) end
          end
          if count == 0 then print(name) end
        end
        for name, value in pairs(_G) do
          if name == "_G" or name == "env" or name == "__ENV" or type(value) ~= "table" then print(name)
          elseif name ~= "exec" then members(name, value)
          else for part, inner in pairs(value) do members("exec." .. part, inner) end end
        end
    "#;
    let script = load(&format!("function handle_summary() {walk} end")).expect("a script");
    let handled = script.handle_summary(&json!({})).expect("wanted").expect("no error");
    handled.said.into_iter().filter(|name| name != "handle_summary").collect()
}

#[test]
fn the_reference_names_all_there_is() {
    let named = named(&document("lua.md"));
    for name in there_is() {
        let known = named.contains(&name)
            || named.iter().any(|other| other.starts_with(&format!("{name}.")));
        assert!(known, "docs/lua.md does not name `{name}`");
    }
}

#[test]
fn what_the_reference_names_is_there() {
    // What scripts define, what the host fills in for each call, and methods.
    let defined = [
        "setup",
        "default",
        "teardown",
        "verify",
        "handle_summary",
        "before_request",
        "after_response",
        "env.NAME",
        "__ENV.NAME",
        "operation.NAME",
    ];
    let filled_in = [
        "exec.vu.id",
        "exec.vu.iteration",
        "exec.scenario.name",
        "exec.scenario.executor",
        "exec.scenario.iteration",
        "exec.scenario.progress",
        "exec.instance.vus_active",
        "exec.instance.iterations_completed",
    ];
    let headings = document("lua.md");
    let headings = headings.lines().filter(|line| line.starts_with("### ")).collect::<String>();
    let there_is = there_is();
    for name in named(&headings) {
        let known = there_is.contains(&name)
            || defined.contains(&name.as_str())
            || filled_in.contains(&name.as_str())
            || name.contains(':');
        assert!(known, "docs/lua.md names `{name}`, which is not there");
    }
    let reads = filled_in.map(|name| format!("assert({name} ~= nil, '{name}')")).join(" ");
    let methods =
        "local res = http.get('/text') assert(res.json and res.header and metrics.rate('a').add)";
    let text = format!("function default() {reads} {methods} end");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(super::drive::once(&text)).whole();
}
