use std::time::Duration;

use super::draw;
use crate::scenario::{FaultKind, Scenario};

/// Tells the streams of faults from those of workloads and data.
const FAULTS: u64 = u64::MAX - 1;

/// A fault with its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// Its position in the plan, from 0.
    pub number: usize,
    pub kind: FaultKind,
    /// After the first iterations begin.
    pub at: Duration,
    pub lasts: Duration,
}

/// The faults of a run, in the order of their moments.
pub fn faults(scenario: &Scenario, seed: u64) -> Vec<PlannedFault> {
    let mut planned = Vec::new();
    for (index, fault) in (0..).zip(&scenario.faults) {
        let mut random = draw::stream(seed, &[FAULTS, index]);
        let mut at = fault.at.draw(&mut random);
        for _ in 0..fault.times {
            let lasts = fault.lasts.draw(&mut random);
            planned.push(PlannedFault { number: 0, kind: fault.kind, at, lasts });
            at = at.saturating_add(fault.every.draw(&mut random));
        }
    }
    // Stable: of those that are due together the file has the order.
    planned.sort_by_key(|fault| fault.at);
    for (number, fault) in planned.iter_mut().enumerate() {
        fault.number = number;
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: &str = "
scenarios: { a: { executor: constant-vus, duration: 1h, operations: [{ balance: 1 }] } }
faults:
  - { at: 9s, cut: connections }
  - { at: 1s..3s, kill: database, for: 100ms..300ms, every: 1s..2s, times: 3 }
  - { at: 9s, stop: database, for: 1s }
";

    fn planned(seed: u64) -> Vec<PlannedFault> {
        faults(&Scenario::from_yaml("a.yaml", ENDS).expect("valid").scenario, seed)
    }

    #[test]
    fn the_seed_decides_on_the_moments() {
        assert_eq!(planned(7), planned(7));
        assert_ne!(planned(7), planned(8));
    }

    #[test]
    fn moments_are_within_their_ranges_and_in_order() {
        for seed in 0..200 {
            let planned = planned(seed);
            assert_eq!(
                planned.iter().map(|fault| fault.number).collect::<Vec<_>>(),
                [0, 1, 2, 3, 4]
            );
            assert!(planned.is_sorted_by_key(|fault| fault.at), "{planned:?}");
            let within = |duration: Duration, from, to| {
                (Duration::from_millis(from)..=Duration::from_millis(to)).contains(&duration)
            };
            let kills: Vec<_> =
                planned.iter().filter(|fault| fault.kind == FaultKind::KillDatabase).collect();
            assert_eq!(kills.len(), 3);
            assert!(within(kills[0].at, 1000, 3000), "{planned:?}");
            for pair in kills.windows(2) {
                assert!(within(pair[1].at - pair[0].at, 1000, 2000), "{planned:?}");
            }
            assert!(kills.iter().all(|fault| within(fault.lasts, 100, 300)), "{planned:?}");
        }
    }

    #[test]
    fn what_is_due_together_has_the_order_of_the_file() {
        let late: Vec<String> = planned(1)
            .iter()
            .filter(|fault| fault.at == Duration::from_secs(9))
            .map(|fault| fault.kind.to_string())
            .collect();
        assert_eq!(late, ["cut connections to database", "stop database"]);
    }
}
