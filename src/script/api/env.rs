//! `env`: what was given by `-e NAME=VALUE`, and the environment. k6 calls it
//! `__ENV`.

use super::Maker;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let variables =
        make.host.source.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let env = make.lua.create_table_from(variables)?;
    make.lua.globals().raw_set("__ENV", &env)?;
    make.lua.globals().raw_set("env", env)
}
