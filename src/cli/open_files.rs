//! How many files may be open at a time: every virtual user holds a connection.

use std::num::NonZeroU32;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::output::eprint;
use crate::scenario::Scenario;

/// What a run holds open besides: the database, the terminal, the runtime.
const BESIDES: u64 = 100;

/// Raises the soft limit to the hard one. Where that is refused, it stays.
pub(super) fn raise_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Says so when the virtual users of the scenario may need more than there can
/// be. `built_in`: the other end of each connection is here, too.
pub(super) fn warn_of_limit(scenario: &Scenario, built_in: bool) {
    let Ok((limit, _)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if let Some(warning) = shortage(scenario, built_in, limit) {
        eprint(&warning);
    }
}

/// As many connections of clients as there can be; says so when these are fewer
/// than `wanted`.
pub(super) fn connections_within_limit(wanted: usize, pool_size: NonZeroU32) -> usize {
    let Ok((limit, _)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let besides = BESIDES + u64::from(pool_size.get());
    let possible = usize::try_from(limit.saturating_sub(besides)).unwrap_or(usize::MAX).max(1);
    if possible < wanted {
        let needed = wanted as u64 + besides;
        eprint(&format!(
            "warning: the limit of open files, {limit}, leaves room for {possible} connections; \
             raise it with `ulimit -n {needed}`\n"
        ));
    }
    wanted.min(possible)
}

fn shortage(scenario: &Scenario, built_in: bool, limit: u64) -> Option<String> {
    let vus: u64 = scenario.workloads.iter().map(|each| u64::from(each.executor.vus())).sum();
    let ends = if built_in { 2 } else { 1 };
    let needed = vus * ends + BESIDES;
    let both = if built_in { ", and the built-in server the other end of it" } else { "" };
    (needed > limit).then(|| {
        format!(
            "warning: {vus} VUs may need {needed} open files (each holds a connection{both}), and \
             the limit is {limit}; those beyond it cannot connect: raise it with `ulimit -n \
             {needed}`\n"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_count_where_both_are_here() {
        let file = "scenarios: {a: {executor: constant-vus, vus: 1000, duration: 1s, operations: \
                    [{balance: 1}]}}";
        let scenario = Scenario::from_yaml("a.yaml", file).expect("valid").scenario;
        assert_eq!(shortage(&scenario, false, 1100), None);
        assert_eq!(shortage(&scenario, true, 2100), None);
        let warning = shortage(&scenario, true, 1100).expect("too few");
        assert!(warning.contains("1000 VUs may need 2100 open files"), "{warning}");
    }
}
