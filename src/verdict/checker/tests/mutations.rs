//! Good histories, broken in one place: the verdict is known, and so is who is
//! to blame.

use super::build::{info, op, problem, read, rejected, transfer, update};
use crate::verdict::Conclusion;
use crate::verdict::checker::{
    Anomaly, AnomalyKind, Floors, Kind, Money, Op, Options, Outcome, Problem, check,
};

/// 100 -> 110 -> 105 -> 125, one after another, with a read and a refusal.
fn good() -> Problem {
    problem(
        100,
        125,
        vec![
            update(0, (0, 10), 10, 110),
            update(1, (20, 30), -5, 105),
            read(2, (32, 38), 105),
            rejected(3, (33, 39), -106),
            update(4, (40, 50), 20, 125),
        ],
    )
}

fn only(problem: &Problem) -> Anomaly {
    let report = check(problem, &Options::default());
    assert_eq!(report.conclusion, Conclusion::Fail, "{report:#?}");
    let anomalies: Vec<Anomaly> =
        report.components.into_iter().flat_map(|part| part.anomalies).collect();
    assert_eq!(anomalies.len(), 1, "{anomalies:#?}");
    anomalies[0].clone()
}

fn blames(problem: &Problem, kind: AnomalyKind, ids: &[u64]) -> Anomaly {
    let anomaly = only(problem);
    assert_eq!((anomaly.kind, &anomaly.operations[..]), (kind, ids), "{anomaly:#?}");
    anomaly
}

#[test]
fn the_good_history_is_good() {
    assert_eq!(check(&good(), &Options::default()).conclusion, Conclusion::Pass);
}

#[test]
fn a_lost_update_names_both_and_the_money() {
    let ops = vec![
        update(9, (0, 5), 40, 1040),
        update(17, (10, 30), 10, 1050),
        update(23, (20, 40), 10, 1050),
    ];
    let found = blames(&problem(1000, 1050, ops), AnomalyKind::LostUpdate, &[17, 23]);
    assert!(found.certain);
    assert_eq!(found.pair, Some((17, 23)));
    assert_eq!(found.money, Money { expected: Some(1060), actual: Some(1050) });
    let fork = found.fork.expect("a fork");
    assert_eq!((fork.balance, &fork.producers[..], fork.excess), (1040, &[9][..], 1));
    assert_eq!(found.dead_ends[0].producers, [17, 23]);
}

#[test]
fn a_balance_that_existed_twice_makes_culprits_likely_only() {
    let ops = vec![
        update(0, (0, 5), 10, 110),
        update(1, (10, 15), -10, 100),
        update(2, (20, 30), 7, 107),
        update(3, (20, 30), 5, 105),
        update(4, (22, 33), 3, 103),
    ];
    let mut history = problem(100, 103, ops);
    history.ops[0].completed = 40;
    let found = only(&history);
    assert_eq!(found.kind, AnomalyKind::LostUpdate);
    assert!(!found.certain);
    assert_eq!(found.fork.expect("a fork").excess, 2);
}

#[test]
fn a_duplicated_acknowledgement_is_a_lost_update() {
    let mut history = good();
    history.ops.push(update(5, (41, 51), 20, 125));
    blames(&history, AnomalyKind::LostUpdate, &[4, 5]);
}

#[test]
fn a_perturbed_return_is_a_balance_from_nowhere() {
    let mut history = good();
    history.ops[4] = update(4, (40, 50), 20, 126);
    history.end = vec![Some(126)];
    let found = blames(&history, AnomalyKind::GarbageRead, &[4]);
    assert_eq!(found.balance, Some(106));
}

#[test]
fn a_shifted_end() {
    let mut history = good();
    history.end = vec![Some(124)];
    blames(&history, AnomalyKind::FinalBalance, &[]);
    history.end = vec![Some(145)];
    blames(&history, AnomalyKind::DuplicateApplication, &[4]);
    history.end = vec![Some(105)];
    let found = blames(&history, AnomalyKind::LostWrite, &[4]);
    assert!(found.certain);
    assert_eq!(found.money, Money { expected: Some(125), actual: Some(105) });
}

