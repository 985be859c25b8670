//! The checker against the definition itself, on as many small histories as are asked for:
//!
//! ```console
//! $ BANKRUN_CHECKER_CASES=1000000 BANKRUN_CHECKER_SEED=0 cargo test --lib \
//!       --config 'profile.test.package.bankrun.opt-level=2' checker::tests::differential
//! ```

use super::attempts::SmallRun;
use super::generator::history;
use super::oracle::{Effects, explains, explains_run};
use crate::verdict::checker::{Answer, Options, Outcome, check};
use crate::verdict::{JudgeOptions, Severity, Verdict, judge};

fn answer(holds: bool) -> Answer {
    if holds { Answer::Holds } else { Answer::Refuted }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|number| number.parse().ok())
}

/// Which random histories: more on demand.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let first = number("BANKRUN_CHECKER_SEED").unwrap_or(0);
    first..first + number("BANKRUN_CHECKER_CASES").unwrap_or(usual)
}

#[test]
fn agrees_with_brute_force() {
    let (mut violations, mut uncertain, mut unknown) = (0, 0, 0);
    let seeds = seeds(60_000);
    let cases = seeds.end - seeds.start;
    for seed in seeds {
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
    let share = |count: u64| count * 100 / cases;
    assert!(share(violations) >= 30, "only {}% violations", share(violations));
    assert!(share(cases - violations) >= 30, "only {}% fine", share(cases - violations));
    assert!(share(uncertain) >= 30, "only {}% with reads, rejections, infos", share(uncertain));
    assert!(unknown * 1000 <= cases, "{unknown} of {cases} undecided");
}

/// Whether the history itself was found to be impossible. Findings about floors may
/// stand before what else is wrong with an account; the answers are there all the same.
fn refuted(verdict: &Verdict) -> bool {
    let by_findings =
        verdict.findings.iter().filter(|finding| finding.severity == Severity::Fail).any(
            |finding| match finding.code {
                "not_serializable" | "balance" | "double_spend" | "attempts" => true,
                "overdraft" => false,
                other => panic!("{other} is not about the history"),
            },
        );
    by_findings || verdict.serializable.and(verdict.linearizable) == Answer::Refuted
}

#[test]
fn whole_runs_agree_with_brute_force() {
    let (mut violations, mut unknown) = (0, 0);
    let (mut partial, mut retried, mut own) = (0, 0, 0);
    let seeds = seeds(40_000);
    let cases = seeds.end - seeds.start;
    for seed in seeds {
        let run = SmallRun::of(seed);
        let (facts, expect) = run.facts();
        let verdict = judge(&expect, &[], &facts, JudgeOptions::default());
        let once = explains_run(&run, Effects::OnceAtMost);
        let told = refuted(&verdict);
        // Attempts on an account without a known start are not judged, and it is said.
        let beyond = run.tries.iter().any(|one| {
            let unknown = |account: u32| run.initial[account as usize].is_none();
            one.operation.is_some() && one.op.kind.accounts().any(unknown)
        });
        let undecided = verdict.serializable.and(verdict.linearizable) == Answer::Unknown;
        let open = !told && (undecided || beyond);
        unknown += u64::from(!told && undecided);
        violations += u64::from(!once);
        partial += u64::from(run.initial.contains(&None));
        retried += u64::from(run.tries.iter().any(|one| one.operation.is_some()));
        own += u64::from(run.tries.iter().any(|one| {
            let mut accounts = one.op.kind.accounts();
            accounts.next().is_some_and(|first| accounts.next() == Some(first))
        }));
        assert_ne!(verdict.verified, Some(false), "seed {seed}: {run:#?}");
        assert!(
            open || told != once,
            "seed {seed}: told {told}, but once {once}, each {}\n{run:#?}\n{:#?}",
            explains_run(&run, Effects::AsOftenAsSent),
            verdict.findings,
        );
        // Beside it nothing else is wrong: then the effects that it names explain all.
        let mut fails =
            verdict.findings.iter().filter(|finding| finding.severity == Severity::Fail).peekable();
        let double = fails.peek().is_some() && fails.all(|fail| fail.code == "double_spend");
        assert!(
            !double || beyond || explains_run(&run, Effects::AsOftenAsSent),
            "seed {seed}: a double spend that explains nothing\n{run:#?}"
        );
    }
    let share = |count: u64| count * 100 / cases;
    assert!(share(violations) >= 25, "only {}% violations", share(violations));
    assert!(share(cases - violations) >= 25, "only {}% fine", share(cases - violations));
    assert!(share(partial) >= 20 && share(retried) >= 60 && share(own) >= 10);
    assert!(unknown * 100 <= cases, "{unknown} of {cases} undecided");
}
