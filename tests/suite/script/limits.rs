//! A script ends, whatever it does.

use std::time::{Duration, Instant};

use bankrun::engine::Stop;
use bankrun::script::Limits;

use super::bank::Bank;
use super::drive::{Ran, SEED, execute, load_within, run, scenario, workload};

/// Bodies of `default` that never return by themselves.
const ENDLESS: [(&str, &str); 12] = [
    ("plain", "while true do end"),
    ("pcall", "while true do pcall(function() while true do end end) end"),
    ("pcall of pcall", "while true do pcall(pcall, pcall, function() while true do end end) end"),
    (
        "xpcall",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
    ),
    ("coroutine", "coroutine.wrap(function() while true do end end)()"),
    (
        "coroutines in pcall",
        "while true do pcall(coroutine.wrap(function() while true do coroutine.resume(coroutine.create(function() while true do end end)) end end)) end",
    ),
    ("check", "while true do check(1, { x = function() while true do end end }) end"),
    (
        "sort",
        "table.sort({ 3, 2, 1 }, function() while true do pcall(function() while true do end end) end end)",
    ),
    ("gsub", "('x'):gsub('x', function() while true do end end)"),
    ("metamethod", "tostring(setmetatable({}, { __tostring = function() while true do end end }))"),
    (
        "closing",
        "while true do pcall(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) error('x') end) end",
    ),
    ("yielding", "while true do coroutine.yield() end"),
];

const SHORT: Limits = Limits {
    memory: 16 << 20,
    computing: Duration::from_millis(100),
    caretaking: Duration::from_millis(300),
};

async fn limited(text: &str) -> (Ran, Duration) {
    let script = load_within(text, SHORT).expect("a script");
    let began = Instant::now();
    let ran = run(script, scenario(vec![workload("main", "default", 1, 2)])).await;
    (ran, began.elapsed())
}

#[tokio::test]
async fn computing_ends_at_its_limit_and_the_run_goes_on() {
    for (name, body) in ENDLESS {
        let (ran, took) = limited(&format!("function default()\n{body} end")).await;
        for error in ran.errors() {
            assert!(error.contains("computed for 100ms without a pause"), "{name}: {error}");
            assert!(error.starts_with("custom.lua:2: "), "{name}: {error}");
        }
        assert_eq!(ran.errors().len(), 2, "{name}");
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
    }
}

/// One call of a function written in C, for longer than anybody lives.
const UNINTERRUPTED: [(&str, &str); 12] = [
    ("find", "string.find(('a'):rep(50000), ('.-'):rep(50) .. 'b')"),
    ("match", "('a'):rep(5000):match(('.*'):rep(20) .. 'b')"),
    ("gmatch", "for _ in ('a'):rep(5000):gmatch(('a?'):rep(100) .. '.-.-.-.-.-b') do end"),
    ("gsub", "('a'):rep(5000):gsub(('.-'):rep(20) .. 'b', '')"),
    ("gsub with a function", "('a'):rep(5000):gsub(('.-'):rep(20) .. 'b', print)"),
    ("gsub with a table", "('a'):rep(5000):gsub(('.-'):rep(20) .. 'b', {})"),
    ("balance", "string.find(('('):rep(1e6), '.-%b()%b()%b()')"),
    ("what came before", "string.find(('a'):rep(1e5), '(.*)(.*)%1%2b')"),
    ("in pcall", "while true do pcall(string.find, ('a'):rep(5000), ('.-'):rep(20) .. 'b') end"),
    (
        "expect",
        "while true do pcall(expect, ('a'):rep(5000), 'matches', ('.-'):rep(20) .. 'b') end",
    ),
    ("a method", "local s = ('a'):rep(5000) s:find(('.-'):rep(20) .. 'b')"),
    (
        "in a coroutine",
        "coroutine.wrap(function() ('a'):rep(5000):find(('.-'):rep(20) .. 'b') end)()",
    ),
];

#[tokio::test]
async fn a_pattern_ends_at_the_limit_and_the_run_goes_on() {
    for (name, body) in UNINTERRUPTED {
        let (ran, took) = limited(&format!("function default()\n{body} end")).await;
        assert_eq!(ran.errors().len(), 2, "{name}: {:?}", ran.errors());
        for error in ran.errors() {
            assert!(error.contains("computed for 100ms without a pause"), "{name}: {error}");
            assert!(error.starts_with("custom.lua:2: "), "{name}: {error}");
        }
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
    }
}

