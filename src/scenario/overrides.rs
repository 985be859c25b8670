//! k6's options for the load, given from outside of the file: they stand over
//! what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use super::executor::{Executor, GRACEFUL_RAMP_DOWN, MAX_DURATION, Stage};
use super::fault::Fault;
use super::types::{Action, Body, Expect, Scenario, Selection, SetAside, Workload};

/// How much, how long, by how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    pub vus: Option<u32>,
    pub iterations: Option<u64>,
    pub duration: Option<Duration>,
    pub stages: Vec<Stage>,
}

impl LoadOptions {
    pub fn is_empty(&self) -> bool {
        self.vus.is_none() && !self.replaces()
    }

    /// These options where they say something, else those `below`. One kind of
    /// work given here leaves nothing of another kind given there, as in k6.
    pub fn over(self, below: Self) -> Self {
        let vus = self.vus.or(below.vus);
        if self.replaces() { Self { vus, ..self } } else { Self { vus, ..below } }
    }

    /// Options that contradict each other.
    pub fn check(&self) -> Result<(), String> {
        let other = match (self.iterations, self.duration) {
            _ if self.stages.is_empty() => return Ok(()),
            (Some(_), _) => "iterations",
            (None, Some(_)) => "duration",
            (None, None) => return Ok(()),
        };
        Err(format!("stages and {other} exclude each other: give one of them"))
    }

    /// Whether executors are replaced, not only their virtual users.
    fn replaces(&self) -> bool {
        self.iterations.is_some() || self.duration.is_some() || !self.stages.is_empty()
    }

    /// What becomes of a workload's executor; `None`: nothing.
    fn apply(&self, workload: &Workload) -> Option<Executor> {
        let old = &workload.executor;
        if !self.stages.is_empty() {
            let graceful_ramp_down = match old {
                Executor::RampingVus { graceful_ramp_down, .. } => *graceful_ramp_down,
                _ => GRACEFUL_RAMP_DOWN,
            };
            let (start_vus, stages) = (self.vus.unwrap_or(1), self.stages.clone());
            return Some(Executor::RampingVus { start_vus, stages, graceful_ramp_down });
        }
        let vus = self.vus.unwrap_or_else(|| usual_vus(old));
        match (self.iterations, self.duration) {
            (Some(iterations), max_duration) => Some(Executor::SharedIterations {
                vus: at_most(vus, iterations),
                iterations,
                max_duration: max_duration.unwrap_or(MAX_DURATION),
            }),
            (None, Some(duration)) => Some(Executor::ConstantVus { vus, duration }),
            // A script that says nothing runs once; asked for VUs, once for each.
            (None, None) => match (old, &workload.body) {
                (
                    Executor::SharedIterations { iterations: 1, max_duration, .. },
                    Body::Function(_),
                ) => Some(Executor::SharedIterations {
                    vus,
                    iterations: vus.into(),
                    max_duration: *max_duration,
                }),
                _ => with_vus(old, vus),
            },
        }
    }
}

/// So many, where an executor has a number of virtual users that can be changed.
fn with_vus(old: &Executor, vus: u32) -> Option<Executor> {
    match *old {
        Executor::SharedIterations { iterations, max_duration, .. } => {
            let vus = at_most(vus, iterations);
            Some(Executor::SharedIterations { vus, iterations, max_duration })
        }
        Executor::PerVuIterations { iterations, max_duration, .. } => {
            Some(Executor::PerVuIterations { vus, iterations, max_duration })
        }
        Executor::ConstantVus { duration, .. } => Some(Executor::ConstantVus { vus, duration }),
        _ => None,
    }
}

/// Nobody shares less than one iteration.
fn at_most(vus: u32, iterations: u64) -> u32 {
    u32::try_from(iterations).map_or(vus, |most| vus.min(most))
}

fn usual_vus(executor: &Executor) -> u32 {
    match executor {
        Executor::ConstantArrivalRate { pool, .. } | Executor::RampingArrivalRate { pool, .. } => {
            pool.pre_allocated.max(1)
        }
        other => other.vus(),
    }
}

impl Scenario {
    /// Puts the options in place of what the file says, for every workload.
    /// What it expects and no longer can is set aside. Returns what was changed,
    /// a line each, for a person.
    pub fn override_load(&mut self, options: &LoadOptions) -> Vec<String> {
        let mut notes = Vec::new();
        let mut reworked = Vec::new();
        for workload in &mut self.workloads {
            let Some(new) = options.apply(workload) else {
                let (name, executor) = (&workload.name, workload.executor.name());
                notes.push(format!("{name}: VUs do not fit `{executor}`; it stays as it is"));
                continue;
            };
            if new == workload.executor {
                continue;
            }
            let (name, old) = (&workload.name, &workload.executor);
            notes.push(format!("{name}: {new}, where the file says {old}"));
            if options.vus.is_some_and(|vus| new.vus() < vus) && !new.varies_vus() {
                notes.push(format!("{name}: there is no work for more VUs than {}", new.vus()));
            }
            if replace(workload, new) {
                reworked.push(workload.body.clone());
            }
        }
        self.expect.set_aside(&reworked, options);
        let end = format_duration(self.end());
        notes.extend(self.faults_too_late().map(|Fault { place, kind, .. }| {
            format!("{place}: `{kind}` does not come, or not each time: the run ends after {end}")
        }));
        notes
    }
}

