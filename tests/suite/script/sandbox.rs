use bankrun::script::{Limits, Script};

use super::drive::{load, load_within};

/// Runs in the top level, where an error is easy to see.
fn refused(code: &str) -> String {
    load(code).expect_err(code).to_string()
}

#[test]
fn what_leads_out_is_gone() {
    for name in
        ["os", "io", "package", "require", "debug", "dofile", "loadfile", "warn", "string.dump"]
    {
        load(&format!("assert({name} == nil)")).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn bytecode_is_refused() {
    let error = refused("assert(load('\\27Lua', 'x', 'b'))");
    assert!(error.contains("attempt to load a binary chunk"), "{error}");
    let error = refused("\u{1b}Lua");
    assert!(error.contains("attempt to load a binary chunk"), "{error}");
    load("assert(load('return 1 + x', 'x', 't', { x = 2 })() == 3)").expect("text is fine");
    load("x = 5 assert(load('return x')() == 5)").expect("text is fine");
}

#[test]
fn the_strings_of_the_host_stay_as_they_are() {
    load("assert(getmetatable('') == false)").expect("hidden");
    assert!(refused("setmetatable({}, { __gc = function() end })").contains("__gc"));
    assert!(refused("getmetatable('').__index = nil").contains("index a boolean"));
    assert!(refused("collectgarbage('stop')").contains("collectgarbage"));
    assert!(refused("table.move({}, 1, math.maxinteger, 2)").contains("too many"));
}

#[test]
fn nothing_is_sent_from_the_top_level() {
    for call in [
        "http.get('/')",
        "http.batch({ '/' })",
        "bank.deposit(1, 1)",
        "sleep(1)",
        "check(1, {})",
        "expect(1, '==', 1)",
        "group('a', print)",
        "barrier('a', 1)",
        "exec.test.abort('a')",
    ] {
        let error = refused(&format!("\n{call}"));
        let name = &call[..call.find('(').expect("a call")];
        let expected = format!(
            "custom.lua:2: {name} cannot be called in the top level of a script, which only prepares; call it in default(), setup() or teardown()"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn the_tables_of_the_host_cannot_be_used_against_it() {
    load("assert(exec.scenario.progress == nil and exec.instance.vus_active == nil)")
        .expect("nobody is there");
    for (code, error) in [
        ("getmetatable(exec.scenario).__index = nil", "index a boolean"),
        ("setmetatable(exec.instance, {})", "cannot change a protected metatable"),
        ("getmetatable(metrics.rate('a')).__index = nil", "index a boolean"),
        ("metrics.rate('a'):add(true)", "cannot be called in the top level"),
        ("data.csv('custom.lua/../../x')", "leads out of the script's folder"),
        ("data.csv('a\\0b')", "data.csv: a"),
        ("data.json({})", "path must be a text"),
    ] {
        let error_is = refused(code);
        assert!(error_is.contains(error), "{code}: {error_is}");
    }
    // A file can be no bomb: what it becomes in Lua is Lua's memory.
    let limits = Limits { memory: 4 << 20, ..Limits::default() };
    let all = "local t = {} for i = 1, 1e9 do t[i] = data.json('list.json')[1] end";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("list.json"), "[[1,2,3,4,5,6,7,8,9]]").expect("a list");
    let path = folder.path().join("custom.lua");
    std::fs::write(&path, all).expect("a script");
    let error = Script::load_within(&path, Default::default(), limits).expect_err("too much");
    assert!(error.to_string().contains("not enough memory"), "{error}");
}

#[test]
fn memory_is_limited() {
    let limits = Limits { memory: 4 << 20, ..Limits::default() };
    for bomb in [
        "x = string.rep('x', 1 << 30)",
        "t = {} for i = 1, 1e9 do t[i] = { i } end",
        "s = 'x' while true do s = s .. s end",
        "function f() return f() + 1 end f()",
    ] {
        let error = load_within(bomb, limits).expect_err(bomb).to_string();
        let known = error.contains("not enough memory")
            || error.contains("resulting string too large")
            || error.contains("stack overflow");
        assert!(known && error.starts_with("custom.lua"), "{bomb}: {error}");
    }
}

#[test]
fn errors_of_patterns_name_the_line_that_called() {
    let long = "('a'):rep(1e4)";
    let cases: [(&str, &str); 11] = [
        ("string.find('a', '[a')", "malformed pattern (missing ']')"),
        (&format!("{long}:find('.-.-[a')"), "malformed pattern (missing ']')"),
        (&format!("local x = {long}:match('.-.-%')"), "malformed pattern (ends with '%')"),
        (&format!("for x in {long}:gmatch('.-.-(') do end"), "unfinished capture"),
        ("for x in ('a'):gmatch('(') do end", "unfinished capture"),
        (&format!("{long}:gsub('.-.-%f', print)"), "missing '[' after '%f' in pattern"),
        ("('a'):gsub('a', '%2')", "invalid capture index %2"),
        ("('a'):gsub('a', function() return {} end)", "invalid replacement value (a table)"),
        ("string.find(nil, 'a')", "bad argument #1 to 'string.find' (string expected, got nil)"),
        (
            &format!("{long}:find('.-.-b', 'x')"),
            "bad argument #3 to 'string.find' (number expected, got string)",
        ),
        ("table.insert(nil, 1)", "bad argument #1 to 'insert' (table expected, got nil)"),
    ];
    for (code, error) in cases {
        let told = refused(&format!("\n{code}"));
        let first = told.lines().next().unwrap_or_default();
        assert_eq!(first, format!("custom.lua:2: {error}"), "{code}: {told}");
    }
}
