//! Metrics that are pushed: a receiver of our own reads what Prometheus would.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};

use prost::Message;
use serde_json::Value;

use crate::support::{Bankrun, Recorder, Reply, Sent, Service};

/// The messages of remote write 1.0, as its specification numbers their fields.
#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// Keeps the samples of each series, as a database would.
#[derive(Default)]
struct Database(BTreeMap<BTreeMap<String, String>, Vec<Sample>>);

impl Database {
    fn take(&mut self, body: &[u8]) {
        let body = snap::raw::Decoder::new().decompress_vec(body).expect("snappy");
        let request = WriteRequest::decode(&*body).expect("a write request");
        for TimeSeries { labels, samples } in request.timeseries {
            let labels = labels.into_iter().map(|label| (label.name, label.value)).collect();
            let known = self.0.entry(labels).or_default();
            let last = known.last().map_or(0, |sample| sample.timestamp);
            assert!(samples.iter().all(|sample| sample.timestamp > last), "out of order");
            known.extend(samples);
        }
    }

    /// The last value of the series of that name and these labels, added up.
    fn last(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted = |given: &BTreeMap<String, String>| {
            let mut labels = labels.iter().copied().chain([("__name__", name)]);
            labels.all(|(name, value)| given.get(name).is_some_and(|given| given == value))
        };
        let found = self.0.iter().filter(|(labels, _)| wanted(labels));
        found.filter_map(|(_, samples)| samples.last()).map(|sample| sample.value).sum()
    }
}

fn receiver() -> (Arc<Mutex<Database>>, Service) {
    let database = Arc::new(Mutex::new(Database::default()));
    let kept = database.clone();
    let service = Service::start(move |method, path, body| {
        assert_eq!((method, path), ("POST", "/api/v1/write"));
        kept.lock().expect("the database").take(body);
        Reply::Text(204, "")
    });
    (database, service)
}