/// Puts the executor in place; counts that it cannot keep become weights in the
/// same proportion. Returns whether other work is done than before.
fn replace(workload: &mut Workload, new: Executor) -> bool {
    let old = std::mem::replace(&mut workload.executor, new);
    let new = &workload.executor;
    let alike = old.name() == new.name();
    let same = old.iterations() == new.iterations();
    if let Body::Operations { selection, .. } = &mut workload.body
        && let Selection::Count(counts) = selection
    {
        let kept = alike && (same || matches!(new, Executor::PerVuIterations { .. }));
        if !kept {
            *selection = Selection::Weight(weights(counts));
        }
        return !(kept && same);
    }
    // Where time was the end, nobody could count on a number.
    old.iterations().is_some() && !same
}

fn weights(counts: &[u64]) -> Vec<u32> {
    let most = counts.iter().copied().max().unwrap_or(0);
    let divisor = most / u64::from(u32::MAX) + 1;
    counts.iter().map(|count| (count / divisor).clamp(1, u32::MAX.into()) as u32).collect()
}

impl Expect {
    /// Takes back what is stated of accounts on which these bodies work.
    fn set_aside(&mut self, reworked: &[Body], options: &LoadOptions) {
        let mut balances = BTreeMap::new();
        let mut total = None;
        for body in reworked {
            let Body::Operations { operations, .. } = body else {
                // Nobody knows what a function moves.
                balances.append(&mut self.balances);
                total = total.or(self.total.take());
                continue;
            };
            for action in operations.iter().map(|operation| &operation.action) {
                for account in action.accounts() {
                    balances.extend(self.balances.remove_entry(account));
                }
                let moves_within = matches!(
                    action,
                    Action::Transfer { .. } | Action::Balance { .. } | Action::Accounts
                );
                if !moves_within {
                    total = total.or(self.total.take());
                }
            }
        }
        if !balances.is_empty() || total.is_some() {
            let by = options.to_string().trim_start().to_owned();
            self.set_aside = Some(SetAside { balances, total, by });
        }
    }
}

/// As arguments of the command line, each with a space before it.
impl fmt::Display for LoadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(vus) = self.vus {
            write!(f, " --vus {vus}")?;
        }
        if let Some(iterations) = self.iterations {
            write!(f, " --iterations {iterations}")?;
        }
        if let Some(duration) = self.duration {
            write!(f, " --duration {}", compact(duration))?;
        }
        for stage in &self.stages {
            write!(f, " --stage {}:{}", compact(stage.duration), stage.target)?;
        }
        Ok(())
    }
}

