use super::generator::history;
use super::oracle::explains;
use crate::verdict::checker::{Answer, Options, Outcome, check};

fn answer(holds: bool) -> Answer {
    if holds { Answer::Holds } else { Answer::Refuted }
}

/// How many random histories: more on demand.
fn cases() -> u64 {
    std::env::var("BANKRUN_CHECKER_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60_000)
}

#[test]
fn agrees_with_brute_force() {
    let (mut violations, mut uncertain, mut unknown) = (0, 0, 0);
    for seed in 0..cases() {
        let problem = history(seed, if seed % 50 == 0 { 8 } else { 6 });
        let serial = answer(explains(&problem, false));
        let linear = answer(serial == Answer::Holds && explains(&problem, true));
        let report = check(&problem, &Options::default());
        let told = (report.serializable, report.linearizable);
        violations += u64::from(linear == Answer::Refuted);
        uncertain +=
            u64::from(problem.ops.iter().any(|op| {
                !op.is_update() || matches!(op.outcome, Outcome::Info | Outcome::Rejected)
            }));
        assert_eq!(report.crashed, None, "seed {seed}: {problem:#?}");
        for part in &report.components {
            assert_eq!(
                (part.verified, &part.crashed),
                (Some(true), &None),
                "seed {seed}: {problem:#?} {part:#?}"
            );
        }
        let open = told.0 == Answer::Unknown || told.1 == Answer::Unknown;
        unknown += u64::from(open);
        let right = |told, truth| told == truth || told == Answer::Unknown;
        assert!(
            right(told.0, serial) && right(told.1, linear),
            "seed {seed}: told {told:?}, but {serial:?} {linear:?}\n{problem:#?}\n{report:#?}"
        );
    }
    let share = |count: u64| count * 100 / cases();
    assert!(share(violations) >= 30, "only {}% violations", share(violations));
    assert!(share(cases() - violations) >= 30, "only {}% fine", share(cases() - violations));
    assert!(share(uncertain) >= 30, "only {}% with reads, rejections, infos", share(uncertain));
    assert!(unknown * 1000 <= cases(), "{unknown} of {} undecided", cases());
}
