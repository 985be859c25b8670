//! `exec`: who and where the script is. The state fills it in.

use mlua::Table;

use super::Maker;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<Table> {
    let exec = make.lua.create_table()?;
    exec.raw_set("vu", make.lua.create_table()?)?;
    exec.raw_set("scenario", make.lua.create_table()?)?;
    make.lua.globals().raw_set("exec", &exec)?;
    Ok(exec)
}
