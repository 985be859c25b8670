//! `env`: what was given by `-e NAME=VALUE`, and the environment.

use super::Maker;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let variables =
        make.host.source.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    make.lua.globals().raw_set("env", make.lua.create_table_from(variables)?)
}
