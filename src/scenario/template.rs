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

    /// A `#` without a space before its text.
    fn uncommented(text: &str) -> String {
        let line = |line: &str| match line.trim_start().strip_prefix('#') {
            Some(example) if !example.is_empty() && !example.starts_with(' ') => {
                line.replacen('#', "", 1)
            }
            // Two spaces: a further line of an example.
            Some(example) if example.starts_with("  ") => line.replacen('#', "", 1),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_example_in_the_template_is_valid() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("people.csv"), "name\nann\n").expect("written");
        let file = folder.path().join("new.yaml").display().to_string();
        let (comment, examples) = SCENARIO.split_once("\nname:").expect("a name");
        assert!(comment.lines().all(|line| line.starts_with('#')));
        let text = uncommented(&format!("name:{examples}"));
        let loaded = Scenario::from_yaml(&file, &text).unwrap_or_else(|found| panic!("{found}"));
        let scenario = loaded.scenario;
        assert_eq!(scenario.workloads.len(), 3);
        assert_eq!((scenario.operations.len(), scenario.setup.len()), (1, 1));
        assert!(scenario.target.is_some() && scenario.read.is_some());
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
