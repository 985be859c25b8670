//! Passwords and tokens reach the target, and nobody else.

use std::path::Path;

use super::asking::ended;
use crate::support::{Bankrun, Recorder, Seen, Sent, SmallBank};

/// `me:s3cr%20t` in a URL; the header says it as below.
const HEADER: &str = "Basic bWU6czNjciB0";
const SECRETS: [&str; 4] = ["s3cr", "bWU6czNjciB0", "tok-3n", "c00kie"];

async fn guarded(header: &'static str) -> Recorder {
    let bank = SmallBank::default();
    Recorder::start(move |seen: &Seen| match seen.header("authorization") {
        Some(given) if given == header => bank.answer(seen).with("set-cookie: session=c00kie"),
        _ => Sent::status(401, &[], "{}"),
    })
    .await
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

const SCENARIO: &str = "accounts: { 1: 1000 }\nscenarios: { a: { executor: shared-iterations, \
    operations: [{ deposit: 1, account: 1, count: 3 }] } }";

fn no_secret_in(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is shown:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_target_is_sent_and_shown_nowhere() {
    let server = guarded(HEADER).await;
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "s.yaml", SCENARIO);
    let url = server.url().replace("http://", "http://me:s3cr%20t@");
    let args = ["s.yaml", "--target", &url, "--summary-export", "s.json", "--history", "h.jsonl"];
    let run = [&args[..], &["--http-debug=full"]].concat();
    let run = ended(Bankrun::new(&run).folder(folder.path())).await.code(0);
    assert!(run.stderr.contains("authorization: ***"), "{}", run.stderr);
    assert!(run.stderr.contains("set-cookie: ***"), "{}", run.stderr);
    assert!(run.stderr.contains(r#""newBalance":1003"#), "{}", run.stderr);
    assert!(run.stderr.contains("POST http://127.0.0.1"), "{}", run.stderr);
    // One that fails is told with the command that runs it again.
    let wrong = url.replace("me:", "you:");
    let failed = ended(Bankrun::new(&["s.yaml", "--target", &wrong]).folder(folder.path())).await;
    let failed = failed.code(4);
    let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    for text in [&run.stdout, &run.stderr, &failed.stdout, &failed.stderr] {
        no_secret_in(text);
    }
    no_secret_in(&read("s.json"));
    no_secret_in(&read("h.jsonl"));
    assert!(read("s.json").contains("--target 'http://***@127.0.0.1"), "{}", read("s.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_alone_are_shown_where_no_more_is_asked_for() {
    let server = guarded(HEADER).await;
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "s.yaml", SCENARIO);
    let url = server.url().replace("http://", "http://me:s3cr%20t@");
    let args = ["s.yaml", "--quiet", "--target", &url, "--http-debug"];
    let run = ended(Bankrun::new(&args).folder(folder.path())).await.code(0);
    assert!(run.stderr.contains("HTTP/1.1 200"), "{}", run.stderr);
    assert!(!run.stderr.contains("newBalance"), "{}", run.stderr);
    no_secret_in(&run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_scenario_goes_to_the_target() {
    for (key, header) in [
        ("bearer: tok-3n", "Bearer tok-3n"),
        ("basic: { user: me, password: 's3cr t' }", HEADER),
        ("headers: { Authorization: Own tok-3n }", "Own tok-3n"),
    ] {
        let server = guarded(header).await;
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "s.yaml", &format!("http: {{ {key} }}\n{SCENARIO}"));
        let args = ["s.yaml", "--target", &server.url(), "--http-debug=full"];
        let run = ended(Bankrun::new(&args).folder(folder.path())).await.code(0);
        no_secret_in(&run.stdout);
        no_secret_in(&run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_do_not_show_a_password_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = "target: http://me:s3cr@x/?a=b\n";
    write(folder.path(), "s.yaml", &format!("{target}{SCENARIO}"));
    let script = "function default() http.get('http://me:s3cr@x y/') end";
    write(folder.path(), "s.lua", script);
    for (args, code, said) in [
        (&["--target", "http://me:s3cr@x/?a=b"][..], 2, "has a query"),
        (&["--target", "me:s3cr@x"], 2, "has no scheme"),
        (&["--target", "http://me:s3cr/t@x"], 2, "is not a URL"),
        (&["health", "--target", "ftp://me:s3cr@x"], 2, "ftp:// is not supported"),
        (&["http://me:s3cr@x"], 2, "--target"),
        (&["s.yaml"], 2, "has a query"),
        (&["--target", "http://me:s3cr@localhost:1"], 4, "cannot connect to localhost:1"),
        (&["--lua", "s.lua", "--mode", "robust"], 4, "is not a valid URL"),
    ] {
        let run = ended(Bankrun::new(args).folder(folder.path())).await.code(code);
        let printed = run.stdout + &run.stderr;
        assert!(printed.contains(said), "{printed}");
        no_secret_in(&printed);
    }
    let run = Bankrun::new(&["s.yaml"]).env("BANKRUN_TARGET", "http://me:s3cr@x/?a=b");
    no_secret_in(&ended(run.folder(folder.path())).await.code(2).stderr);
    let run = Bankrun::new(&["health", "--help"]).env("BANKRUN_TARGET", "http://me:s3cr@x/");
    no_secret_in(&ended(run).await.code(0).stdout);
}
