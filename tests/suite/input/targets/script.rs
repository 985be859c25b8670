use std::collections::BTreeMap;
use std::time::Duration;

use bankrun::scenario::Scenario;
use bankrun::script::{Limits, Script};

/// Little, so that what wants more is refused soon.
const LIMITS: Limits = Limits {
    memory: 4 * 1024 * 1024,
    computing: Duration::from_millis(50),
    caretaking: Duration::from_millis(50),
};

/// A Lua script, which is loaded and thereby run once at its top level.
pub fn target(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("any.lua");
    std::fs::write(&path, bytes).expect("written");
    match Script::load_within(&path, BTreeMap::new(), LIMITS) {
        Ok(script) => {
            if let Err(problems) = Scenario::from_options(script.name(), script.options().clone()) {
                assert!(!problems.to_string().is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    // It got no further than its own file.
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}
