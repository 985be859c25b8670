//! Every key a scenario may have, and where it belongs.

pub(super) const FILE: &[&str] =
    &["name", "seed", "target", "timeout", "accounts", "scenarios", "expect", "thresholds", "lua"];
pub(super) const OPTIONS: &[&str] = &[
    "name",
    "seed",
    "target",
    "timeout",
    "accounts",
    "scenarios",
    "expect",
    "thresholds",
    "vus",
    "iterations",
    "duration",
];
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

/// k6 spells the last two in its own way.
pub(super) const THRESHOLD: &[&str] =
    &["threshold", "abort_on_fail", "delay_abort_eval", "abortOnFail", "delayAbortEval"];

/// Where a key belongs that is not valid `here`.
pub(super) fn elsewhere(key: &str, here: &[&str]) -> Option<String> {
    let homes = [
        (FILE, "the top level"),
        (WORKLOAD, "an entry under `scenarios`"),
        (OPERATION, "an item of `operations`"),
        (RETRY, "`retry`"),
        (EXPECT, "`expect`"),
        (THRESHOLD, "an item of a threshold"),
    ];
    let (_, home) = homes.iter().find(|(keys, _)| *keys != here && keys.contains(&key))?;
    Some(format!("`{key}` belongs in {home}"))
}
