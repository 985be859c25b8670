use std::path::Path;

use bankrun::scenario::{Body, Executor, Scenario, Selection};

/// Nothing ships that is invalid or doubtful.
#[test]
fn every_shipped_scenario_is_valid() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the shipped scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let loaded = Scenario::load(&path, &Default::default())
                .unwrap_or_else(|problems| panic!("{problems}"));
            assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn the_binary_carries_the_deterministic_set() {
    let scenario = Scenario::shipped().expect("valid").scenario;
    assert_eq!(scenario.name, "deterministic three-user set");
    assert_eq!(scenario.seed, Some(1));
    let expected = [(1, 1500), (2, 1250), (3, 1000)];
    assert_eq!(scenario.expect.balances, expected.map(|(id, sum)| (id.into(), sum)).into());
    let counts: Vec<_> = scenario
        .workloads
        .iter()
        .map(|workload| match (&workload.executor, &workload.body) {
            (
                Executor::SharedIterations { vus: 10, iterations, .. },
                Body::Operations { selection: Selection::Count(counts), .. },
            ) => (*iterations, counts.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [(200, vec![100, 100]), (100, vec![50, 50]), (300, vec![200, 100])]);
}
