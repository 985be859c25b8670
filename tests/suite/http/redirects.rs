use bankrun::scenario::HttpOptions;

use super::asking::{client, client_with, ended, get, post, unknown};
use crate::support::{Bankrun, Recorder, Seen, Sent, SmallBank};

/// `/STATUS` redirects with it to `/end`.
fn by_status(seen: &Seen) -> Sent {
    let path = seen.line.split('/').next_back().unwrap_or_default();
    path.parse().map_or_else(|_| Sent::ok("the end"), |status| Sent::redirect(status, "end"))
}

#[tokio::test]
async fn method_and_body_go_along_where_they_should() {
    let server = Recorder::start(by_status).await;
    let mut client = client(&server.url());
    for (status, end) in [
        (301, "GET /end"),
        (302, "GET /end"),
        (303, "GET /end"),
        (307, "POST /end"),
        (308, "POST /end"),
    ] {
        let answer = client.send(post(&format!("/{status}"), "hello")).await.expect("an answer");
        assert_eq!(answer.body, "the end");
        let last = server.seen().pop().expect("a request");
        assert_eq!(last.line, end, "{status}");
        let keeps = end.starts_with("POST");
        assert_eq!(last.body, if keeps { "hello" } else { "" });
        assert_eq!(last.header("content-type").is_some(), keeps);
        assert_eq!(last.header("host"), Some(server.address.to_string().as_str()));
    }
    for status in [300, 304, 305] {
        assert_eq!(client.send(get(&format!("/{status}"))).await.expect("one").status, status);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn none_are_followed_where_none_should_be() {
    let server = Recorder::start(by_status).await;
    let options = HttpOptions { redirects: 0, ..HttpOptions::default() };
    let answer = client_with(&server.url(), options).send(get("/302")).await.expect("an answer");
    assert_eq!(answer.status, 302);
    assert_eq!(server.lines(), ["GET /302"]);
}

#[tokio::test]
async fn circles_and_chains_without_end_are_errors_in_words() {
    let server = Recorder::start(|seen| match seen.line.strip_prefix("GET /") {
        Some("ping") => Sent::redirect(302, "/pong"),
        Some("pong") => Sent::redirect(302, "/ping"),
        Some(number) => {
            let number: u32 = number.parse().unwrap_or(0);
            if number == 10 {
                Sent::ok("ten")
            } else {
                Sent::redirect(302, &(number + 1).to_string())
            }
        }
        None => Sent::ok(""),
    })
    .await;
    let mut client = client(&server.url());
    assert_eq!(client.send(get("/0")).await.expect("ten are followed").body, "ten");
    let cause = unknown(client.send(get("/11")).await);
    assert!(cause.contains("after 10 redirects, to") && cause.ends_with("/22"), "{cause}");
    let cause = unknown(client.send(get("/ping")).await);
    assert!(cause.contains("after 10 redirects: they go in a circle"), "{cause}");
    assert_eq!(server.lines().len(), 11 + 11 + 11);
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let other = Recorder::start(|_| Sent::ok("")).await;
    let away = other.url();
    let server = Recorder::start(move |seen| match seen.line.as_str() {
        "GET /away" => Sent::redirect(307, &format!("{away}/")),
        "GET /here" => Sent::redirect(307, "/end"),
        _ => Sent::status(200, &[("set-cookie", "id=1")], ""),
    })
    .await;
    let url = server.url().replace("http://", "http://me:secret@");
    let mut client = client(&url);
    client.send(get("/end")).await.expect("an answer");
    for path in ["/away", "/here"] {
        let mut request = get(path);
        request.headers_mut().insert("proxy-authorization", "x".parse().expect("a value"));
        request.headers_mut().insert("x-mine", "y".parse().expect("a value"));
        request.headers_mut().insert("host", "name.example".parse().expect("a value"));
        client.send(request).await.expect("an answer");
    }
    let stranger = &other.seen()[0];
    // The other server is of another port, which cookies do not tell apart.
    assert_eq!(stranger.header("cookie"), Some("id=1"));
    for name in ["authorization", "proxy-authorization"] {
        assert_eq!(stranger.header(name), None);
    }
    assert_eq!(stranger.header("x-mine"), Some("y"));
    assert_eq!(stranger.header("host"), Some(other.address.to_string().as_str()));
    let last = server.seen().pop().expect("a request");
    assert_eq!(last.line, "GET /end");
    for name in ["authorization", "cookie", "proxy-authorization", "x-mine"] {
        assert!(last.header(name).is_some(), "{name}");
    }
    assert_eq!(last.header("host"), Some("name.example"));
}

#[tokio::test]
async fn nothing_is_not_sent_once_a_service_has_redirected() {
    let server = Recorder::start(|seen| match seen.line.as_str() {
        "POST /deposit" => Sent::redirect(307, "http://127.0.0.1:1/"),
        "POST /nowhere" => Sent::redirect(307, "mailto:me@example"),
        _ => Sent::ok(""),
    })
    .await;
    let mut client = client(&server.url());
    let cause = unknown(client.send(post("/deposit", "hello")).await);
    assert!(cause.starts_with("after a redirect from") && cause.contains("refused"), "{cause}");
    let cause = unknown(client.send(post("/nowhere", "hello")).await);
    assert!(cause.contains("neither http nor https"), "{cause}");
}

fn scenario(folder: &std::path::Path, url: &str) -> String {
    let file = folder.join("s.yaml");
    let text = format!(
        "target: {url}\naccounts: {{ 1: 1000 }}\nscenarios: {{ a: {{ executor: shared-iterations, operations: [{{ deposit: 1, account: 1, count: 5 }}] }} }}"
    );
    std::fs::write(&file, text).expect("written");
    file.to_str().expect("a path").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_judged_by_its_last_answer() {
    let bank = SmallBank::default();
    let server = Recorder::start(move |seen| match seen.line.as_str() {
        "POST /deposit" => Sent::redirect(307, "/v2/deposit"),
        "POST /v2/deposit" => bank.answer(&Seen { line: "POST /deposit".into(), ..seen.clone() }),
        _ => bank.answer(seen),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let run = ended(Bankrun::new(&[&scenario(folder.path(), &server.url())])).await.code(0);
    assert!(run.stdout.contains("PASS"), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_breaks_leaves_the_outcome_unknown() {
    let bank = SmallBank::default();
    let server = Recorder::start(move |seen| match seen.line.as_str() {
        // Acts, and sends one to a place where nobody is.
        "POST /deposit" => {
            bank.answer(seen);
            Sent::redirect(307, "http://127.0.0.1:1/")
        }
        _ => bank.answer(seen),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, history) = (scenario(folder.path(), &server.url()), folder.path().join("h.jsonl"));
    let args = [file.as_str(), "--history", history.to_str().expect("a path")];
    ended(Bankrun::new(&args)).await.code(3);
    let history = std::fs::read_to_string(history).expect("a history");
    assert_eq!(history.matches(r#""type":"info""#).count(), 5, "{history}");
    assert!(!history.contains(r#""type":"fail""#), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_not_led_astray() {
    let elsewhere = Recorder::start(|_| Sent::ok("{}")).await;
    let away = format!("{}/reset", elsewhere.url());
    let server = Recorder::start(move |_| Sent::redirect(307, &away)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let run = ended(Bankrun::new(&[&scenario(folder.path(), &server.url())])).await.code(4);
    assert!(run.stdout.contains("another service"), "{}", run.stdout);
    assert_eq!(elsewhere.lines(), [""; 0]);
}
