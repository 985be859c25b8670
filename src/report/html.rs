//! `--html`: one file that holds all of a command's runs, and needs nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::page::{SCRIPTS, SCRIPTS_OF_REPORT, STYLES, asset};

const REPORT: &str = include_str!("page/assets/report.html");

/// The report of runs, each as the page has it; without the exit code of a
/// command, where there is none.
pub fn html_report(runs: &[Value], exit_code: Option<u8>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    html(&json!({ "version": version, "exit_code": exit_code, "runs": runs }))
}

/// The same of `{ "version", "exit_code", "runs": [...] }`. It fetches nothing.
fn html(data: &Value) -> String {
    let mut head = String::new();
    if let Some(icon) = asset("icon.svg") {
        let icon = STANDARD.encode(icon.text);
        head += &format!("<link rel=\"icon\" href=\"data:image/svg+xml;base64,{icon}\">\n");
    }
    for style in STYLES {
        head += &format!("<style>\n{}</style>\n", style.text);
    }
    if let Some(licence) = asset("uPlot.LICENSE") {
        head += &format!("<script>\n/*\n{}*/\n</script>\n", licence.text);
    }
    for script in SCRIPTS.iter().chain(SCRIPTS_OF_REPORT) {
        head += &format!("<script>\n{}\n</script>\n", script.text);
    }
    let (before, rest) = REPORT.split_once("{{head}}").unwrap_or((REPORT, ""));
    let (between, after) = rest.split_once("{{data}}").unwrap_or((rest, ""));
    [before, head.trim_end(), between, &embedded(data), after].concat()
}

/// JSON that no reader of HTML can take for the end of its element. `<` stands
/// only in strings, where JSON has another way to write it.
fn embedded(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page finds in the element that holds the data.
    fn data_of(report: &str) -> Value {
        let (_, rest) = report.split_once("id=\"bankrun-data\">").expect("the element");
        let (text, _) = rest.split_once("</script>").expect("its end");
        serde_json::from_str(text).expect("JSON")
    }

    fn empty() -> Value {
        json!({ "version": "0.1.0", "exit_code": 0, "runs": [] })
    }

    #[test]
    fn hostile_names_stay_data() {
        let name =
            "</script><script>alert(1)</script><!--<script> & ]]> {{head}} {{data}} \u{2028}";
        let mut data = empty();
        data["runs"] = json!([{ "id": 1, "header": { "scenario": name }, name: 1 }]);
        let report = html(&data);
        assert_eq!(data_of(&report), data);
        let without = html(&empty());
        for part in ["<script", "</script", "<!--", "-->"] {
            let count = |text: &str| text.matches(part).count();
            assert_eq!(count(&report), count(&without), "{part}");
        }
    }

    #[test]
    fn it_fetches_nothing() {
        let report = html(&empty());
        let lower = report.to_ascii_lowercase();
        assert!(lower.contains("content=\"default-src 'none';"));
        for fetch in
            ["src=\"", "@import", "url(h", "url(\"", "url('", "url(/", "fetch(", "eventsource("]
        {
            assert!(!lower.contains(fetch), "{fetch}");
        }
        let links: Vec<&str> = report.split("href=\"").skip(1).collect();
        for link in links {
            assert!(
                link.starts_with('#') || link.starts_with("data:") || link.starts_with("${"),
                "{link:.80}"
            );
        }
        assert!(!lower.contains(" onclick=") && !lower.contains("javascript:"));
    }

    /// 300 points, 8 accounts, 3 workloads.
    fn long_run(id: u32) -> Value {
        let column = |digits: f64| (0..300).map(|at| f64::from(at) * digits).collect::<Vec<f64>>();
        let account = |name: usize| json!({ "account": name.to_string(), "expected": column(1234.0), "actual": column(1233.0) });
        let names = [
            "t", "rps", "p50", "p95", "p99", "ok", "rejected", "failed", "unknown", "vus",
            "dropped", "missing", "surplus", "waiting",
        ];
        let mut timeline = json!({ "generation": 3, "interval_s": 8.0 });
        for name in names {
            timeline[name] = json!(column(1.234_567_89));
        }
        timeline["accounts"] = (0..8).map(account).collect();
        let goals =
            ["a", "b", "c"].map(|name| json!({ "name": name, "iterations": 1_000_000, "vus": 10 }));
        json!({ "id": id, "group": 1, "label": "naive", "state": "done", "goals": goals, "timeline": timeline })
    }

    #[test]
    fn a_run_takes_far_less_than_a_megabyte() {
        let with = |runs: Vec<Value>| {
            let mut data = empty();
            data["runs"] = json!(runs);
            html(&data).len()
        };
        let (none, one, two) =
            (with(vec![]), with(vec![long_run(1)]), with(vec![long_run(1), long_run(2)]));
        assert!(none < 200_000, "{none} bytes without a run");
        assert!(one - none < 200_000, "{} bytes for a run", one - none);
        assert_eq!(two - one, one - none + 1);
    }
}
