//! Every key a scenario may have, and where it belongs.

pub(super) const FILE: &[&str] =
    &["name", "seed", "target", "timeout", "accounts", "scenarios", "expect", "lua"];
pub(super) const OPTIONS: &[&str] = &[
    "name",
    "seed",
    "target",
    "timeout",
    "accounts",
    "scenarios",
    "expect",
    "vus",
    "iterations",
    "duration",
    "stages",
];
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
    "operations",
    "exec",
];
pub(super) const STAGE: &[&str] = &["duration", "target"];
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
        (WORKLOAD, "an entry under `scenarios`"),
        (STAGE, "an item of `stages`"),
        (OPERATION, "an item of `operations`"),
        (RETRY, "`retry`"),
        (EXPECT, "`expect`"),
    ];
    let (_, home) = homes.iter().find(|(keys, _)| *keys != here && keys.contains(&key))?;
    Some(format!("`{key}` belongs in {home}"))
}
