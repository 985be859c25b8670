//! A secret wherever one can be put, and nothing of it in all that is written.

use std::path::Path;

use serde_json::json;

use crate::support::{Bankrun, Ended, Recorder, Seen, Sent, SmallBank};

/// Every secret of these tests begins like this, and nothing else does.
const MARK: &str = "c4n4ry";

const SCENARIO: &str = r#"
accounts: {1: 1000}
http:
  basic: { user: me, password: "${DB_PASSWORD}" }
  headers: { X-Api-Key: "${API_KEY}", X-Tenant: blue }
operations:
  pay:
    request:
      method: POST
      path: "/pay/${URL_TOKEN}"
      query: { token: "${URL_TOKEN}" }
      headers: { X-Signature: "${MY_SECRET}" }
      json: { amount: 1, secret: "${MY_SECRET}" }
    effect: { account: 1, delta: 1, balance: $.newBalance }
    capture: { left: $.nothing }
    checks:
      "it is what it is": { jsonpath: $.echo, "==": "not ${MY_SECRET}" }
      "it has it": { body: true, contains: "not ${URL_TOKEN}" }
scenarios:
  one: { executor: per-vu-iterations, iterations: 2, operations: [ { deposit: 1, account: 1 } ] }
  two:
    executor: per-vu-iterations
    iterations: 3
    operations:
      - { pay: {} }
      - { request: "/nothing?key=${API_KEY}", checks: { there: 200 } }
      - { request: "/quiet?page=1&access_token=c4n4ry-written&me@x" }
thresholds: { http_reqs: count>1 }
"#;

const SCRIPT: &str = r#"
options = { vus = 1, iterations = 2 }
local seen = metrics.counter("seen")
function default()
  local answer = http.get("/nothing?token=" .. env.URL_TOKEN, { headers = { ["X-Api-Key"] = env.API_KEY } })
  log.info("with " .. env.MY_SECRET)
  check(answer, { ["has " .. env.MY_SECRET] = function(it) return it.body == env.MY_SECRET end })
  expect(answer.body, "==", env.URL_TOKEN)
  http.get("/quiet?page=1&access_token=c4n4ry-written")
  http.get("http://me:c4n4ry-pass@127.0.0.1:1/quiet?token=c4n4ry-written")
  seen:add(1, { token = env.URL_TOKEN })
  error("no " .. env.MY_SECRET)
end
"#;

/// Says everything again that it is told, as careless services do.
fn careless(bank: &SmallBank, seen: &Seen) -> Sent {
    // What it handed out itself, and what is encoded, is not known to us.
    let known = |(name, _): &&(String, String)| name != "cookie" && name != "authorization";
    let headers: Vec<_> = seen.headers.iter().filter(known).collect();
    let all = format!("{} {headers:?} {}", seen.line, seen.body);
    let error = json!({ "error": format!("no: {}", &seen.line), "echo": all }).to_string();
    let cookie = ("set-cookie", "session=c4n4ry-cookie; Path=/");
    match seen.line.split(' ').nth(1).unwrap_or_default() {
        line if line.starts_with("/pay/") => Sent::status(409, &[cookie], &error),
        line if line.starts_with("/nothing") => Sent::status(404, &[cookie], &error),
        _ => bank.answer(seen),
    }
}

fn secrets(command: Bankrun) -> Bankrun {
    command
        .env("DB_PASSWORD", "c4n4ry-db/p\"a&ss")
        .env("API_KEY", "c4n4ry-key")
        .env("URL_TOKEN", "c4n4ry-url,token/1")
        .env("BANKRUN_PROMETHEUS_TOKEN", "c4n4ry-prometheus-token")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "step.md")
}

const OUTPUTS: [&str; 17] = [
    "--history",
    "h.jsonl",
    "--summary-export",
    "s.json",
    "--junit",
    "j.xml",
    "--html",
    "r.html",
    "--out",
    "json=o.jsonl",
    "--out",
    "csv=o.csv",
    "--http-debug=full",
    "--verbose",
    "-e",
    "MY_SECRET=c4n4ry-secret",
    "--insecure-skip-tls-verify",
];