#[test]
fn an_acknowledged_write_that_the_next_one_did_not_see() {
    let ops = vec![update(0, (0, 10), 10, 110), update(1, (20, 30), 5, 105)];
    let found = blames(&problem(100, 105, ops), AnomalyKind::LostWrite, &[0]);
    assert_eq!(found.pair, Some((0, 1)));
}

#[test]
fn swapped_intervals_contradict_the_clock() {
    let mut history = good();
    history.ops[0].invoked = 20;
    history.ops[0].completed = 30;
    history.ops[1].invoked = 0;
    history.ops[1].completed = 10;
    let found = blames(&history, AnomalyKind::RealTime, &[1, 0]);
    assert!(found.certain);
}

#[test]
fn a_stale_read_names_what_it_missed() {
    let mut history = good();
    history.ops[2] = read(2, (60, 70), 105);
    let found = blames(&history, AnomalyKind::StaleRead, &[2]);
    assert_eq!((found.pair, found.certain), (Some((4, 2)), true));
}

#[test]
fn a_read_of_what_never_was_and_of_what_was_not_yet() {
    let mut history = good();
    history.ops[2] = read(2, (32, 38), 104);
    blames(&history, AnomalyKind::GarbageRead, &[2]);
    history.ops[2] = read(2, (32, 38), 125);
    blames(&history, AnomalyKind::RealTime, &[2]);
}

#[test]
fn false_rejections_ever_and_at_that_time() {
    let mut history = good();
    history.ops[3] = rejected(3, (33, 39), -100);
    blames(&history, AnomalyKind::FalseRejection, &[3]);
    history.ops[3] = rejected(3, (52, 60), -110);
    blames(&history, AnomalyKind::FalseRejection, &[3]);
    history.ops[3] = rejected(3, (33, 60), -110);
    assert_eq!(check(&history, &Options::default()).conclusion, Conclusion::Pass);
}

#[test]
fn an_update_flipped_to_rejected_is_missed_and_the_reverse_too() {
    let mut history = good();
    history.ops[1].outcome = Outcome::Rejected;
    let report = check(&history, &Options::default());
    assert_eq!(report.conclusion, Conclusion::Fail);
    let mut history = good();
    history.ops[3].outcome = Outcome::Ok;
    assert_eq!(check(&history, &Options::default()).conclusion, Conclusion::Fail);
}

#[test]
fn an_overdraft_names_the_taker_and_who_was_beside_it() {
    let ops = vec![update(0, (0, 20), -70, 30), update(1, (5, 25), -70, -40)];
    let found = blames(&problem(100, -40, ops.clone()), AnomalyKind::Overdraft, &[1]);
    assert_eq!((found.pair, found.balance), (Some((0, 1)), Some(-40)));
    let allowed = Problem { floors: Floors::default(), ..problem(100, -40, ops) };
    assert_eq!(check(&allowed, &Options::default()).conclusion, Conclusion::Pass);
}

#[test]
fn unknown_outcomes_are_explained_or_refused() {
    let ops = |end| {
        problem(
            100,
            end,
            vec![
                update(0, (0, 10), 10, 110),
                info(12, 12, 7),
                info(40, 14, -3),
                update(5, (50, 60), 1, 118),
            ],
        )
    };
    let report = check(&ops(118), &Options::default());
    assert_eq!(report.conclusion, Conclusion::Pass);
    let explained = &report.components[0].explained;
    assert_eq!((&explained.applied[..], &explained.not_applied[..]), (&[12][..], &[40][..]));
    let strict = Options { strict: true, ..Options::default() };
    assert_eq!(check(&ops(118), &strict).conclusion, Conclusion::Inconclusive);
    assert_eq!(check(&ops(115), &Options::default()).conclusion, Conclusion::Pass);
    assert_eq!(check(&ops(117), &Options::default()).conclusion, Conclusion::Fail);
    blames(&ops(117), AnomalyKind::FinalBalance, &[12, 40]);
}

