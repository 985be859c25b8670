use bankrun::scenario::{Scenario, Threshold};
use serde_json::json;

use super::lines;

/// A metric with its tags, and on the next line what shall hold of it. What is
/// accepted is shown, read again, and is the same.
pub fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (metric, condition) = text.split_once('\n').unwrap_or((&text, "count>=0"));
    for threshold in of_a_script(metric, condition) {
        for condition in &threshold.conditions {
            let shown = (threshold.selector.to_string(), condition.to_string());
            let again = of_a_script(&shown.0, &shown.1);
            let [again] = &again[..] else { panic!("{shown:?} is not read, and was shown") };
            assert_eq!(again.selector, threshold.selector, "{shown:?}");
            assert_eq!(again.conditions, std::slice::from_ref(condition), "{shown:?}");
        }
    }
    in_a_file(metric, condition);
}

/// As the options of a script have it, which may make a metric of any name.
fn of_a_script(metric: &str, condition: &str) -> Vec<Threshold> {
    let options = json!({ "thresholds": { metric: [condition] } });
    match Scenario::from_options("any.lua", options) {
        Ok(loaded) => loaded.scenario.thresholds,
        Err(problems) => {
            assert!(problems.count() > 0);
            problems.render(false, 80);
            Vec::new()
        }
    }
}

/// In each of YAML's quotes and without them, so that mistakes have a place.
fn in_a_file(metric: &str, condition: &str) {
    let single = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let double = |text: &str| serde_json::Value::from(text).to_string();
    for (metric, condition) in [
        (single(metric), single(condition)),
        (double(metric), double(condition)),
        (metric.to_owned(), condition.to_owned()),
    ] {
        let text = format!(
            "scenarios: {{ s: {{ executor: shared-iterations, operations: [{{ balance: 1 }}] }} }}\n\
             thresholds:\n  {metric}: {condition}\n"
        );
        match Scenario::from_yaml("nowhere/any.yaml", &text) {
            Ok(loaded) => lines::check(&loaded.warnings, &text),
            Err(problems) => lines::check(&problems, &text),
        }
    }
}
