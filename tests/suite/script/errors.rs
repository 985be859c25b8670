use std::path::Path;
use std::sync::Arc;

use bankrun::script::Script;

use super::drive::{SEED, load, once, scenario, workload};

#[test]
fn scripts_that_cannot_be_loaded() {
    let cases = [
        "function default(\n  x = \nend",
        "local s = 'open",
        "\n\nundefined.x = 1",
        "error('said so')",
        "error('no place', 0)",
        "error({ code = 1 })",
        "local function inner() error('deep') end\nlocal function outer()\n  inner()\nend\nouter()",
        "options = 5",
        "options = { 1, 2 }",
        "options = { exec = print }",
    ];
    let errors = cases.map(|text| load(text).expect_err(text).to_string());
    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn files_that_are_none_say_so() {
    let error =
        |path: &Path| Script::load(path, Default::default()).expect_err("no script").to_string();
    assert_eq!(error(Path::new("no/such.lua")), "no/such.lua: there is no such file");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(error(folder.path()).ends_with("this is a folder, not a regular file"));
    let binary = folder.path().join("a.lua");
    std::fs::write(&binary, [0xff, 0xfe, 0x00]).expect("a file");
    assert!(error(&binary).ends_with("the file is not UTF-8 text (line 1)"));
}

#[test]
fn a_missing_function_is_named_with_those_there_are() {
    let missing = |text: &str, name: &str| {
        let scenario = scenario(vec![workload("main", name, 1, 1)]);
        let script = load(text).expect("a script");
        script.into_program(&scenario, SEED).err().expect("an error").to_string()
    };
    let text = "function pay() end function default() end function setup() end";
    assert_eq!(
        missing(text, "play"),
        "custom.lua: there is no function `play`; there are `default`, `pay` and `setup`"
    );
    assert_eq!(
        missing("", "default"),
        "custom.lua: there is no function `default`; the script defines no functions"
    );
}

#[tokio::test]
async fn errors_of_iterations_name_file_and_line() {
    let bodies = [
        "undefined()",
        "local t = nil\n  return t.x",
        "bank.deposit(1, 'ten')",
        "error({ code = 1 })",
        "error('bare', 0)",
        "error()",
        "fail('no more')",
        "helper(1)",
        "coroutine.wrap(function() error('inside') end)()",
        "table.sort({ 3, 2, 1 }, function() bank.balance(1) end)",
        "string.rep()",
        "local x <close> = setmetatable({}, { __close = function() error('closing') end })",
    ];
    let mut errors = Vec::new();
    for body in bodies {
        let text = format!(
            "local function helper(x)\n  return bank.deposit(x, -1)\nend\nfunction default()\n  {}\nend",
            body.replace("helper(1)", "local r = helper(1)")
        );
        errors.push(once(&text).await.error().to_owned());
    }
    insta::assert_snapshot!(errors.join("\n\n"));
}

#[tokio::test]
async fn an_error_cuts_the_iteration_and_the_run_goes_on() {
    let text = r#"
        function default()
          if exec.scenario.iteration == 1 then error("only this one") end
          bank.deposit(1, 1)
        end
    "#;
    let ran = super::drive::times(text, 1, 3).await;
    assert_eq!(ran.errors(), ["custom.lua:3: only this one"]);
    assert_eq!((ran.iterations(), ran.operations()), (2, 2));
    ran.outcome.expect("a whole run");
}

#[tokio::test]
async fn errors_of_setup_and_teardown_are_the_runs() {
    let ran = once("function setup()\n error('no database') end function default() end").await;
    assert_eq!(ran.operations(), 0);
    assert_eq!(ran.outcome.expect_err("an error").to_string(), "custom.lua:2: no database");
    let ran = once("function default() end function teardown()\n local x = 1 + nil end").await;
    assert!(ran.outcome.expect_err("an error").to_string().starts_with("custom.lua:2: attempt to"));
    let ran = once("function setup() return print end function default() end").await;
    assert_eq!(
        ran.outcome.expect_err("an error").to_string(),
        "custom.lua: what setup() returned contains a function, which JSON does not have"
    );
}

#[test]
fn what_is_known_without_running() {
    let text = "#!/usr/bin/env bankrun\noptions = { vus = 5, accounts = { [1] = 1000 }, expect = { total = 10 / 2 } }\nfunction default() end";
    let script: Arc<Script> = load(text).expect("a script");
    assert_eq!(script.options().to_string(), r#"{"accounts":[1000],"expect":{"total":5},"vus":5}"#);
    assert_eq!(script.functions().collect::<Vec<_>>(), ["default"]);
    assert!(script.has("default") && !script.has("setup") && !script.has("print"));
}
