//! Every key a scenario may have, and where it belongs.

pub(super) const FILE: &[&str] =
    &["name", "seed", "target", "timeout", "http", "accounts", "scenarios", "expect", "lua"];
pub(super) const OPTIONS: &[&str] = &[
    "name",
    "seed",
    "target",
    "timeout",
    "http",
    "accounts",
    "scenarios",
    "expect",
    "vus",
    "iterations",
    "duration",
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
    "start_time",
    "graceful_stop",
    "retry",
    "operations",
    "exec",
];
pub(super) const OPERATION: &[&str] = &[
    "deposit", "withdraw", "transfer", "balance", "accounts", "account", "from", "to", "count",
    "weight", "think",
];
pub(super) const RETRY: &[&str] = &["attempts", "idempotency_key"];
pub(super) const EXPECT: &[&str] = &["balances", "total", "non_negative"];

/// Where a key belongs that is not valid `here`.
pub(super) fn elsewhere(key: &str, here: &[&str]) -> Option<String> {
    let homes = [
        (FILE, "the top level"),
        (HTTP, "`http`"),
        (BASIC, "`basic`"),
        (WORKLOAD, "an entry under `scenarios`"),
        (OPERATION, "an item of `operations`"),
        (RETRY, "`retry`"),
        (EXPECT, "`expect`"),
    ];
    let (_, home) = homes.iter().find(|(keys, _)| *keys != here && keys.contains(&key))?;
    Some(format!("`{key}` belongs in {home}"))
}