#[tokio::test]
async fn what_looks_endless_and_is_not_is_done_or_refused() {
    let text = r#"
        function default()
          assert(string.rep("", 1 << 62) == "" and ("ab"):rep(2, ",") == "ab,ab")
          assert(("a"):rep(1e6):find(("b"):rep(1e5), 1, true) == nil)
          local long = setmetatable({}, { __len = function() return 1 << 61 end })
          for _, name in ipairs({ "insert", "remove", "sort" }) do
            local ok, error = pcall(table[name], long, 1, 2)
            assert(not ok and error:find("too long", 1, true), error)
          end
          -- Long, and soon done all the same.
          local text, count = ("word "):rep(10000):gsub("%s+", "")
          assert(#text == 40000 and count == 10000)
          assert(("x"):rep(1e5):gsub("x", { x = "yy" }):len() == 2e5)
          local words = 0
          for word in ("word "):rep(1000):gmatch("%a+") do words = words + #word end
          assert(words == 4000)
          local slept = ("a"):gsub("a", function() sleep(0.001) return "b" end)
          assert(slept == "b")
        end
    "#;
    let limits = Limits { computing: Duration::from_secs(60), ..SHORT };
    let script = load_within(text, limits).expect("a script");
    run(script, scenario(vec![workload("main", "default", 1, 1)])).await.whole();
}

#[tokio::test]
async fn a_halt_ends_every_loop_at_once() {
    let limits = Limits { computing: Duration::from_secs(600), ..SHORT };
    for (name, body) in ENDLESS.into_iter().chain(UNINTERRUPTED) {
        let script = load_within(&format!("function default() {body} end"), limits).expect(name);
        let scenario = scenario(vec![workload("main", "default", 1, 1)]);
        let program = script.into_program(&scenario, SEED).expect("a program");
        let (bank, url) = Bank::start().await;
        let stop = Stop::new();
        let halting = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            halting.halt();
        });
        let began = Instant::now();
        let ran = execute(program, scenario, bank, &url, stop).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{name} took {:?}", began.elapsed());
        assert_eq!((ran.errors().len(), ran.iterations()), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn a_stop_inside_a_call_is_no_error_to_catch() {
    let text = "function default() while true do pcall(bank.balance, 1) pcall(sleep, 60) end end";
    let script = load_within(text, SHORT).expect("a script");
    let mut scenario = scenario(vec![workload("main", "default", 3, 3)]);
    scenario.workloads[0].graceful_stop = Duration::ZERO;
    let program = script.into_program(&scenario, SEED).expect("a program");
    let (bank, url) = Bank::start().await;
    let stop = Stop::new();
    let halting = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        halting.halt();
    });
    let ran = execute(program, scenario, bank, &url, stop).await.whole();
    assert_eq!((ran.operations(), ran.iterations()), (3, 0));
}

#[tokio::test]
async fn other_work_goes_on_beside_a_busy_script() {
    // One thread for everything: a loop that kept it would starve the timer.
    let text = "function default() for _ = 1, 3e7 do end end";
    let ticking = tokio::spawn(async {
        let (mut longest, mut last) = (Duration::ZERO, Instant::now());
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            longest = longest.max(last.elapsed());
            last = Instant::now();
            if longest > Duration::from_millis(500) {
                return longest;
            }
        }
    });
    let limits = Limits { computing: Duration::from_secs(60), ..SHORT };
    let script = load_within(text, limits).expect("a script");
    run(script, scenario(vec![workload("main", "default", 1, 1)])).await.whole();
    assert!(!ticking.is_finished(), "the runtime stood still");
    ticking.abort();
}

#[tokio::test]
async fn who_waits_does_not_compute() {
    let text = r#"
        function default()
          http.batch({ "/meet/4", "/meet/4" })
          barrier("a", 2)
          for _ = 1, 20 do barrier("a", 2) sleep(0.02) end
        end
    "#;
    let script = load_within(text, SHORT).expect("a script");
    let scenario = scenario(vec![workload("main", "default", 2, 2)]);
    let ran = run(script, scenario).await.whole();
    assert_eq!(ran.iterations(), 2);
}

