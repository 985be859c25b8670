use std::fs;
use std::path::Path;

use serde_json::json;

use super::browser::Page;

fn page() -> Page {
    Page::open(Path::new("scenarios"), &[])
}

#[test]
fn the_page_fetches_nothing_from_elsewhere() {
    let page = page();
    let answer = page.get("/");
    assert_eq!(answer.status, 200);
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self'",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
    ] {
        assert!(answer.head.contains(header), "{}", answer.head);
    }
    let assets: Vec<&str> = answer
        .body
        .split(['"', '\''])
        .filter(|word| word.starts_with("/assets/") || word.starts_with("assets/"))
        .collect();
    assert!(assets.len() > 2, "{assets:?}");
    for asset in assets {
        let path = format!("/{}", asset.trim_start_matches('/'));
        let answer = page.get(&path);
        assert_eq!(answer.status, 200, "{asset}");
        assert!(!answer.body.is_empty(), "{asset}");
    }
}

#[test]
fn other_names_and_other_origins_are_turned_away() {
    let page = page();
    let host = page.address.clone();
    let get = |headers: &[(&str, &str)], path| page.ask("GET", path, headers, "").status;
    for path in ["/", "/api/events", "/metrics", "/assets/none"] {
        assert_eq!(get(&[("host", "evil.example:8089")], path), 421, "{path}");
    }
    let body = json!({ "file": "deterministic.yaml", "modes": ["naive"] }).to_string();
    let post = |headers: &[(&str, &str)]| page.ask("POST", "/api/runs", headers, &body);
    let token = ("x-bankrun-token", page.token.as_str());
    for headers in [
        &[("host", host.as_str())][..],
        &[("host", &host), ("x-bankrun-token", "guessed")],
        &[("host", &host), token, ("origin", "http://evil.example")],
        &[("host", &host), token, ("origin", "null")],
        &[("host", &host), token, ("sec-fetch-site", "cross-site")],
    ] {
        let answer = post(headers);
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.body);
        assert!(answer.body.contains("error"), "{}", answer.body);
    }
    assert_eq!(page.ask("POST", "/api/stop", &[("host", &host)], "").status, 403);
    // Nothing of all this was started.
    assert_eq!(page.stop().status, 409);
}

#[test]
fn what_is_not_there_or_not_so_asked_says_so() {
    let page = page();
    let host = page.address.clone();
    let head = [("host", host.as_str()), ("x-bankrun-token", page.token.as_str())];
    assert_eq!(page.get("/nothing").status, 404);
    assert_eq!(page.get("/assets/../Cargo.toml").status, 404);
    assert_eq!(page.get("/api/runs").status, 405);
    assert_eq!(page.get("/api/runs/7/report.html").status, 404);
    let post = |body: &str| page.ask("POST", "/api/runs", &head, body);
    assert_eq!(post("no JSON").status, 400);
    assert_eq!(post(r#"{"fil": "x"}"#).status, 400);
    assert_eq!(post(&"x".repeat(70_000)).status, 413);
}

#[test]
fn only_scenarios_of_the_folder_can_be_chosen() {
    let outside = tempfile::tempdir().expect("a folder");
    let folder = outside.path().join("mine");
    fs::create_dir(&folder).expect("a folder");
    let good = "accounts: {1: 5}\nscenarios: {a: {executor: shared-iterations, operations: \
                [{deposit: 1, account: 1, count: 1}]}}";
    fs::write(outside.path().join("secret.yaml"), good).expect("a file");
    fs::write(folder.join("broken.yaml"), "scenarios:\n  a: {executer: x}").expect("a file");
    let page = Page::open(&folder, &[]);
    for file in ["../secret.yaml", "/etc/passwd", "mine/../../secret.yaml", "no.yaml"] {
        let answer = page.post("/api/runs", &json!({ "file": file, "modes": ["naive"] }));
        assert_eq!(answer.status, 404, "{file}: {}", answer.body);
    }
    let refused = |wish| {
        let answer = page.post("/api/runs", &wish);
        assert_eq!(answer.status, 400, "{}", answer.body);
        answer.body
    };
    let broken = refused(json!({ "file": "broken.yaml", "modes": ["naive"] }));
    assert!(broken.contains("broken.yaml:2") && broken.contains("executor"), "{broken}");
    for (wish, word) in [
        (json!({ "modes": ["nave"] }), "nave"),
        (json!({ "modes": ["naive"], "database": "sqlite:/tmp/x" }), "not among the databases"),
        (json!({ "targets": ["http://example.com"] }), "not among the targets"),
        (json!({ "modes": ["naive"], "duration": "soon" }), "soon"),
        (json!({ "modes": ["naive"], "vus": 0 }), "0"),
        (json!({ "modes": ["naive"], "race_window": "-1" }), "race window"),
    ] {
        let text = refused(wish);
        assert!(text.contains(word), "{text}");
    }
    // A mistake does not keep the page busy.
    assert_eq!(page.stop().status, 409);
}