/// What was printed and written, by its place.
fn all(folder: &Path, ended: &Ended) -> Vec<(String, String)> {
    let mut texts = vec![
        ("stdout".to_owned(), ended.stdout.clone()),
        ("stderr".to_owned(), ended.stderr.clone()),
    ];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    texts
}

#[track_caller]
fn nothing_shows(texts: &[(String, String)], least: usize) {
    assert!(texts.len() >= least, "{:?}", texts.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (place, text) in texts {
        for line in text.lines() {
            let at = line.find(MARK);
            assert!(
                at.is_none(),
                "{place}: {}",
                &line[at.unwrap_or(0)..].chars().take(200).collect::<String>()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_shows_one() {
    let bank = SmallBank::default();
    let server = Recorder::start(move |seen| careless(&bank, seen)).await;
    let source = tempfile::tempdir().expect("a folder");
    let path = |name: &str| source.path().join(name).display().to_string();
    std::fs::write(path("s.yaml"), SCENARIO).expect("written");
    std::fs::write(path("s.lua"), SCRIPT).expect("written");
    let with_password = server.url().replace("://", "://me:c4n4ry-target@");
    let prometheus = "prometheus=http://me:c4n4ry-push@127.0.0.1:1/api/v1/write";
    let watched = "postgres://me:c4n4ry-watch@127.0.0.1:1/db";
    for (what, target, more) in [
        (vec![path("s.yaml")], &with_password, vec!["--out", prometheus]),
        (vec![path("s.yaml")], &server.url(), vec!["--watch-database", watched]),
        (vec![path("s.yaml")], &server.url(), vec!["--token", "c4n4ry-token"]),
        (vec!["--lua".to_owned(), path("s.lua")], &with_password, vec![]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut args: Vec<&str> = what.iter().map(String::as_str).collect();
        args.extend(["--target", target]);
        args.extend(OUTPUTS.iter().chain(&more));
        let ended = secrets(Bankrun::new(&args)).folder(folder.path()).run();
        let shown = format!("{}\n{}", ended.stdout, ended.stderr);
        assert!(shown.contains("***"), "{shown}");
        assert!(shown.contains("HTTP/1.1"), "{shown}");
        // Two streams, and a file for each output.
        nothing_shows(&all(folder.path(), &ended), 9);
    }
    let seen = format!("{:?}", server.seen());
    for secret in ["c4n4ry-key", "c4n4ry-secret", "c4n4ry-url", "c4n4ry-cookie"] {
        assert!(seen.contains(secret), "the service was not told {secret}");
    }
}

#[test]
fn no_message_shows_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    file("s.yaml", SCENARIO);
    file("wrong.yaml", &SCENARIO.replace("iterations: 2", "iterations: \"${URL_TOKEN}\""));
    file("worse.yaml", &SCENARIO.replace("path: \"/pay/", "path: \"${URL_TOKEN} /pay/"));
    file("s.lua", "options = { vus = env.URL_TOKEN }\nfunction default() end");
    let target = "target: http://127.0.0.1:1/?a=c4n4ry-token\naccounts: {1: 0}\nscenarios: {a: {executor: \
                  shared-iterations, operations: [{balance: 1}]}}\n";
    file("t.yaml", target);
    file("e.lua", "error(\"no \" .. env.API_KEY)");
    for args in [
        vec!["validate", "s.yaml", "-e", "MY_SECRET=c4n4ry-secret"],
        vec!["validate", "wrong.yaml", "-e", "MY_SECRET=c4n4ry-secret"],
        vec!["wrong.yaml", "--mode", "robust", "-e", "MY_SECRET=c4n4ry-secret"],
        vec!["worse.yaml", "--mode", "robust", "-e", "MY_SECRET=c4n4ry-secret"],
        vec!["--lua", "s.lua", "--mode", "robust"],
        vec!["--lua", "e.lua", "--mode", "robust"],
        vec!["--target", "http://me:c4n4ry-pass@127.0.0.1:1"],
        vec!["--target", "http://me:c4n4ry-pass@bank.invalid"],
        vec!["--target", "http://me:c4n4ry-pass@127.0.0.1:port"],
        vec!["--target", "ftp://me:c4n4ry-pass@127.0.0.1"],
        vec!["--target", "me:c4n4ry-pass@127.0.0.1:3000"],
        vec!["--mode", "robust", "--database", "postgres://me:c4n4ry-pass@127.0.0.1:1/db"],
        vec!["--mode", "robust", "--database", "postgres://me:c4n4ry-pass@127.0.0.1:x/db"],
        vec!["--mode", "robust", "--database", "mysql://me:c4n4ry-pass@127.0.0.1:1/db"],
        vec!["--mode", "robust", "--out", "prometheus=http://me:c4n4ry-pass@127.0.0.1:x/"],
        vec!["--mode", "robust", "--out", "prometheus=ftp://me:c4n4ry-pass@127.0.0.1/"],
        vec!["--mode", "robust", "--watch-database", "http://me:c4n4ry-pass@127.0.0.1/"],
        vec!["--mode", "robust", "--token", "c4n4ry pass"],
        vec![
            "serve",
            "--database",
            "postgres://me:c4n4ry-pass@127.0.0.1:1/db",
            "--listen",
            "127.0.0.1:0",
        ],
        vec!["serve", "--token", "c4n4ry pass"],
        vec!["watch", "postgres://me:c4n4ry-pass@127.0.0.1:1/db"],
        vec!["health", "--target", "http://me:c4n4ry-pass@127.0.0.1:1"],
        vec!["https://me:c4n4ry-pass@127.0.0.1/s.yaml"],
        vec!["--mode", "robust", "--database", "host=db port=x password=c4n4ry-pass"],
        vec!["--mode", "robust", "--database", "host=127.0.0.1 port=1 password=c4n4ry-pass"],
        vec!["--mode", "robust", "--database", "host=db passwort=c4n4ry-pass"],
        vec!["--mode", "robust", "--database", "db password='c4n4ry pass"],
        vec!["--mode", "robust", "--watch-database", "host=a,b password=c4n4ry-pass"],
        vec!["watch", "host=127.0.0.1 port=1 password=c4n4ry-pass"],
        vec!["watch", "me password = 'c4n4ry pass'"],
        vec!["watch", "host=127.0.0.1", "password=c4n4ry-pass"],
        vec!["watch", "--url=postgres://me:c4n4ry-pass@h/db"],
        vec!["validate", "s.yaml", "-e", "=c4n4ry-secret"],
        vec!["validate", "s.yaml", "-e", "c4n4ry-secret"],
        vec!["--mode", "robust", "-e=c4n4ry-secret"],
        vec!["--mode", "robust", "--envv", "API_KEY=c4n4ry-secret"],
        vec!["--mode", "robust", "-e", "WHERE=http://me:c4n4ry-pass@h/?a=c4n4ry"],
        vec!["--target", "http://127.0.0.1:1/?a=c4n4ry-token"],
        vec!["--target", "http:// x/?c4n4ry-token"],
        vec!["--targt", "http://127.0.0.1:1/?a=c4n4ry-token"],
        vec!["t.yaml"],
        vec!["validate", "t.yaml"],
        vec!["health", "http://me:c4n4ry-pass@127.0.0.1:1"],
        vec!["--mode", "robust", "--out", "prometheus=http://127.0.0.1:1/?a=c4n4ry-token"],
        vec!["--help"],
    ] {
        let ended = secrets(Bankrun::new(&args)).folder(folder.path()).run();
        let streams = [("stdout".to_owned(), ended.stdout), ("stderr".to_owned(), ended.stderr)];
        let told = streams.iter().any(|(_, text)| !text.is_empty());
        assert!(told, "{args:?} says nothing");
        nothing_shows(&streams, 2);
    }
    let none = ["--mode", "robust", "--quiet"];
    for (name, value) in [
        ("BANKRUN_TARGET", "http://me:c4n4ry-pass@127.0.0.1:x"),
        ("BANKRUN_DATABASE", "postgres://me:c4n4ry-pass@127.0.0.1:x/db"),
        ("BANKRUN_WATCH_DATABASE", "http://me:c4n4ry-pass@127.0.0.1/"),
        ("BANKRUN_TOKEN", "c4n4ry pass"),
    ] {
        let args = if name == "BANKRUN_TARGET" { &none[2..] } else { &none[..] };
        let ended = secrets(Bankrun::new(args)).env(name, value).folder(folder.path()).run();
        nothing_shows(&[(name.to_owned(), ended.stdout), (name.to_owned(), ended.stderr)], 2);
    }
}
