use bankrun::scenario::HttpOptions;

use super::asking::{client, client_with, ended, get};
use crate::support::{Bankrun, Recorder, Seen, Sent, SmallBank};

fn sets_a_cookie(_: &Seen) -> Sent {
    Sent::status(200, &[("set-cookie", "id=1; Path=/"), ("set-cookie", "shop=2; Path=/shop")], "")
}

fn cookies(server: &Recorder) -> Vec<Option<String>> {
    server.seen().iter().map(|seen| seen.header("cookie").map(str::to_owned)).collect()
}

#[tokio::test]
async fn cookies_come_back_until_the_iteration_ends() {
    let server = Recorder::start(sets_a_cookie).await;
    let mut client = client(&server.url());
    for path in ["/", "/a", "/shop/x"] {
        client.send(get(path)).await.expect("an answer");
    }
    client.end_iteration();
    client.send(get("/a")).await.expect("an answer");
    let expected = [None, Some("id=1".to_owned()), Some("shop=2; id=1".to_owned()), None];
    assert_eq!(cookies(&server), expected);
}

#[tokio::test]
async fn or_longer_or_not_at_all() {
    let server = Recorder::start(sets_a_cookie).await;
    let keeping = HttpOptions { keep_cookies: true, ..HttpOptions::default() };
    let without = HttpOptions { cookies: false, ..HttpOptions::default() };
    for options in [keeping, without] {
        let mut client = client_with(&server.url(), options);
        client.send(get("/a")).await.expect("an answer");
        client.end_iteration();
        client.send(get("/a")).await.expect("an answer");
    }
    assert_eq!(cookies(&server), [None, Some("id=1".to_owned()), None, None]);
}

#[tokio::test]
async fn what_a_request_says_itself_comes_first() {
    let server = Recorder::start(sets_a_cookie).await;
    let mut client = client(&server.url());
    client.send(get("/a")).await.expect("an answer");
    let mut request = get("/a");
    request.headers_mut().insert("cookie", "mine=0".parse().expect("a value"));
    client.send(request).await.expect("an answer");
    assert_eq!(cookies(&server), [None, Some("mine=0; id=1".to_owned())]);
}

#[tokio::test]
async fn a_redirect_may_set_what_the_next_request_needs() {
    let server = Recorder::start(|seen| match seen.header("cookie") {
        None => Sent::status(302, &[("location", "/"), ("set-cookie", "seen=1")], ""),
        Some(_) => Sent::ok("welcome"),
    })
    .await;
    let answer = client(&server.url()).send(get("/")).await.expect("an answer");
    assert_eq!(answer.body, "welcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_iterations_of_a_script_begin_with_an_empty_jar() {
    let bank = SmallBank::default();
    let server = Recorder::start(move |seen| match seen.line.as_str() {
        "GET /login" => Sent::status(200, &[("set-cookie", "id=1")], ""),
        _ => bank.answer(seen),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.lua");
    let text = "options = { vus = 1, iterations = 2 }\n\
        function default() http.get('/a') http.get('/login') http.get('/a') end";
    std::fs::write(&file, text).expect("written");
    let args = ["--lua", file.to_str().expect("a path"), "--target", &server.url()];
    ended(Bankrun::new(&args)).await;
    let seen = server.seen();
    let cookies: Vec<_> = seen.iter().filter(|seen| seen.line == "GET /a").collect();
    let cookies: Vec<_> = cookies.iter().map(|seen| seen.header("cookie")).collect();
    assert_eq!(cookies, [None, Some("id=1"), None, Some("id=1")]);
}
