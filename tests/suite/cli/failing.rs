//! Iterations that fail at once are paced, and their errors are counted, not kept.

use serde_json::Value;

use crate::support::Bankrun;

/// Runs the function for a second with four virtual users, in little memory.
fn summary(body: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let text =
        format!("options = {{ vus = 4, duration = '1s' }}\nfunction default()\n  {body}\nend\n");
    let path = folder.path().join("fails.lua");
    std::fs::write(&path, text).expect("written");
    let path = path.to_str().expect("a path");
    let args = ["--lua", path, "--mode", "robust", "--summary-export", "-"];
    let ended = Bankrun::new(&args).within_memory(1 << 20).run();
    let summary: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.stdout, ended.stderr));
    summary["runs"][0].clone()
}

#[test]
fn a_script_that_throws_at_once_is_paced() {
    let run = summary("error('no ' .. __VU .. ' ' .. __ITER)");
    // Eight that come faster and faster, and then ten a second.
    let failed = run["total"]["script_errors"].as_u64().expect("a count");
    assert!((4..=4 * 25).contains(&failed), "{failed}");
    // Not one text for each.
    assert!(run["errors"].as_object().expect("errors").len() <= 51);
}

#[test]
fn a_port_where_nobody_listens_is_not_stormed() {
    let run = summary("http.get('http://127.0.0.1:1/')");
    let sent = run["total"]["http_reqs"].as_u64().expect("a count");
    assert!((4..=4 * 30).contains(&sent), "{sent}");
}
