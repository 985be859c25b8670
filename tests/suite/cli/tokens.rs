//! Who may reset: the token of a server, and how a run carries it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::bank::{get, post};
use crate::support::Bankrun;

const TOKEN: &str = "s3cret-t0ken";

struct Serving(Child, String);

impl Serving {
    fn start(args: &[&str]) -> Self {
        let command = Bankrun::new(&[&["serve"], args].concat()).env("BANKRUN_TOKEN", TOKEN);
        let mut process = command.command().stderr(Stdio::null()).spawn().expect("bankrun starts");
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().expect("piped"));
        out.read_line(&mut line).expect("a line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next());
        Self(process, address.expect("an address").to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_address_that_others_reach_takes_a_token_or_a_word() {
    let refused = Bankrun::new(&["serve", "--listen", "0.0.0.0:0"]).run().code(2);
    assert!(refused.stderr.contains("--allow-open"), "{}", refused.stderr);
    assert!(refused.stderr.contains("BANKRUN_TOKEN"), "{}", refused.stderr);
    for bad in ["", "two words"] {
        let command = ["serve", "--listen", "127.0.0.1:0", "--token", bad];
        let refused = Bankrun::new(&command).run().code(2);
        assert!(!refused.stderr.contains("two words"), "{}", refused.stderr);
    }
    let both = ["serve", "--listen", "127.0.0.1:0", "--allow-open", "--token", TOKEN];
    let refused = Bankrun::new(&both).run().code(2);
    assert!(!refused.stderr.contains(TOKEN), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nobody_resets_and_nothing_else_is_asked() {
    let serving = Serving::start(&["--listen", "127.0.0.1:0"]);
    let addr = serving.1.parse().expect("an address");
    let refused = post(addr, "/reset", "").await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthorized"), "{refused:?}");
    assert_eq!(refused.headers["www-authenticate"], r#"Bearer realm="bankrun""#);
    assert_eq!(get(addr, "/metrics").await.status, 401);
    for open in ["/health", "/accounts", "/balance/1"] {
        assert_eq!(get(addr, open).await.status, 200, "{open}");
    }
}

#[test]
fn a_run_carries_the_token_and_shows_it_nowhere() {
    let serving = Serving::start(&["--listen", "127.0.0.1:0"]);
    let target = format!("http://{}", serving.1);
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (history, summary, html, junit) =
        (file("h.jsonl"), file("s.json"), file("r.html"), file("j.xml"));
    let args = [
        "--target",
        &target,
        "--http-debug",
        "--verbose",
        "--history",
        &history,
        "--summary-export",
        &summary,
        "--html",
        &html,
        "--junit",
        &junit,
    ];
    let by_option = Bankrun::new(&[&args[..], &["--token", TOKEN]].concat()).run().code(0);
    let by_variable = Bankrun::new(&args).env("BANKRUN_TOKEN", TOKEN).run().code(0);
    let mut said = vec![by_option.stdout, by_option.stderr, by_variable.stdout, by_variable.stderr];
    for name in [&history, &summary, &html, &junit] {
        said.push(std::fs::read_to_string(name).expect("written"));
    }
    for text in said {
        assert!(!text.contains(TOKEN), "{text}");
    }
    let without = Bankrun::new(&["--target", &target]).run();
    assert_ne!(without.code, Some(0));
    assert!(without.stdout.contains("BANKRUN_TOKEN"), "{}{}", without.stdout, without.stderr);
    let help = Bankrun::new(&["serve", "--help"]).env("BANKRUN_TOKEN", TOKEN).run().code(0);
    assert!(!help.stdout.contains(TOKEN), "{}", help.stdout);
}
