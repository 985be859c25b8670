//! Names of k6 that are other names here, or none: what to write instead.

/// For a key of k6's options that is unknown here, be it `in_http`.
pub(super) fn key(name: &str, in_http: bool) -> Option<String> {
    let under_http = |ours: &str| match in_http {
        true => format!("here it is `{ours}`"),
        false => format!("here it is `{ours}` under `http`"),
    };
    Some(match name {
        "userAgent" => under_http("user_agent"),
        "maxRedirects" => under_http("redirects"),
        "noConnectionReuse" => under_http("no_connection_reuse"),
        "noVUConnectionReuse" => under_http("no_vu_connection_reuse"),
        "noCookiesReset" => under_http("keep_cookies"),
        "insecureSkipTLSVerify" => {
            "`--insecure-skip-tls-verify` on the command line does it".into()
        }
        "httpDebug" => "`--http-debug` on the command line does it".into(),
        "rps" => "the executor `constant-arrival-rate` keeps a rate".into(),
        "setupTimeout" | "teardownTimeout" => {
            "`setup` and `teardown` may take a minute each; leave it out".into()
        }
        "env" => "`-e NAME=VALUE` gives variables, and `exec.scenario.name` tells who asks".into(),
        _ if WITHOUT.contains(&name) => "k6 has it, and bankrun does not; leave it out".into(),
        _ => return None,
    })
}

/// Options of k6 that nothing here stands in for.
const WITHOUT: &[&str] = &[
    "batch",
    "batchPerHost",
    "blacklistIPs",
    "blockHostnames",
    "cloud",
    "discardResponseBodies",
    "dns",
    "ext",
    "hosts",
    "linger",
    "localIPs",
    "minIterationDuration",
    "noUsageReport",
    "paused",
    "summaryTimeUnit",
    "summaryTrendStats",
    "systemTags",
    "throw",
    "tlsAuth",
    "tlsCipherSuites",
    "tlsVersion",
];

/// For a metric of k6's own that is not measured here.
pub(super) fn metric(name: &str) -> Option<&'static str> {
    match name {
        "http_req_blocked"
        | "http_req_connecting"
        | "http_req_tls_handshaking"
        | "http_req_sending"
        | "http_req_waiting"
        | "http_req_receiving" => {
            Some("k6 measures it, bankrun does not; `http_req_duration` is the whole of a request.")
        }
        "data_sent" | "data_received" => Some("k6 measures it, bankrun does not."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;
    use serde_json::json;

    #[test]
    fn who_comes_from_k6_is_told_what_to_write() {
        let options =
            json!({ "vus": 2, "userAgent": "me", "rps": 5, "throw": true, "maxRedirects": 4 });
        let told = Scenario::from_options("s.lua", options).expect_err("unknown").to_string();
        for hint in [
            "here it is `user_agent` under `http`",
            "here it is `redirects` under `http`",
            "the executor `constant-arrival-rate` keeps a rate",
            "k6 has it, and bankrun does not; leave it out",
        ] {
            assert!(told.contains(hint), "{hint}: {told}");
        }
        let options = json!({ "thresholds": { "http_req_waiting": "avg<1" } });
        let loaded = Scenario::from_options("s.lua", options).expect("a warning alone");
        let told = loaded.warnings.to_string();
        assert!(told.contains("`http_req_duration` is the whole of a request"), "{told}");
    }
}