#[test]
fn what_arrives_is_what_the_summary_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, service) = receiver();
    let out = format!("json=s.jsonl,prometheus={}", service.url);
    let args = ["--mode", "robust,naive", "--race-window", "2ms", "--quiet", "--out", &out];
    let run = Bankrun::new(&[&args[..], &["--summary-export", "s.json"]].concat());
    let run = run.env("BANKRUN_PROMETHEUS_INTERVAL", "100ms").folder(folder.path()).run().code(1);
    assert_eq!(run.stderr, "");
    let text = fs::read_to_string(folder.path().join("s.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let database = database.lock().expect("the database");
    for run in summary["runs"].as_array().expect("runs") {
        let header = &run["header"];
        let (name, mode) = (&header["scenario"], &header["mode"]);
        let own = [
            ("run", name.as_str().expect("a name")),
            ("mode", mode.as_str().expect("a mode")),
            ("job", "bankrun"),
            ("target", "built-in"),
            ("seed", "1"),
        ];
        let last = |metric: &str, more: &[(&str, &str)]| {
            database.last(&format!("bankrun_{metric}"), &[&own[..], more].concat())
        };
        let number = |value: &Value| value.as_f64().expect("a number");
        assert_eq!(last("http_reqs_total", &[]), number(&run["total"]["http_reqs"]));
        for outcome in ["ok", "rejected", "failed", "unknown"] {
            let count = number(&run["total"]["outcomes"][outcome]);
            assert_eq!(last("operations_total", &[("outcome", outcome)]), count, "{outcome}");
        }
        let of_one = number(&run["scenarios"][0]["metrics"]["iterations"]);
        assert_eq!(last("iterations_total", &[("scenario", "user-1")]), of_one);
        let answers = number(&run["total"]["latency_ms"]["count"]);
        assert_eq!(last("http_req_duration_seconds_bucket", &[("le", "+Inf")]), answers);
        let millis = last("http_req_duration_seconds_sum", &[]) / answers * 1e3;
        let mean = number(&run["total"]["latency_ms"]["avg"]);
        assert!((millis / mean - 1.0).abs() < 0.01, "{millis} ms, and not {mean} ms");
        assert_eq!(last("missing_money", &[]), number(&run["missing"]));
        let conclusion = run["verdict"]["conclusion"].as_str().expect("a conclusion");
        assert_eq!(last("verdict", &[("conclusion", conclusion)]), 1.0);
    }
    let samples = fs::read_to_string(folder.path().join("s.jsonl")).expect("samples");
    assert!(samples.lines().count() > 600, "the other output has its own");
}

#[test]
fn the_documented_metrics_are_those_that_are_pushed() {
    let (database, service) = receiver();
    let folder = tempfile::tempdir().expect("a folder");
    let script =
        "function default() bank.deposit(1, 1) check(1, { one = function() return true end }) end";
    fs::write(folder.path().join("s.lua"), script).expect("written");
    let out = format!("prometheus={}", service.url);
    let args = ["--lua", "s.lua", "--mode", "robust", "--vus", "1", "--iterations", "2", "-q"];
    // No balance is judged.
    Bankrun::new(&[&args[..], &["--out", &out]].concat()).folder(folder.path()).run().code(3);
    let database = database.lock().expect("the database");
    let names = database.0.keys().map(|labels| labels["__name__"].as_str());
    let part_of = |name: &'static str| move |text: &str| text.strip_suffix(name).map(str::to_owned);
    let parts = [part_of("_bucket"), part_of("_sum"), part_of("_count")];
    let whole = |name: &str| parts.iter().find_map(|part| part(name)).unwrap_or(name.to_owned());
    let pushed: BTreeSet<String> = names.map(whole).collect();
    let document = include_str!("../../../docs/outputs.md");
    let documented: BTreeSet<String> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `bankrun_"))
        .flat_map(|line| line.split(" | ").next().unwrap_or_default().split("`, `bankrun_"))
        .map(|name| format!("bankrun_{}", name.trim_end_matches('`')))
        .filter(|name| !name.contains("NAME"))
        .collect();
    assert_eq!(documented, pushed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_sent_and_not_shown() {
    let server = Recorder::start(|_| Sent::status(400, &[], "out of order sample\nmore")).await;
    let out = format!("prometheus={}/push?db=s3cr3t", server.url().replace("//", "//me:s3cr3t@"));
    let run = Bankrun::new(&["--mode", "robust", "--race-window", "0", "--out", &out]);
    let run = run.env("BANKRUN_PROMETHEUS_TOKEN", "s3cr3t");
    let run = tokio::task::spawn_blocking(|| run.run().code(0)).await.expect("it ran");
    let shown = format!("{}{}", run.stdout, run.stderr);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert!(shown.contains("it answers 400 (out of order sample)"), "{shown}");
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /push?db=s3cr3t");
    assert_eq!(seen[0].header("authorization"), Some("Basic bWU6czNjcjN0"));
    assert_eq!(seen[0].header("content-encoding"), Some("snappy"));
    assert_eq!(seen[0].header("content-type"), Some("application/x-protobuf"));
    assert_eq!(seen[0].header("x-prometheus-remote-write-version"), Some("0.1.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_sent_and_redirects_are_not_followed() {
    let server = Recorder::start(|_| Sent::redirect(307, "/elsewhere")).await;
    let out = format!("prometheus={}", server.url());
    let run = Bankrun::new(&["--mode", "robust", "--race-window", "0", "-q", "--out", &out]);
    let run = run.env("BANKRUN_PROMETHEUS_TOKEN", "t0ken");
    let run = tokio::task::spawn_blocking(|| run.run().code(0)).await.expect("it ran");
    assert!(run.stderr.contains("it answers 307"), "{}", run.stderr);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.line == "POST /api/v1/write"), "{seen:?}");
    assert_eq!(seen[0].header("authorization"), Some("Bearer t0ken"));
}

#[test]
fn an_endpoint_that_fails_is_told_and_changes_nothing() {
    let silent = Service::start(|_, _, _| Reply::Silence);
    let broken = Service::start(|_, _, _| Reply::Text(503, "no room"));
    let dead = "http://127.0.0.1:1".to_owned();
    let (database, well) = receiver();
    let told = [
        (&dead, "connection refused"),
        (&broken.url, "it answers 503 (no room)"),
        (&silent.url, "it was too slow"),
    ];
    let mut args = vec!["--mode", "naive", "--race-window", "2ms", "--quiet"];
    let outs: Vec<String> = [&dead, &silent.url, &broken.url, &well.url]
        .map(|url| format!("prometheus={url}"))
        .to_vec();
    args.extend(outs.iter().flat_map(|out| ["--out", out.as_str()]));
    let run = Bankrun::new(&args).run().code(1);
    for (url, why) in told {
        let mut lines = run.stderr.lines().filter(|line| line.contains(url.as_str()));
        let last = lines.next_back().expect("it is told");
        assert!(last.contains("pushes of metrics did not reach"), "{}", run.stderr);
        assert!(last.ends_with(why), "{last}");
    }
    assert!(!run.stderr.contains(&well.url), "{}", run.stderr);
    let database = database.lock().expect("the database");
    assert_eq!(database.last("bankrun_http_reqs_total", &[]), 600.0);
}

#[test]
fn series_end_where_that_is_asked_for() {
    let (database, service) = receiver();
    let out = format!("prometheus={}", service.url);
    let run = Bankrun::new(&["--mode", "robust", "--race-window", "0", "-q", "--out", &out]);
    run.env("BANKRUN_PROMETHEUS_STALE_MARKERS", "true").run().code(0);
    let database = database.lock().expect("the database");
    for (labels, samples) in &database.0 {
        let last = samples.last().expect("a sample").value.to_bits();
        assert_eq!(last, 0x7ff0_0000_0000_0002, "{labels:?}");
    }
}

#[test]
fn what_cannot_be_pushed_to_is_refused_without_a_run() {
    let refused = |out: &str, variable: (&str, &str)| {
        let run = Bankrun::new(&["--mode", "robust", "--out", out]).env(variable.0, variable.1);
        let run = run.run().code(2);
        assert_eq!(run.stdout, "");
        run.stderr
    };
    let none = ("BANKRUN_PROMETHEUS_INTERVAL", "");
    let error = refused("prometheus=ftp://me:s3cr3t@host", none);
    assert!(error.contains("ftp:// is not supported") && !error.contains("s3cr3t"), "{error}");
    let error = refused("prometheus", ("BANKRUN_PROMETHEUS_INTERVAL", "often"));
    assert!(error.contains("BANKRUN_PROMETHEUS_INTERVAL is `often`"), "{error}");
    let error = refused("prometheus", ("BANKRUN_PROMETHEUS_TOKEN", "a\nb"));
    assert!(error.contains("BANKRUN_PROMETHEUS_TOKEN"), "{error}");
}
