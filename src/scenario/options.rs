use std::path::Path;

use serde_json::Value as Json;

use super::load::{Loaded, conclude};
use super::problem::Problems;
use super::reader::{Dialect, Reader};
use super::types::Scenario;
use super::{document, json};

impl Scenario {
    /// Reads the `options` of a script, which have the shape of a scenario
    /// file. `source` is the script's path. There is no text to point into;
    /// problems name the place: `scenarios.user-1.vus`.
    pub fn from_options(source: &str, options: Json) -> Result<Loaded, Problems> {
        let mut reader = Reader::new(Dialect::Script, source, "");
        let options = if options.is_null() { Json::Object(Default::default()) } else { options };
        let node = json::tree(options, &mut reader);
        let stem = Path::new(source).file_stem().map(|stem| stem.to_string_lossy());
        let scenario = document::read(&node, &stem.unwrap_or(source.into()), &mut reader);
        conclude(scenario, reader)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::scenario::{Body, Executor, Stage, Workload};

    fn workloads(options: Json) -> Vec<Workload> {
        Scenario::from_options("custom.lua", options).expect("valid options").scenario.workloads
    }

    fn complaint(options: Json) -> String {
        Scenario::from_options("custom.lua", options).expect_err("invalid options").to_string()
    }

    #[test]
    fn nothing_given_is_one_iteration() {
        for options in [json!(null), json!([]), json!({}), json!({ "scenarios": [] })] {
            let workloads = workloads(options);
            let max_duration = Duration::from_secs(600);
            let executor = Executor::SharedIterations { vus: 1, iterations: 1, max_duration };
            assert_eq!(workloads.len(), 1);
            assert_eq!(workloads[0].executor, executor);
            assert_eq!(workloads[0].name, "default");
            assert_eq!(workloads[0].body, Body::Function("default".into()));
        }
    }

    #[test]
    fn shortcuts_mean_what_they_mean_in_k6() {
        let executor = |options| workloads(options).remove(0).executor;
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert_eq!(
            executor(json!({ "vus": 5, "iterations": 20 })),
            Executor::SharedIterations { vus: 5, iterations: 20, max_duration: minutes(10) }
        );
        assert_eq!(
            executor(json!({ "vus": 5, "iterations": 20, "duration": "1m" })),
            Executor::SharedIterations { vus: 5, iterations: 20, max_duration: minutes(1) }
        );
        assert_eq!(
            executor(json!({ "vus": 5, "duration": "2m" })),
            Executor::ConstantVus { vus: 5, duration: minutes(2) }
        );
        assert_eq!(
            executor(json!({ "vus": 5 })),
            Executor::SharedIterations { vus: 5, iterations: 5, max_duration: minutes(10) }
        );
        let stages = json!([{ "duration": "1m", "target": 5 }, { "duration": 0, "target": 0 }]);
        assert_eq!(
            executor(json!({ "vus": 2, "stages": stages })),
            Executor::RampingVus {
                start_vus: 2,
                stages: vec![
                    Stage { duration: minutes(1), target: 5 },
                    Stage { duration: Duration::ZERO, target: 0 },
                ],
                graceful_ramp_down: Duration::from_secs(30),
            }
        );
        let both = json!({ "duration": "1m", "stages": stages });
        assert!(complaint(both).contains("`stages` and `duration` exclude each other"));
        assert!(complaint(json!({ "vus": 9, "iterations": 3 })).contains("9 VUs are more than"));
    }

    #[test]
    fn a_table_of_numbers_is_a_list_and_a_mapping() {
        let options = json!({ "accounts": [1000, 500.0], "expect": { "balances": [1000, 500] } });
        let scenario = Scenario::from_options("a.lua", options).expect("valid").scenario;
        assert_eq!(scenario.accounts.expect("accounts")[&2.into()], 500);
        assert_eq!(scenario.expect.balances[&1.into()], 1000);
    }

    #[test]
    fn workloads_run_functions() {
        let options = json!({ "scenarios": {
            "a": { "executor": "constant-vus", "vus": 2, "duration": "1s", "exec": "pay" },
            "b": { "executor": "per-vu-iterations" },
        }});
        let bodies: Vec<Body> = workloads(options).into_iter().map(|each| each.body).collect();
        assert_eq!(bodies, [Body::Function("pay".into()), Body::Function("default".into())]);
    }

    #[test]
    fn problems_name_the_place() {
        let options = json!({
            "scenarios": { "a": { "executor": "constant-vus", "vus": "two", "duration": "1s" } },
            "accounts": [10.5],
            "treshold": 1,
        });
        insta::assert_snapshot!(complaint(options));
        let both = json!({ "vus": 1, "scenarios": { "a": { "executor": "per-vu-iterations" } } });
        assert!(complaint(both).contains("`vus` and `scenarios` exclude each other"));
        let operations = json!({ "scenarios": { "a": {
            "executor": "per-vu-iterations", "operations": [{ "deposit": 1, "account": 1 }],
        }}});
        assert!(complaint(operations).contains("`operations` belong in a YAML file"));
    }

    #[test]
    fn depth_ends_in_an_error() {
        let mut options = json!({});
        for _ in 0..200 {
            options = json!([options]);
        }
        assert!(complaint(options).contains("nested too deeply"));
    }
}
