//! Every key a scenario may have, and where it belongs.

use super::k6;

pub(super) const FILE: &[&str] = &[
    "name",
    "seed",
    "scale",
    "target",
    "timeout",
    "settle",
    "http",
    "accounts",
    "scenarios",
    "expect",
    "thresholds",
    "lua",
    "include",
    "variables",
    "data",
    "operations",
    "reset",
    "read",
    "setup",
    "teardown",
    "invariants",
    "faults",
];
pub(super) const OPTIONS: &[&str] = &[
    "name",
    "seed",
    "scale",
    "target",
    "timeout",
    "http",
    "accounts",
    "scenarios",
    "expect",
    "thresholds",
    "vus",
    "iterations",
    "duration",
    "stages",
];
pub(super) const HTTP: &[&str] = &[
    "headers",
    "bearer",
    "basic",
    "redirects",
    "cookies",
    "keep_cookies",
    "no_connection_reuse",
    "no_vu_connection_reuse",
    "move_connections",
    "user_agent",
    "connect_timeout",
];
pub(super) const BASIC: &[&str] = &["user", "password"];
pub(super) const WORKLOAD: &[&str] = &[
    "executor",
    "vus",
    "iterations",
    "duration",
    "max_duration",
    "stages",
    "start_vus",
    "graceful_ramp_down",
    "rate",
    "start_rate",
    "time_unit",
    "pre_allocated_vus",
    "max_vus",
    "start_time",
    "graceful_stop",
    "retry",
    "tags",
    "operations",
    "exec",
];
pub(super) const STAGE: &[&str] = &["duration", "target"];
pub(super) const OPERATION: &[&str] = &[
    "deposit", "withdraw", "transfer", "balance", "accounts", "account", "from", "to", "count",
    "weight", "think", "tags",
];
pub(super) const DECLARED: &[&str] = &[
    "request", "ok", "rejected", "failed", "unknown", "effect", "capture", "checks", "resolve",
    "tags",
];
/// All keys of an operation of a workload, without the names of declared ones.
pub(super) const STEP: &[&str] = &[
    "deposit", "withdraw", "transfer", "balance", "accounts", "account", "from", "to", "count",
    "weight", "think", "tags", "request", "name", "ok", "rejected", "failed", "unknown", "effect",
    "capture", "checks", "resolve",
];
pub(super) const REQUEST: &[&str] =
    &["method", "path", "query", "headers", "json", "form", "body", "timeout"];
/// What an answer can be held against, as `ok`, `rejected`, `failed`, `unknown` and `applied` do.
pub(super) const EXPECTED: &[&str] = &[
    "status", "body", "duration", "jsonpath", "header", "==", "!=", "<", "<=", ">", ">=",
    "contains", "matches", "exists",
];
/// The same, by name, with what a failure does.
pub(super) const CHECK: &[&str] = &[
    "status", "body", "duration", "jsonpath", "header", "==", "!=", "<", "<=", ">", ">=",
    "contains", "matches", "exists", "fail",
];
pub(super) const EFFECT: &[&str] = &["account", "delta", "balance", "to", "to_balance"];
pub(super) const CAPTURE: &[&str] = &["jsonpath", "header", "regex"];
pub(super) const RESOLVE: &[&str] = &["request", "applied", "balance", "to_balance"];
pub(super) const RESET: &[&str] = &["request"];
pub(super) const READ: &[&str] = &["request", "balance", "balances"];
pub(super) const BALANCES: &[&str] = &["each", "account", "balance"];
pub(super) const DATA: &[&str] = &["file", "order"];
pub(super) const INVARIANT: &[&str] = &["that", "every"];
pub(super) const FAULT: &[&str] =
    &["at", "kill", "stop", "cut", "slow", "to", "for", "by", "every", "times"];
pub(super) const RETRY: &[&str] = &["attempts", "idempotency_key"];
/// An account at the start, where there is more to say of it than its balance.
pub(super) const ACCOUNT: &[&str] = &["balance", "minimum"];
pub(super) const EXPECT: &[&str] = &["balances", "total", "non_negative"];

/// k6 spells the last two in its own way.
pub(super) const THRESHOLD: &[&str] =
    &["threshold", "abort_on_fail", "delay_abort_eval", "abortOnFail", "delayAbortEval"];

/// Where a key belongs that is not valid `here`.
pub(super) fn elsewhere(key: &str, here: &[&str]) -> Option<String> {
    let homes = [
        (FILE, "the top level"),
        (HTTP, "`http`"),
        (BASIC, "`basic`"),
        (WORKLOAD, "an entry under `scenarios`"),
        (STAGE, "an item of `stages`"),
        (OPERATION, "an item of a scenario's `operations`"),
        (RETRY, "`retry`"),
        (FAULT, "an item of `faults`"),
        (REQUEST, "`request`"),
        (DECLARED, "an operation under `operations`"),
        (EFFECT, "`effect`"),
        (READ, "`read`"),
        (RESOLVE, "`resolve`"),
        (CAPTURE, "an entry of `capture`"),
        (EXPECTED, "`ok`, `rejected`, `failed`, `unknown` or a check"),
        (CHECK, "an entry of `checks`"),
        (EXPECT, "`expect`"),
        (ACCOUNT, "an entry of `accounts`"),
        (THRESHOLD, "an item of a threshold"),
    ];
    let home = homes.iter().find(|(keys, _)| *keys != here && keys.contains(&key));
    home.map(|(_, home)| format!("`{key}` belongs in {home}"))
        .or_else(|| k6::key(key, here == HTTP))
}

/// The key that other tools call so.
pub(super) fn meant(key: &str, here: &[&str]) -> Option<&'static str> {
    const MEANT: &[(&str, &str)] = &[
        ("url", "path"),
        ("uri", "path"),
        ("endpoint", "path"),
        ("verb", "method"),
        ("params", "query"),
        ("data", "json"),
        ("payload", "body"),
        ("amount", "delta"),
        ("change", "delta"),
        ("success", "ok"),
        ("expect", "ok"),
        ("failure", "failed"),
        ("fail", "failed"),
        ("error", "failed"),
        ("errors", "failed"),
        ("conflict", "failed"),
        ("declined", "rejected"),
        ("extract", "capture"),
        ("save", "capture"),
        ("assert", "checks"),
        ("check", "checks"),
        ("equals", "=="),
        ("eq", "=="),
        ("min", ">="),
        ("max", "<="),
        ("regexp", "regex"),
        ("pattern", "matches"),
        ("sleep", "think"),
        ("balance", "balances"),
        ("users", "vus"),
        ("steps", "operations"),
        ("when", "at"),
        ("time", "at"),
        ("after", "at"),
        ("duration", "for"),
        ("delay", "by"),
        ("latency", "by"),
        ("freeze", "stop"),
        ("pause", "stop"),
        ("restart", "kill"),
        ("crash", "kill"),
        ("disconnect", "cut"),
        ("between", "to"),
        ("interval", "every"),
        ("repeat", "times"),
        ("count", "times"),
    ];
    let found = |(other, ours): &&(&str, &str)| *other == key && here.contains(ours);
    MEANT.iter().find(found).map(|(_, ours)| *ours)
}

/// Whether a template can name it.
pub(super) fn is_variable(name: &str) -> bool {
    let word = |char: char| char == '_' || char.is_ascii_alphanumeric();
    !name.is_empty()
        && name.chars().all(word)
        && !name.starts_with(|char: char| char.is_ascii_digit())
}
