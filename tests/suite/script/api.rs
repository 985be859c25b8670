use super::drive::once;

async fn said(text: &str) -> Vec<String> {
    let body = format!("function default() {text} end");
    once(&body).await.whole().logs().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn http_sends_and_reads() {
    let logs = said(
        r#"
        local res = http.post("/echo?a=1", { b = { 1, 2 }, a = 10 / 2 }, { headers = { ["X-One"] = 1 } })
        log.info(res.status, res.outcome, res.error, res.headers["content-length"] ~= nil)
        log.info(res:json("method"), res:json("query"), res:json("headers.x-one"))
        log.info(res:json("headers.content-type"), res:json("body"))
        log.info(res:json("list[0].big"), res:json("list").big, #res:json().list, res:json("none"))
        log.info(math.type(res.duration_ms))
        log.info(http.get("/text").body, http.get("/text"):json("a"))
        log.info(http.request("options", "/echo"):json("method"), http.delete("/echo"):json("method"))
        log.info(http.put("/echo", "raw"):json("body"), http.patch("/echo", "x"):json("method"))
        "#,
    )
    .await;
    assert_eq!(
        logs,
        [
            "200 ok nil true",
            "POST a=1 1",
            r#"application/json {"a":5,"b":[1,2]}"#,
            "9007199254740993 nil 2 nil",
            "float",
            "plain nil",
            "OPTIONS DELETE",
            "raw PATCH",
        ]
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_no_error() {
    let logs = said(
        r#"
        local res = http.get("/slow", { timeout = "50ms", name = "slow", tags = { a = "b" } })
        log.info(res.status, res.error, res.outcome, res.body == "")
        log.info(http.get("/nowhere").outcome)
        "#,
    )
    .await;
    assert_eq!(logs, ["0 no answer within 50ms unknown true", "rejected"]);
}

#[tokio::test]
async fn bank_moves_money_that_is_judged() {
    let ran = once(
        r#"
        function default()
          local result = bank.deposit(1, 10)
          log.info(result.ok, result.outcome, result.balance, result.status, result.error)
          log.info(bank.withdraw("1", 20 / 4).balance, bank.balance(1).balance)
          log.info(bank.withdraw(2, 5000).outcome, bank.withdraw(2, 5000).ok)
          log.info(bank.deposit(77, 1).outcome, bank.deposit(77, 1).error)
        end
        "#,
    )
    .await
    .whole();
    assert_eq!(
        ran.logs(),
        [
            "true ok 1010 200 nil",
            "1005 1005",
            "rejected false",
            "failed deposit: 404 Unknown account"
        ]
    );
    assert_eq!(ran.operations(), 7);
    assert_eq!(ran.bank.balance("1"), 1005);
}

#[tokio::test]
async fn wrong_arguments_name_argument_and_line() {
    let logs = said(
        r#"
        local calls = {
          function() bank.deposit(1, 1.5) end,
          function() bank.deposit(1, 0) end,
          function() bank.deposit(1, -3) end,
          function() bank.deposit(1, "10") end,
          function() bank.withdraw(1) end,
          function() bank.withdraw({}, 1) end,
          function() bank.balance(1.5) end,
          function() bank.balance("") end,
          function() http.get("ftp://elsewhere/") end,
          function() http.get("/", { header = {} }) end,
          function() http.get("/", { timeout = 5 }) end,
          function() http.get("/", { headers = { a = {} } }) end,
          function() http.post("/", { print }) end,
          function() http.get() end,
          function() sleep("1") end,
          function() sleep(-1) end,
          function() check(1, 2) end,
          function() check(1, { function() end }) end,
          function() json.decode("{") end,
          function() random.pick({}) end,
          function() random.int(2, 1) end,
          function() fail("no more") end,
        }
        for _, call in ipairs(calls) do
          local ok, message = pcall(call)
          assert(not ok)
          log.info((message:gsub("127.0.0.1:%d+", "HOST")))
        end
        "#,
    )
    .await;
    insta::assert_snapshot!(logs.join("\n"));
}

#[tokio::test]
async fn checks_count_and_throwing_is_failing() {
    let text = r#"
        function default()
          local all = check(3, {
            ["is three"] = function(v) return v == 3 end,
            ["is four"] = function(v) return v == 4 end,
            ["asks the bank"] = function() return bank.balance(1).ok end,
            ["throws"] = function(v) return v.x.y end,
            ["is no function"] = true,
          })
          log.info(all, check(1, { fine = function() return "yes" end }))
        end
    "#;
    let ran = super::drive::times(text, 1, 2).await.whole();
    let expected = [
        ("asks the bank", true),
        ("is four", false),
        ("is no function", true),
        ("is three", true),
        ("throws", false),
        ("fine", true),
    ];
    assert_eq!(ran.checks(), [expected, expected].concat());
    let logs = [
        "check `throws`: custom.lua:7: attempt to index a number value (local 'v')",
        "false true",
        "false true",
    ];
    assert_eq!(ran.logs(), logs);
}

#[tokio::test]
async fn the_small_tables() {
    let logs = said(
        r#"
        print("a", 1, nil, { b = 1 })
        log.warn("w") log.error("e") log.debug("d")
        log.info(env.GREETING, env.NONE)
        log.info(json.encode({ a = { 1, json.null }, b = json.decode("[]") }), json.decode("[1,2]")[2])
        log.info(group("g", function() return 5 end), exec.vu.id, exec.scenario.name)
        log.info(exec.vu.iteration, exec.scenario.iteration)
        math.randomseed(1)
        local n = random.int(3, 4)
        log.info(n == 3 or n == 4, random.pick({ 9 }), math.random(2, 2), math.random() < 1)
        sleep(0.001)
        "#,
    )
    .await;
    assert_eq!(
        logs,
        [
            r#"a 1 nil {"b":1}"#,
            "warning: w",
            "error: e",
            "debug: d",
            "hello nil",
            r#"{"a":[1,null],"b":[]} 2"#,
            "5 1 main",
            "0 0",
            "true 9 2 true",
        ]
    );
}

#[tokio::test]
async fn coroutines_may_wait() {
    let logs = said(
        r#"
        local steps = coroutine.wrap(function(first)
          local second = coroutine.yield(bank.deposit(1, first).balance)
          local inner = coroutine.wrap(function() coroutine.yield(bank.deposit(1, second).balance) end)
          coroutine.yield(inner())
          for _ = 1, 100000 do end
          sleep(0.001)
          coroutine.yield(nil, nil)
          error("over")
        end)
        log.info(steps(1), steps(2), select('#', steps()), pcall(steps))
        local co = coroutine.create(function(...) return ... end)
        log.info(coroutine.resume(co, 1, nil), coroutine.status(co), coroutine.resume(co))
        "#,
    )
    .await;
    assert_eq!(
        logs,
        ["1001 1003 2 false custom.lua:9: over", "true dead false cannot resume dead coroutine",]
    );
}