#[test]
fn unreachable_balances() {
    let mut history = good();
    history.ops.push(update(5, (60, 70), 10, 510));
    history.ops.push(update(6, (71, 80), -10, 500));
    let found = blames(&history, AnomalyKind::GarbageRead, &[5, 6]);
    assert_eq!(found.balance, Some(500));
}

fn two(end: (i64, i64), ops: Vec<Op>) -> Problem {
    Problem {
        initial: vec![100, 100],
        end: vec![Some(end.0), Some(end.1)],
        ops,
        floors: Floors::new([Some(0); 2]),
        refused_first: Vec::new(),
    }
}

#[test]
fn transfers() {
    let first = transfer(0, (0, 10), 30, (70, 130));
    let second = transfer(1, (20, 30), 10, (60, 140));
    let good = two((60, 140), vec![first.clone(), second.clone()]);
    assert_eq!(check(&good, &Options::default()).conclusion, Conclusion::Pass);

    // The credit of the last one is gone.
    let torn = two((60, 130), vec![first.clone(), second]);
    let report = check(&torn, &Options::default());
    let kinds: Vec<_> =
        report.components[0].anomalies.iter().map(|a| (a.kind, a.operations.clone())).collect();
    assert!(kinds.contains(&(AnomalyKind::TornTransfer, vec![1])), "{kinds:?}");
    assert!(kinds.contains(&(AnomalyKind::TotalNotConserved, vec![])), "{kinds:?}");

    // Nobody knows about the last one, and half of it happened.
    let kind = Kind::Transfer { from: 0, to: 1, amount: 10, from_balance: None, to_balance: None };
    let open = op(1, (20, 30), kind, Outcome::Info);
    for (end, fine) in [((60, 140), true), ((70, 130), true), ((60, 130), false)] {
        let report = check(&two(end, vec![first.clone(), open.clone()]), &Options::default());
        assert_eq!(report.conclusion == Conclusion::Pass, fine, "{end:?}");
        if !fine {
            let torn = &report.components[0].anomalies[0];
            assert_eq!((torn.kind, &torn.operations[..]), (AnomalyKind::TornTransfer, &[1][..]));
            assert!(torn.certain);
        }
    }
}

#[test]
fn a_snapshot_sees_the_money_on_its_way() {
    let snapshot = |id, time, balances: [(u32, i64); 2]| {
        op(id, time, Kind::Snapshot { balances: Box::new(balances) }, Outcome::Ok)
    };
    let ops = |balances| vec![transfer(0, (0, 50), 30, (70, 130)), snapshot(1, (10, 20), balances)];
    for balances in [[(0, 100), (1, 100)], [(0, 70), (1, 130)]] {
        let report = check(&two((70, 130), ops(balances)), &Options::default());
        assert_eq!(report.conclusion, Conclusion::Pass);
    }
    let found =
        blames(&two((70, 130), ops([(0, 70), (1, 100)])), AnomalyKind::TotalNotConserved, &[1]);
    assert_eq!(found.money, Money { expected: Some(200), actual: Some(170) });
    let mut late = ops([(0, 100), (1, 100)]);
    late[1].invoked = 60;
    late[1].completed = 70;
    blames(&two((70, 130), late), AnomalyKind::StaleRead, &[1]);
}

#[test]
fn without_the_final_balance_a_fail_stays_and_a_pass_does_not() {
    let mut history = good();
    history.end = vec![None];
    assert_eq!(check(&history, &Options::default()).conclusion, Conclusion::Inconclusive);
    history.ops.push(update(5, (41, 51), 20, 125));
    blames(&history, AnomalyKind::LostUpdate, &[4, 5]);
}
