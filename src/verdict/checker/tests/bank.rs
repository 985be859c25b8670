use super::simulated::{Mode, Run};
use crate::verdict::Conclusion;
use crate::verdict::checker::{AnomalyKind, Answer, Options, Report, check};

fn judge(run: Run) -> Report {
    check(&run.problem(), &Options { budget: 100_000, ..Options::default() })
}

fn share_failed(runs: u64, run: impl Fn(u64) -> Run) -> f64 {
    let failed = (0..runs).filter(|seed| judge(run(*seed)).conclusion == Conclusion::Fail).count();
    failed as f64 / runs as f64
}

#[test]
fn an_atomic_bank_never_fails_and_is_always_linearizable() {
    for seed in 0..40 {
        for (amounts, clients) in [(1000, 10), (-10, 10), (-10, 30), (3, 30)] {
            let report = judge(Run { seed, amounts, clients, ..Run::default() });
            assert_eq!(report.conclusion, Conclusion::Pass, "seed {seed}, amounts {amounts}");
            assert_eq!(report.linearizable, Answer::Holds, "seed {seed}, amounts {amounts}");
        }
    }
}

#[test]
fn an_atomic_bank_whose_answers_get_lost_never_fails() {
    let mut unknown = 0;
    for seed in 0..60 {
        let lost = [1, 3, 8][seed as usize % 3];
        let report = judge(Run { seed, lost, ..Run::default() });
        assert_ne!(report.conclusion, Conclusion::Fail, "seed {seed}");
        unknown += usize::from(report.conclusion == Conclusion::Inconclusive);
    }
    assert!(unknown <= 6, "{unknown} of 60 undecided");
}

#[test]
fn atomic_transfers_and_snapshots_never_fail() {
    let mut unknown = 0;
    for seed in 0..40 {
        let transfers = [30, 80][seed as usize % 2];
        let report = judge(Run { seed, transfers, accounts: 4, ..Run::default() });
        assert_ne!(report.conclusion, Conclusion::Fail, "seed {seed}");
        unknown += usize::from(report.conclusion == Conclusion::Inconclusive);
    }
    assert_eq!(unknown, 0);
}

#[test]
fn answers_without_balances_are_compared_by_their_sum() {
    for seed in 0..20 {
        let run = Run { seed, silent: 100, reads: 0, deposits: 100, ..Run::default() };
        let report = judge(run);
        assert_eq!(report.conclusion, Conclusion::Pass, "seed {seed}");
        assert!(report.components[0].sums_only);
        let report = judge(Run { lost: 10, ..run });
        assert_eq!(report.conclusion, Conclusion::Inconclusive, "seed {seed}");
        assert_eq!(judge(Run { mode: Mode::Naive, ..run }).conclusion, Conclusion::Fail);
    }
}

#[test]
fn a_naive_bank_is_always_caught_with_random_amounts() {
    let run = |seed| Run { mode: Mode::Naive, seed, ..Run::default() };
    assert!(share_failed(60, run) >= 0.99);
    let short = |seed| Run { ops: 12, clients: 4, ..run(seed) };
    assert!(share_failed(100, short) >= 0.9);
    let with_infos = |seed| Run { lost: 3, ..run(seed) };
    assert!(share_failed(60, with_infos) >= 0.95);
}

#[test]
fn the_culprits_of_a_naive_bank_were_under_way_together() {
    for seed in 0..30 {
        let problem = Run { mode: Mode::Naive, seed, ..Run::default() }.problem();
        let report = check(&problem, &Options::default());
        let lost: Vec<_> = report.components[0].anomalies.iter().collect();
        let first = lost.iter().find(|a| a.kind == AnomalyKind::LostUpdate).expect("a lost update");
        assert!(first.certain, "seed {seed}");
        let (a, b) = first.pair.expect("a pair");
        let op = |id: u64| &problem.ops[id as usize];
        assert!(op(a).overlaps(op(b)), "seed {seed}");
    }
}

#[test]
fn check_then_act_is_caught_when_it_overdraws() {
    let run = |seed| Run {
        mode: Mode::CheckThenAct,
        seed,
        initial: 3000,
        deposits: 30,
        ..Run::default()
    };
    let mut caught = 0;
    for seed in 0..40 {
        let report = judge(run(seed));
        let anomalies = &report.components[0].anomalies;
        caught += usize::from(anomalies.iter().any(|a| a.kind == AnomalyKind::Overdraft));
    }
    assert!(caught >= 36, "{caught} of 40");
}

#[test]
fn torn_transfers_are_caught_by_snapshots() {
    let run = |seed| Run {
        mode: Mode::Torn,
        seed,
        accounts: 3,
        transfers: 80,
        reads: 20,
        ..Run::default()
    };
    let mut named = 0;
    for seed in 0..40 {
        let report = judge(run(seed));
        assert_eq!(report.conclusion, Conclusion::Fail, "seed {seed}");
        let kinds = report.components.iter().flat_map(|part| &part.anomalies).map(|a| a.kind);
        named += usize::from(kinds.into_iter().any(|kind| kind == AnomalyKind::TotalNotConserved));
    }
    assert!(named >= 30, "{named} of 40");
}
