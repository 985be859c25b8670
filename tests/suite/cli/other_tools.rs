//! Files of other tools in the place of a scenario or a script.

use std::fs;

use tempfile::TempDir;

use crate::support::{Bankrun, Ended};

const FILES: &[(&str, &str, &str)] = &[
    (
        "load.js",
        "import http from 'k6/http';\nexport default function () { http.get('http://h/'); }\n",
        "this is a k6 script",
    ),
    ("bare.js", "console.log('hello');\n", "this is a program in JavaScript"),
    (
        "locustfile.py",
        "from locust import HttpUser, task\nclass Buyer(HttpUser):\n    @task\n    def buy(self): \
         self.client.post(\"/buy\")\n",
        "this is a Locust file",
    ),
    (
        "artillery.yaml",
        "config:\n  target: http://h\n  phases: [{ duration: 10, arrivalRate: 5 }]\nscenarios:\n  - \
         flow: [{ post: { url: /buy } }]\n",
        "this is an Artillery script",
    ),
    (
        "api.yaml",
        "openapi: 3.0.3\ninfo: { title: shop, version: \"1\" }\npaths: {}\n",
        "this is an OpenAPI document",
    ),
    ("api.json", "{\"swagger\": \"2.0\", \"paths\": {}}", "this is an OpenAPI document"),
    ("shop.har", "{\"log\": {\"version\": \"1.2\", \"entries\": []}}", "this is a HAR file"),
    ("capture.json", "{\n\t\"log\": {\n\t\t\"entries\": []\n\t}\n}\n", "this is a HAR file"),
    ("buy.hurl", "POST http://localhost:4000/buy\nHTTP 200\n", "this is a Hurl file"),
    (
        "plan.jmx",
        "<?xml version=\"1.0\"?>\n<jmeterTestPlan version=\"1.2\"/>\n",
        "this is a JMeter test plan",
    ),
    (
        "Buy.scala",
        "import io.gatling.core.Predef._\nclass Buy extends Simulation {}\n",
        "this is a Gatling simulation",
    ),
    (
        "shop.json",
        "{\"info\": {\"_postman_id\": \"1\", \"name\": \"shop\"}, \"item\": []}",
        "this is a Postman collection",
    ),
    ("post.lua", "wrk.method = \"POST\"\nwrk.body = \"{}\"\n", "this is a wrk script"),
    (
        "targets.txt",
        "GET http://h/a\nPOST http://h/b\n@b.json\n",
        "this is a list of Vegeta targets",
    ),
    ("buy.http", "### buy\nPOST http://h/buy HTTP/1.1\n", "this is an .http file"),
];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text, _) in FILES {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn refused(ended: &Ended, told: &str) {
    let words = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(told), "no `{told}` in\n{}", ended.stderr);
    assert!(words.contains("bankrun does not run it"), "{}", ended.stderr);
    assert!(words.contains("`bankrun new FILE"), "{}", ended.stderr);
    assert!(words.matches("docs/").count() == 1, "{}", ended.stderr);
    assert!(words.matches("error").count() <= 1, "{}", ended.stderr);
}

#[test]
fn the_tool_is_named_and_what_to_do() {
    let folder = folder();
    for (name, _, told) in FILES {
        let run = |args: &[&str]| Bankrun::new(args).folder(folder.path()).run().code(2);
        refused(&run(&[name]), told);
        refused(&run(&["validate", name]), told);
        let script = run(&["--lua", name]);
        refused(&script, told);
        assert!(script.stderr.starts_with(&format!("{name}: ")), "{}", script.stderr);
    }
}

#[test]
fn who_has_scripts_of_k6_is_led_to_the_page_about_it() {
    let folder = folder();
    let run = |args: &[&str]| Bankrun::new(args).folder(folder.path()).run().code(2).stderr;
    assert!(run(&["load.js"]).contains("docs/from-k6.md"));
    assert!(run(&["--lua", "load.js"]).contains("docs/from-k6.md"));
}

/// They are files of ours for all that is in them.
#[test]
fn a_file_of_ours_is_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write(
        "ours.har",
        "accounts: {1: 0}\nscenarios: {a: {executor: shared-iterations, operations: [{deposit: 1, account: 1}]}}\n",
    );
    write("ours.js", "-- import http from 'k6/http'\nfunction default() end\n");
    write("slip.lua", "--[[\nimport http from 'k6/http'\n]]\nfunction default( end\n");
    write("slip.yaml", "# from locust import HttpUser\nscenarios: {a: {executor: sharing}}\n");
    let run = |args: &[&str]| Bankrun::new(args).folder(folder.path()).run();
    run(&["validate", "ours.har"]).code(0);
    run(&["validate", "--lua", "ours.js"]).code(0);
    let slip = run(&["validate", "--lua", "slip.lua"]).code(2).stderr;
    assert!(slip.contains("slip.lua:4: "), "{slip}");
    let slip = run(&["validate", "slip.yaml"]).code(2).stderr;
    assert!(slip.contains("unknown executor `sharing`"), "{slip}");
}
