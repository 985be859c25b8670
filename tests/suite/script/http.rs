use super::drive::once;

async fn said(text: &str) -> Vec<String> {
    let body = format!("function default() {text} end");
    once(&body).await.whole().logs().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_batch_is_sent_together_and_keeps_its_places() {
    let ran = once(
        r#"
        function default()
          local list = http.batch({
            "/meet/3",
            { "GET", "/meet/3", nil, { tags = { n = 2 } } },
            { method = "post", url = "/meet/3", body = { a = 1 }, opts = { name = "third" } },
          })
          log.info(#list, list[1].status, list[2].status, list[3].status, list[3].url:match("/meet.*"))
          local named = http.batch({ text = "/text", echo = { "PUT", "/echo", "x" } })
          log.info(named.text.body, named.echo:json("method"), named.echo:json("body"))
          log.info(next(http.batch({})))
        end
        "#,
    )
    .await
    .whole();
    assert_eq!(ran.logs(), ["3 200 200 200 /meet/3", "plain PUT x", "nil"]);
    let third =
        ran.requests().into_iter().find(|request| request.tags.get("name") == Some("third"));
    assert_eq!(third.expect("the third").tags.get("method"), Some("POST"));
}

#[tokio::test]
async fn a_batch_sends_six_at_a_time_to_one_host() {
    let ran = once(
        r#"
        function default()
          local all = {}
          for i = 1, 30 do all[i] = "/meet/6" end
          for _, res in ipairs(http.batch(all)) do assert(res.status == 200) end
        end
        "#,
    )
    .await
    .whole();
    assert_eq!(ran.bank.most_together(), 6);
}

#[tokio::test]
async fn what_is_wrong_with_a_batch_is_said() {
    let logs = said(
        r#"
        local wrong = {
          { 5 }, { { "GET" } }, { { link = "/x" } }, { { "GET", "/x", nil, nil, 1 } }, { a = true },
          { { "GET", "/x", nil, { header = {} } } },
        }
        for _, batch in ipairs(wrong) do log.info(select(2, pcall(http.batch, batch))) end
        log.info(select(2, pcall(http.batch)))
        "#,
    )
    .await;
    assert_eq!(
        logs,
        [
            "http.batch: request 1 must be a table or a URL, not 5",
            "http.batch: url must be a text, not nil",
            "http.batch: request 1 has no field `link`; there are method, url, body and opts",
            "http.batch: request 1 has no field 5; there are method, url, body and opts",
            "http.batch: request `a` must be a table or a URL, not true",
            "http.batch: there is no option `header`; there are expected, form, headers, name, tags and timeout",
            "http.batch: the requests must be a table, not nil",
        ]
    );
}

#[tokio::test]
async fn tables_go_as_forms_where_a_form_is_wanted() {
    let logs = said(
        r#"
        local function sent(body, opts)
          local res = http.post("/echo", body, opts)
          log.info(res:json("headers.content-type"), res:json("body"))
        end
        local typed = { headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8" } }
        sent({ b = "x y", a = { 1, 2 } }, { form = true })
        sent({ q = "ü&=" }, typed)
        sent("a=1", { form = true })
        sent({ a = 1 }, { form = false })
        log.info(select(2, pcall(http.post, "/echo", { a = {{}} }, { form = true })))
        "#,
    )
    .await;
    assert_eq!(
        logs,
        [
            "application/x-www-form-urlencoded a=1&a=2&b=x+y",
            "application/x-www-form-urlencoded; charset=utf-8 q=%C3%BC%26%3D",
            "application/x-www-form-urlencoded a=1",
            r#"application/json {"a":1}"#,
            "http.post: the field `a` of a form is a text, not a table",
        ]
    );
}

#[tokio::test]
async fn a_response_knows_its_url_and_finds_its_headers() {
    let logs = said(
        r#"
        local res = http.get("/echo?a=1")
        log.info(res.url:match("^http://[^/]+(/.*)$"))
        log.info(res:header("Content-Length") == res.headers["content-length"], res:header("X-None"))
        log.info(http.del("/echo"):json("method"), http.options("/echo"):json("method"))
        local head = http.head("/echo")
        log.info(head.status, head.body == "", res:json("$.query"))
        "#,
    )
    .await;
    assert_eq!(logs, ["/echo?a=1", "true nil", "DELETE OPTIONS", "200 true a=1"]);
}

#[tokio::test]
async fn requests_carry_tags_and_know_what_was_expected() {
    let ran = once(
        r#"
        function default()
          http.get("/status/404")
          http.get("/status/404", { expected = 404 })
          http.get("/status/204", { expected = { 200, { min = 400, max = 499 } } })
          http.get("/status/503", { expected = { min = 500, max = 599 }, tags = { team = "a", n = 1 } })
          group("outer", function()
            group("inner", function() http.get("/text", { name = "page" }) end)
            bank.balance(1)
          end)
          for _, expected in ipairs({ "x", {}, { min = 1 }, { {} }, 1.5 }) do
            assert(not pcall(http.get, "/text", { expected = expected }))
          end
        end
        "#,
    )
    .await
    .whole();
    let failed: Vec<bool> = ran.requests().iter().map(|request| request.failed()).collect();
    assert_eq!(failed, [true, false, true, false, false]);
    let tags = |index: usize| {
        let tags = &ran.requests()[index].tags;
        tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(tags(0), "scenario=main method=GET name=/status/404");
    assert_eq!(tags(3), "scenario=main method=GET name=/status/503 n=1 team=a");
    assert_eq!(tags(4), "scenario=main group=::outer::inner method=GET name=page");
}
