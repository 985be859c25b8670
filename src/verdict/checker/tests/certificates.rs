//! The verifier takes what the checker proves, and nothing that was changed.

use super::build::{problem, rejected, update};
use super::generator::history;
use crate::verdict::Conclusion;
use crate::verdict::checker::verifier::{Refusal, Verifier};
use crate::verdict::checker::{Answer, Certificate, Kind, Op, Options, Outcome, Problem, check};

fn refused(
    problem: &Problem,
    groups: &[Vec<u32>],
    group: usize,
    certificate: &Certificate,
) -> bool {
    let verifier = Verifier::new(problem, groups.iter().map(Vec::as_slice));
    matches!(verifier.verify(group, certificate, 1_000_000), Err(Refusal::Wrong(_)))
}

/// Changes to a certificate after which it proves nothing.
fn mutants(problem: &Problem, certificate: &Certificate) -> Vec<Certificate> {
    let far = 1_000_000;
    match certificate.clone() {
        Certificate::Order { real_time, order } => {
            let mut found = Vec::new();
            let required = |op: &&u32| problem.ops[**op as usize].outcome != Outcome::Info;
            if let Some(place) = order.iter().position(|op| required(&op)) {
                let mut short = order.clone();
                short.remove(place);
                found.push(Certificate::Order { real_time, order: short });
                let mut twice = order.clone();
                twice.push(order[place]);
                found.push(Certificate::Order { real_time, order: twice });
            }
            found
        }
        Certificate::Forks { account, .. } => {
            vec![
                Certificate::Forks { account, balances: vec![] },
                Certificate::Forks { account, balances: vec![far] },
            ]
        }
        Certificate::Unreachable { account, mut balances } => {
            balances.pop();
            let all = problem.initial.clone();
            vec![
                Certificate::Unreachable { account, balances },
                Certificate::Unreachable { account, balances: all },
            ]
        }
        Certificate::Exhausted { .. } | Certificate::Total { snapshot: None } => Vec::new(),
        Certificate::Sum { .. } | Certificate::Total { .. } => {
            vec![Certificate::Overdraft { op: 0 }]
        }
        Certificate::Overdraft { op }
        | Certificate::NeverThere { op }
        | Certificate::NeverShort { op } => {
            vec![Certificate::Overdraft { op: op + 100 }, Certificate::NeverThere { op: op + 100 }]
        }
    }
}

#[test]
fn mutated_certificates_are_refused() {
    let mut tried = 0;
    for seed in 0..3_000 {
        let problem = Problem { overdraft_forbidden: false, ..history(seed + 7_000_000, 7) };
        let report = check(&problem, &Options::default());
        let groups: Vec<Vec<u32>> =
            report.components.iter().map(|part| part.accounts.clone()).collect();
        for (group, part) in report.components.iter().enumerate() {
            assert_eq!(part.verified, Some(true), "seed {seed}");
            for certificate in &part.certificates {
                for mutant in mutants(&problem, certificate) {
                    tried += 1;
                    assert!(
                        refused(&problem, &groups, group, &mutant),
                        "seed {seed}: {mutant:?}\n{problem:#?}"
                    );
                }
                if part.serializable == Answer::Holds {
                    let wrong = Certificate::Exhausted { real_time: false };
                    assert!(refused(&problem, &groups, group, &wrong), "seed {seed}");
                }
            }
        }
    }
    assert!(tried > 3_000, "{tried}");
}

#[test]
fn a_proof_against_a_good_history_is_refused() {
    let good = problem(100, 105, vec![update(0, (0, 10), 5, 105), rejected(1, (5, 20), -104)]);
    let groups = [vec![0]];
    for wrong in [
        Certificate::Forks { account: 0, balances: vec![100, 105] },
        Certificate::Unreachable { account: 0, balances: vec![105] },
        Certificate::Sum { account: 0 },
        Certificate::Total { snapshot: None },
        Certificate::Overdraft { op: 0 },
        Certificate::NeverShort { op: 1 },
        Certificate::NeverThere { op: 0 },
        Certificate::Exhausted { real_time: true },
        Certificate::Order { real_time: true, order: vec![0, 1] },
        Certificate::Order { real_time: true, order: vec![7] },
    ] {
        assert!(refused(&good, &groups, 0, &wrong), "{wrong:?}");
    }
    let order = Certificate::Order { real_time: true, order: vec![1, 0] };
    assert!(!refused(&good, &groups, 0, &order));
    assert!(refused(&good, &groups, 3, &order));
}

#[test]
fn an_order_against_the_clock_is_refused() {
    let history = problem(100, 100, vec![update(0, (0, 10), -5, 100), update(1, (20, 30), 5, 105)]);
    let order = |real_time| Certificate::Order { real_time, order: vec![1, 0] };
    assert!(refused(&history, &[vec![0]], 0, &order(true)));
    assert!(!refused(&history, &[vec![0]], 0, &order(false)));
}

#[test]
fn accounts_that_belong_together_cannot_be_judged_apart() {
    let kind =
        Kind::Transfer { from: 0, to: 1, amount: 1, from_balance: Some(9), to_balance: Some(11) };
    let op = Op { id: 0, invoked: 0, completed: 1, kind, outcome: Outcome::Ok };
    let history = Problem {
        initial: vec![10, 10],
        end: vec![Some(9), Some(11)],
        ops: vec![op],
        overdraft_forbidden: true,
    };
    let order = Certificate::Order { real_time: true, order: vec![0] };
    assert!(refused(&history, &[vec![0], vec![1]], 0, &order));
    assert!(!refused(&history, &[vec![0, 1]], 0, &order));
}

#[test]
fn a_crash_is_unknown() {
    let mut broken = problem(100, 105, vec![update(0, (0, 10), 5, 105)]);
    broken.end.clear();
    let report = check(&broken, &Options::default());
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert_eq!(report.serializable, Answer::Unknown);
    assert!(report.crashed.is_some() || report.components[0].crashed.is_some());
}

#[test]
fn numbers_without_room_to_calculate_are_unknown() {
    let history = problem(i64::MAX - 1, 5, vec![update(0, (0, 10), i64::MAX, 5)]);
    let report = check(&history, &Options::default());
    assert_eq!((report.conclusion, report.crashed), (Conclusion::Inconclusive, None));
}
