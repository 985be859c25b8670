use bankrun::script::Limits;

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
    for call in ["http.get('/')", "bank.deposit(1, 1)", "sleep(1)", "check(1, {})"] {
        let error = refused(&format!("\n{call}"));
        let name = &call[..call.find('(').expect("a call")];
        let expected = format!(
            "custom.lua:2: {name} cannot be called in the top level of a script, which only prepares; call it in default(), setup() or teardown()"
        );
        assert_eq!(error, expected);
    }
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