#[tokio::test]
async fn a_halt_ends_barriers_and_batches() {
    for body in ["barrier('a', 2, 600)", "http.batch({ '/slow', '/slow', '/slow' })"] {
        let text = format!("function default() while true do pcall(function() {body} end) end end");
        let script = load_within(&text, SHORT).expect("a script");
        let scenario = scenario(vec![workload("main", "default", 2, 2)]);
        let program = script.into_program(&scenario, SEED).expect("a program");
        let (bank, url) = Bank::start().await;
        let stop = Stop::new();
        let halting = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            halting.halt();
        });
        let began = Instant::now();
        let ran = execute(program, scenario, bank, &url, stop).await;
        // What was sent is awaited.
        assert!(began.elapsed() < Duration::from_secs(30), "{body} took {:?}", began.elapsed());
        assert_eq!(ran.errors().len(), 0, "{body}");
    }
}

#[tokio::test]
async fn what_runs_inside_of_the_host_ends_as_well() {
    for body in [
        "group('a', function() while true do pcall(function() while true do end end) end end)",
        "while true do group('a', function() pcall(error) end) end",
        "while true do pcall(expect, ('a'):rep(100), 'matches', 'b') end",
        "http.batch(setmetatable({}, { __pairs = function() while true do end end })) while true do end",
    ] {
        let (ran, took) = limited(&format!("function default()\n{body} end")).await;
        assert_eq!(ran.errors().len(), 2, "{body}: {:?}", ran.errors());
        assert!(ran.error().contains("computed for 100ms without a pause"), "{}", ran.error());
        assert!(took < Duration::from_secs(5), "{body} took {took:?}");
    }
}

#[tokio::test]
async fn memory_bombs_end() {
    let bombs = [
        "local t = {} for i = 1, 1e9 do t[i] = { i } end",
        "t = t or {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end",
        "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end",
        "local s = 'x' while true do s = s .. s end",
        "local ok = pcall(string.rep, 'x', 1 << 40) while not ok do end",
    ];
    for bomb in bombs {
        let (ran, took) = limited(&format!("function default()\n{bomb} end")).await;
        assert_eq!(ran.errors().len(), 2, "{bomb}: {:?}", ran.errors());
        assert!(ran.error().starts_with("custom.lua"), "{bomb}: {}", ran.error());
        assert!(took < Duration::from_secs(10), "{bomb} took {took:?}");
    }
}

#[tokio::test]
async fn setup_and_teardown_end() {
    for (name, body) in
        [("computing", "while true do end"), ("sleeping", "while true do pcall(sleep, 60) end")]
    {
        for function in ["setup", "teardown"] {
            let text = format!("function {function}()\n{body} end function default() end");
            let (ran, took) = limited(&text).await;
            let error = ran.outcome.expect_err(name).to_string();
            assert!(error.starts_with("custom.lua"), "{error}");
            assert!(took < Duration::from_secs(5), "{name} in {function} took {took:?}");
        }
    }
}

#[tokio::test]
async fn a_halt_ends_setup_and_teardown_still_runs() {
    let text = r#"
        function setup() while true do sleep(60) end end
        function default() end
        function teardown(data) log.info("cleaned up", data) end
    "#;
    let limits = Limits { caretaking: Duration::from_secs(600), ..SHORT };
    let script = load_within(text, limits).expect("a script");
    let scenario = scenario(vec![workload("main", "default", 1, 1)]);
    let program = script.into_program(&scenario, SEED).expect("a program");
    let (bank, url) = Bank::start().await;
    let stop = Stop::new();
    let halting = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        halting.halt();
    });
    let ran = execute(program, scenario, bank, &url, stop).await.whole();
    assert_eq!(ran.logs(), ["cleaned up nil"]);
    assert_eq!(ran.iterations(), 0);
}

#[test]
fn an_endless_top_level_ends() {
    for body in ["while true do end", "while true do pcall(function() while true do end end) end"] {
        let error = load_within(body, SHORT).expect_err(body).to_string();
        assert!(error.starts_with("custom.lua:1: the script computed for 100ms"), "{error}");
    }
}
