use bankrun::facts::MetricKind;

use super::drive::{load, once};

#[tokio::test]
async fn expectations_are_checks_that_remember() {
    let ran = once(
        r#"
        function default()
          log.info(expect(1 + 1, "==", 2), expect(1, "==", 2, "one is two"))
          expect("abc", "~=", "abc")
          expect({ 1, { a = 2 } }, "==", { 1, { a = 2 } }, "tables")
          expect(1, "<", 1.5, "less") expect(2, "<=", 2, "at most") expect("b", ">", "a", "texts")
          expect(1, ">=", "1", "kinds differ")
          expect("a+b", "contains", "+b", "plain") expect({ 1, 2 }, "contains", 2, "element")
          expect("n = 12", "matches", "^n = %d+$", "pattern")
          expect(nil, "contains", "x")
          log.info(select(2, pcall(expect, 1, "=", 1)))
          log.info(select(2, pcall(expect, "a", "matches", "[a")))
          log.info(select(2, pcall(expect, "a", "matches", 5)))
        end
        "#,
    )
    .await
    .whole();
    assert_eq!(
        ran.mismatches(),
        [
            "== 2: held",
            "one is two: 2 | 1",
            "~= \"abc\": ~= \"abc\" | \"abc\"",
            "tables: held",
            "less: held",
            "at most: held",
            "texts: held",
            "kinds differ: >= \"1\" | 1",
            "plain: held",
            "element: held",
            "pattern: held",
            "contains \"x\": contains \"x\" | nil",
        ]
    );
    assert_eq!(
        ran.logs(),
        [
            "true false",
            "expect: there is no operator `=`; there are ==, ~=, <, <=, >, >=, contains and matches",
            "expect: `[a` is not a pattern of Lua",
            "expect: the pattern must be a text, not 5",
        ]
    );
}

#[tokio::test]
async fn checks_that_fail_say_what_they_saw() {
    let ran = once(
        r#"
        function default()
          check(http.get("/status/500"), { ["is 200"] = function(r) return r.status == 200 end })
          check(http.get("/slow", { timeout = "20ms" }), { answered = function(r) return r.status > 0 end })
          check({ a = 1 }, { none = false })
          check(("x"):rep(1000), { short = function(s) return #s < 10 end })
          check(1, { throws = function() error("no", 0) end })
        end
        "#,
    )
    .await
    .whole();
    let seen = ran.mismatches();
    assert_eq!(seen[0], r#"is 200: is 200 | status 500, body "{\"left\":3}""#);
    assert_eq!(seen[1], "answered: answered | no answer within 20ms");
    assert_eq!(seen[2], r#"none: none | {"a":1}"#);
    assert!(seen[3].len() < 300, "{}", seen[3]);
    assert_eq!(seen[4], "throws: throws | no");
}

#[tokio::test]
async fn groups_are_timed_and_left_whatever_happens() {
    let ran = once(
        r#"
        function default()
          local a, b = group("outer", function() return group("inner", function() return 1, nil end) end)
          assert(a == 1 and b == nil)
          log.info(select(2, pcall(group, "fails", function() error("no", 0) end)))
          log.info(select(2, pcall(group, "a::b", function() end)))
          log.info(select(2, pcall(group, 5, function() end)))
          local function deeper() group(("x"):rep(100), deeper) end
          log.info(select(2, pcall(deeper)))
          expect(1, "==", 1, "outside")
        end
        "#,
    )
    .await
    .whole();
    let groups: Vec<&str> =
        ran.samples().iter().filter_map(|sample| sample.tags.get("group")).collect();
    assert_eq!(groups[..3], ["::outer::inner", "::outer", "::fails"]);
    assert!(ran.samples().iter().all(|sample| &*sample.metric == "group_duration"));
    assert_eq!(
        ran.logs(),
        [
            "no",
            "group: `a::b` holds `::`, which parts groups in groups",
            "group: name must be a text, not 5",
            "custom.lua:8: group: the names of groups in groups are too long",
        ]
    );
    let outside = ran.events.iter().find_map(|event| match event {
        bankrun::facts::Event::Check(check) => check.tags.get("group"),
        _ => None,
    });
    assert_eq!(outside, None);
}

#[tokio::test]
async fn an_error_leaves_its_groups_behind() {
    let text = r#"
        function default()
          if __ITER == 0 then group("a", function() group("b", function() error("no") end) end) end
          check(1, { fine = true }, { kind = "x" })
        end
    "#;
    let ran = super::drive::times(text, 1, 2).await;
    assert_eq!(ran.errors().len(), 1);
    let left: Vec<_> = ran.samples().iter().map(|sample| sample.tags.get("group")).collect();
    assert_eq!(left, [Some("::a::b"), Some("::a")]);
    let tags = ran.events.iter().find_map(|event| match event {
        bankrun::facts::Event::Check(check) => {
            Some((check.tags.get("group"), check.tags.get("kind")))
        }
        _ => None,
    });
    assert_eq!(tags, Some((None, Some("x"))));
}

#[tokio::test]
async fn metrics_take_values() {
    let ran = once(
        r#"
        local sales = metrics.counter("sales")
        local fast = metrics.rate("fast")
        function default()
          sales:add(2) sales:add(0.5, { kind = "book", n = 1 })
          fast:add(true) fast:add(0)
          metrics.gauge("level"):add(-1)
          group("g", function() metrics.trend("waiting"):add(7) end)
          log.info(sales.name, sales.kind, metrics.counter("sales").name)
          for _, call in ipairs({
            function() sales:add(true) end,
            function() sales:add(0 / 0) end,
            function() fast:add("x") end,
            function() sales.add(1) end,
            function() sales.add({ name = "none" }, 1) end,
            function() metrics.trend("sales") end,
            function() metrics.trend("a-b") end,
            function() metrics.trend("http_reqs") end,
          }) do log.info(select(2, pcall(call))) end
        end
        "#,
    )
    .await
    .whole();
    let samples: Vec<_> = ran.samples();
    let values: Vec<_> =
        samples.iter().map(|sample| (&*sample.metric, sample.kind, sample.value)).collect();
    assert_eq!(
        values[..6],
        [
            ("sales", MetricKind::Counter, 2.0),
            ("sales", MetricKind::Counter, 0.5),
            ("fast", MetricKind::Rate, 1.0),
            ("fast", MetricKind::Rate, 0.0),
            ("level", MetricKind::Gauge, -1.0),
            ("waiting", MetricKind::Trend, 7.0),
        ]
    );
    assert_eq!((samples[1].tags.get("kind"), samples[1].tags.get("n")), (Some("book"), Some("1")));
    assert_eq!(samples[5].tags.get("group"), Some("::g"));
    insta::assert_snapshot!(ran.logs().join("\n"));
}

#[test]
fn a_metric_has_one_kind() {
    let error = load("metrics.rate('a')\nmetrics.trend('a')").expect_err("two kinds").to_string();
    assert_eq!(
        error,
        "custom.lua:2: metrics.trend: `a` is a rate since custom.lua:1, and cannot be a trend here as well"
    );
}
