use super::load::Loaded;
use super::problem::Problems;
use super::types::Scenario;

const SOURCE: &str = "scenarios/deterministic.yaml";
const TEXT: &str = include_str!("../../scenarios/deterministic.yaml");

impl Scenario {
    /// The deterministic three-user set, carried in the binary.
    pub fn shipped() -> Result<Loaded, Problems> {
        Self::from_yaml(SOURCE, TEXT)
    }
}
