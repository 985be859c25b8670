use std::fs;

use super::support::{database, explored};
use crate::bank::fresh_url;
use crate::support::Bankrun;

#[test]
fn what_cannot_be_explored_is_said() {
    for (args, says) in [
        (&["--database", "sqlite"][..], "needs PostgreSQL"),
        (&["--op", "deposit 10 1"], "1 requests were given"),
        (&["--op", "steal 10 1"], "is no operation"),
        (&["--replay", "A,1"], "is no request"),
        (&["--replay", "A,C"], "more requests than there are"),
        (&["--mode", "robst"], "robst"),
        (&["--sample", "5", "--preemptions", "1"], "cannot be used with"),
    ] {
        let ended = Bankrun::new(&[&["explore"], args].concat()).run().code(2);
        assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
    }
}

/// What others do meanwhile would be taken for a fault of the service.
#[test]
fn a_stranger_on_the_database_is_refused() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = runtime.block_on(fresh_url());
    let _stranger = runtime.block_on(async {
        let mut config: tokio_postgres::Config = url.parse().expect("a URL");
        config.application_name("somebody");
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("a client");
        tokio::spawn(connection);
        client
    });
    let ended = Bankrun::new(&["explore", "--mode", "robust", "--database", &url]).run().code(4);
    let said = ended.stdout + &ended.stderr;
    assert!(said.contains("`somebody`") && said.contains("somebody else"), "{said}");
}

#[test]
fn results_are_written_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (junit, html, json) = (file("junit.xml"), file("report.html"), file("report.json"));
    let url = database();
    let ended = Bankrun::new(&[
        "explore",
        "--mode",
        "naive",
        "--database",
        &url,
        "--op",
        "deposit 10 1",
        "--op",
        "withdraw 20 1",
        "--junit",
        &junit,
        "--html",
        &html,
        "--json",
        &json,
    ]);
    let ended = ended.run().code(1);
    assert!(ended.stdout.contains("FAIL  naive"), "{}", ended.stdout);
    let junit = fs::read_to_string(junit).expect("JUnit XML");
    assert!(junit.contains("<failure") && junit.contains("deposit 10 1 beside withdraw 20 1"));
    let html = fs::read_to_string(html).expect("HTML");
    for part in ["<!doctype html>", "POST /withdraw", "UPDATE accounts SET balance"] {
        assert!(html.contains(part), "no {part} in the HTML report");
    }
    let json = fs::read_to_string(json).expect("JSON");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["schema"], &json["exit_code"]), (&1.into(), &1.into()));
}

#[test]
fn an_account_that_is_not_there_is_refused_in_every_order() {
    let (ended, json) =
        explored(&["--mode", "robust", "--op", "deposit 10 99", "--op", "deposit 20 1"]);
    ended.code(0);
    let serial = &json["explorations"][0]["serial"][1];
    assert_eq!(serial["replies"][0]["status"], 404);
}