/// `1m30s`: one word.
fn compact(duration: Duration) -> String {
    format_duration(duration).to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
accounts: { 1: 1000, 2: 1000, 3: 1000 }
scenarios:
  a:
    executor: shared-iterations
    vus: 10
    operations:
      - { deposit: 10, account: 1, count: 100 }
      - { withdraw: 5, account: 1, count: 50 }
  b:
    executor: per-vu-iterations
    vus: 2
    operations: [{ transfer: 5, from: 2, to: 3, count: 3 }]
  c:
    executor: constant-arrival-rate
    rate: 5
    duration: 1s
    pre_allocated_vus: 4
    operations: [{ balance: 3 }]
expect: { balances: { 1: 1750, 2: 970, 3: 1030 }, total: 3750 }
";

    fn overridden(options: &LoadOptions) -> (Scenario, Vec<String>) {
        let mut scenario = Scenario::from_yaml("a.yaml", FILE).expect("valid").scenario;
        let notes = scenario.override_load(options);
        (scenario, notes)
    }

    fn vus(vus: u32) -> LoadOptions {
        LoadOptions { vus: Some(vus), ..LoadOptions::default() }
    }

    fn executors(scenario: &Scenario) -> Vec<String> {
        scenario.workloads.iter().map(|workload| workload.executor.to_string()).collect()
    }

    #[test]
    fn vus_alone_change_what_has_a_number_of_them() {
        let (scenario, notes) = overridden(&vus(200));
        assert_eq!(
            executors(&scenario),
            [
                "150 iterations shared by 150 VUs",
                "3 iterations for each of 200 VUs",
                "5 iterations per second for 1s, run by 4 VUs"
            ]
        );
        assert_eq!(
            notes,
            [
                "a: 150 iterations shared by 150 VUs, where the file says 150 iterations shared by \
                 10 VUs",
                "a: there is no work for more VUs than 150",
                "b: 3 iterations for each of 200 VUs, where the file says 3 iterations for each of \
                 2 VUs",
                "c: VUs do not fit `constant-arrival-rate`; it stays as it is"
            ]
        );
        // Account 1 is worked on as before; transfers leave the total as it is.
        assert_eq!(scenario.expect.balances.keys().collect::<Vec<_>>(), [&1.into()]);
        assert_eq!(scenario.expect.total, Some(3750));
        let set_aside = scenario.expect.set_aside.expect("set aside");
        assert_eq!(set_aside.balances, [(2.into(), 970), (3.into(), 1030)].into());
        assert_eq!((set_aside.total, set_aside.by.as_str()), (None, "--vus 200"));
    }

    #[test]
    fn a_script_that_says_nothing_runs_once_for_each_vu() {
        let options = serde_json::Value::Null;
        let mut script = Scenario::from_options("a.lua", options).expect("valid").scenario;
        script.override_load(&vus(5));
        assert_eq!(executors(&script), ["5 iterations shared by 5 VUs"]);
    }

    #[test]
    fn a_time_replaces_counts_by_weights_and_sets_aside_what_was_counted_on() {
        let duration = Some(Duration::from_secs(90));
        let (scenario, _) = overridden(&LoadOptions { duration, ..LoadOptions::default() });
        assert_eq!(
            executors(&scenario),
            ["10 VUs for 1m 30s", "2 VUs for 1m 30s", "4 VUs for 1m 30s"]
        );
        let Body::Operations { selection, .. } = &scenario.workloads[0].body else {
            panic!("operations")
        };
        assert_eq!(selection, &Selection::Weight(vec![100, 50]));
        assert_eq!((scenario.expect.balances.len(), scenario.expect.total), (0, None));
        let set_aside = scenario.expect.set_aside.expect("set aside");
        assert_eq!((set_aside.balances.len(), set_aside.total), (3, Some(3750)));
        assert_eq!(set_aside.by, "--duration 1m30s");
    }

    #[test]
    fn as_many_iterations_as_were_counted_are_those_that_were_counted() {
        let options = LoadOptions { iterations: Some(150), ..vus(3) };
        let (scenario, _) = overridden(&options);
        let Body::Operations { selection, .. } = &scenario.workloads[0].body else {
            panic!("operations")
        };
        assert_eq!(selection, &Selection::Count(vec![100, 50]));
        assert_eq!(scenario.expect.balances.get(&1.into()), Some(&1750));
        assert_eq!(executors(&scenario)[1], "150 iterations shared by 3 VUs");
    }

    #[test]
    fn stages_ramp() {
        let stages = vec![Stage { duration: Duration::from_secs(10), target: 5 }];
        let options = LoadOptions { stages, ..LoadOptions::default() };
        assert_eq!(executors(&overridden(&options).0)[0], "VUs from 1 to 5 in 10s");
        assert_eq!(options.to_string(), " --stage 10s:5");
        let both = LoadOptions { iterations: Some(1), ..options };
        assert!(both.check().is_err());
    }

    #[test]
    fn what_is_nearer_stands_over_what_is_farther() {
        let iterations = |count| LoadOptions { iterations: Some(count), ..LoadOptions::default() };
        let duration = Some(Duration::from_secs(1));
        let below = LoadOptions { duration, ..vus(2) };
        let merged = iterations(5).over(below.clone());
        assert_eq!(merged, LoadOptions { iterations: Some(5), ..vus(2) });
        assert_eq!(vus(3).over(below.clone()), LoadOptions { duration, ..vus(3) });
        assert_eq!(LoadOptions::default().over(below.clone()), below);
        assert!(LoadOptions::default().is_empty() && !below.is_empty());
    }

    #[test]
    fn faults_that_come_after_another_end_are_told() {
        let text = "
scenarios: { a: { executor: constant-vus, duration: 10s, operations: [{ balance: 1 }] } }
faults:
  - { at: 1s, cut: connections }
  - { at: 2s, kill: database, every: 1s, times: 5 }
  - { at: 8s, stop: database, for: 1s }
";
        let mut scenario = Scenario::from_yaml("a.yaml", text).expect("valid").scenario;
        let duration = Some(Duration::from_secs(5));
        let options = LoadOptions { duration, ..LoadOptions::default() };
        let notes = scenario.override_load(&options);
        assert_eq!(
            notes[1..],
            [
                "a.yaml:5: `kill database` does not come, or not each time: the run ends after 5s",
                "a.yaml:6: `stop database` does not come, or not each time: the run ends after 5s",
            ]
        );
    }

    #[test]
    fn huge_counts_become_weights_that_fit() {
        assert_eq!(weights(&[2, 1]), [2, 1]);
        let weights = weights(&[u64::MAX, u64::MAX / 2, 1]);
        assert!(weights[0] > u32::MAX - 10 && weights[2] == 1);
        assert!(weights[0].abs_diff(weights[1] * 2) < 3);
    }
}
