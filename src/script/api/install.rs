use mlua::Table;

use super::{
    Maker, bank, barrier, check, data, env, exec, expect, http, json, log, metrics, operation,
    random, strings, time,
};

/// Makes the tables and functions of this version. Returns `exec`, whose
/// numbers change from iteration to iteration.
pub(in crate::script) fn install(make: &Maker<'_>) -> mlua::Result<Table> {
    // Others look for it there.
    strings::install(make)?;
    bank::install(make)?;
    barrier::install(make)?;
    check::install(make)?;
    data::install(make)?;
    env::install(make)?;
    expect::install(make)?;
    http::install(make)?;
    json::install(make)?;
    log::install(make)?;
    metrics::install(make)?;
    operation::install(make)?;
    random::install(make)?;
    time::install(make)?;
    exec::install(make)
}
