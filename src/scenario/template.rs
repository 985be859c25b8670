//! What `bankrun new` writes.

/// A scenario that runs at once and explains itself.
pub const SCENARIO: &str = include_str!("template/scenario.yaml");
/// The same as a script.
pub const SCRIPT: &str = include_str!("template/script.lua");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn the_template_is_valid() {
        let loaded = Scenario::from_yaml("new.yaml", SCENARIO).expect("valid");
        assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    }

    #[test]
    fn the_script_is_lua_and_its_options_are_valid() {
        use mlua::LuaSerdeExt;
        let lua = mlua::Lua::new();
        lua.globals().set("env", lua.create_table().expect("table")).expect("set");
        lua.load(SCRIPT).exec().expect("runs");
        let options: mlua::Value = lua.globals().get("options").expect("options");
        let options = lua.from_value(options).expect("json");
        let loaded = Scenario::from_options("new.lua", options).expect("valid");
        assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
        assert_eq!(loaded.scenario.workloads.len(), 2);
    }
}
