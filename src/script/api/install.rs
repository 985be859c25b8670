use mlua::Table;

use super::{Maker, bank, check, env, exec, http, json, log, random, time};

/// Makes the tables and functions of this version. Returns `exec`, whose
/// numbers change from iteration to iteration.
pub(in crate::script) fn install(make: &Maker<'_>) -> mlua::Result<Table> {
    bank::install(make)?;
    check::install(make)?;
    env::install(make)?;
    http::install(make)?;
    json::install(make)?;
    log::install(make)?;
    random::install(make)?;
    time::install(make)?;
    exec::install(make)
}
