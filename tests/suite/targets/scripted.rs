//! The same for requests of a script.

use super::wild::{BRIEF, PATIENT, Server, Talk, When, Wild, run};

const SCRIPT: &str = r#"
options = { vus = 1, iterations = 3, timeout = "TIMEOUT" }
function default()
  local answer = http.post("/deposit", { amount = 1 })
  local ok, value = pcall(answer.json, answer, "newBalance")
  log.info(("<%s %d %s %s>"):format(answer.outcome, answer.status, answer.error, ok and value))
end
"#;

/// What the script is told of the second request, where the first and the third
/// are answered as they should be.
fn told(when: When, wild: Wild, timeout: &str) -> String {
    let server = Server::start(when, wild, true);
    let script = SCRIPT.replace("TIMEOUT", timeout);
    let (ended, _) = run(&server, &[("s.lua", &script)], &["--lua", "s.lua"]);
    let shown = format!("{}\n{}", ended.stdout, ended.stderr);
    let lines: Vec<&str> = ended
        .stderr
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(line, _)| line))
        .collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(lines[0].starts_with("ok 200 nil ") && lines[2].starts_with("ok 200 nil "), "{shown}");
    assert!(ended.code.is_some_and(|code| code != 4), "{shown}");
    lines[1].to_owned()
}

#[test]
fn a_script_is_told_what_became_of_its_request() {
    let cases: [(Wild, &str); 9] = [
        (
            |talk| {
                talk.say("SSH-2.0-OpenSSH_9.2\r\n");
            },
            "unknown 0 the answer is not HTTP/1.1",
        ),
        (|_| {}, "unknown 0 the connection was closed before the answer nil"),
        (
            |talk| {
                talk.answer("content-length: 99\r\n", "{}");
            },
            "unknown 0 the answer broke off: 97 bytes of it never came nil",
        ),
        (
            |talk| {
                talk.answer("content-length: 2\r\ncontent-length: 3\r\n", "{}");
            },
            "unknown 0 the answer is malformed: it has two lengths nil",
        ),
        (
            |talk| {
                talk.answer("", "");
                while talk.send(&[b' '; 65536]) {}
            },
            "unknown 0 the answer is larger than 16 MiB nil",
        ),
        (
            |talk| {
                talk.say("HTTP/1.1 307 Go\r\nlocation: /circle\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            },
            "unknown 0 not followed any further after 10 redirects: they go in a circle",
        ),
        // Whether it is JSON is asked by the script.
        (
            |talk| {
                talk.answer("content-encoding: gzip\r\ncontent-length: 3\r\n", "abc");
            },
            "ok 200 nil nil",
        ),
        (
            |talk| {
                talk.say("HTTP/1.1 999 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            },
            "unknown 999 nil nil",
        ),
        (
            |talk| {
                talk.say("HTTP/1.1 429 Later\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            },
            "rejected 429 nil nil",
        ),
    ];
    for (wild, expected) in cases {
        let told = told(When::Asked, wild, PATIENT);
        assert!(told.starts_with(expected), "{told}, not {expected}");
    }
    let told = told(When::Asked, Talk::wait, BRIEF);
    assert_eq!(told, "unknown 0 no answer within 2s nil");
}

#[test]
fn a_body_that_nobody_reads_ends_with_its_time() {
    let server = Server::start(When::Asked, |_| {}, false);
    let idle = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let script = format!(
        "options = {{ vus = 1, iterations = 1, timeout = \"2s\" }}\nfunction default()\n  local \
         answer = http.post(\"http://{}/\", (\"x\"):rep(16 * 1024 * 1024))\n  \
         log.info(\"<\" .. answer.outcome .. \" \" .. answer.error .. \">\")\nend\n",
        idle.local_addr().expect("an address")
    );
    let (ended, _) = run(&server, &[("s.lua", &script)], &["--lua", "s.lua"]);
    let shown = format!("{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("<unknown no answer within 2s>"), "{shown}");
}
