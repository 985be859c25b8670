//! The verifier takes what the checker proves, and nothing that was changed.

use super::build::{op, problem, rejected, update};
use super::generator::history;
use crate::verdict::Conclusion;
use crate::verdict::checker::verifier::{Refusal, Verifier};
use crate::verdict::checker::{
    Answer, Certificate, Floors, Kind, Op, Options, Outcome, Problem, check,
};

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
            vec![Certificate::Overdraft { op: problem.ops.len() as u32 }]
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
        let problem = history(seed + 7_000_000, 7);
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
        ..Problem::default()
    };
    let order = Certificate::Order { real_time: true, order: vec![0] };
    assert!(refused(&history, &[vec![0], vec![1]], 0, &order));
    assert!(!refused(&history, &[vec![0, 1]], 0, &order));
}

/// What was a proof under one floor is none under a lower one.
#[test]
fn a_proof_by_a_floor_is_refused_without_it() {
    let below = problem(100, -40, vec![update(0, (0, 10), -140, -40)]);
    let refusal = problem(100, 100, vec![rejected(0, (0, 10), -100)]);
    for (history, certificate) in
        [(below, Certificate::Overdraft { op: 0 }), (refusal, Certificate::NeverShort { op: 0 })]
    {
        assert!(!refused(&history, &[vec![0]], 0, &certificate), "{certificate:?}");
        let credit = Problem { floors: Floors::new([Some(-40)]), ..history.clone() };
        let overdraft = matches!(certificate, Certificate::Overdraft { .. });
        assert_eq!(refused(&credit, &[vec![0]], 0, &certificate), overdraft, "{certificate:?}");
        let none = Problem { floors: Floors::default(), ..history };
        assert!(refused(&none, &[vec![0]], 0, &certificate), "{certificate:?}");
    }
}

#[test]
fn an_order_in_which_an_operation_is_refused_after_it_took_effect_is_refused() {
    let ops = vec![update(0, (0, 30), -60, 40), rejected(1, (0, 30), -60)];
    let history = Problem { refused_first: vec![(0, 1)], ..problem(100, 40, ops) };
    let order = |order: &[u32]| Certificate::Order { real_time: true, order: order.to_vec() };
    assert!(refused(&history, &[vec![0]], 0, &order(&[0, 1])));
    assert!(!refused(&history, &[vec![0]], 0, &Certificate::Exhausted { real_time: false }));
    let free = Problem { refused_first: Vec::new(), ..history };
    assert!(!refused(&free, &[vec![0]], 0, &order(&[0, 1])));
    assert!(refused(&free, &[vec![0]], 0, &Certificate::Exhausted { real_time: false }));
}

#[test]
fn an_order_with_a_transfer_to_oneself_that_answers_two_balances_is_refused() {
    let own = |balances: (i64, i64)| {
        let kind = Kind::Transfer {
            from: 0,
            to: 0,
            amount: 5,
            from_balance: Some(balances.0),
            to_balance: Some(balances.1),
        };
        problem(100, 100, vec![op(0, (0, 10), kind, Outcome::Ok)])
    };
    let order = Certificate::Order { real_time: true, order: vec![0] };
    let missing = Certificate::Order { real_time: true, order: Vec::new() };
    assert!(!refused(&own((100, 100)), &[vec![0]], 0, &order));
    assert!(refused(&own((100, 100)), &[vec![0]], 0, &missing));
    assert!(refused(&own((95, 105)), &[vec![0]], 0, &order));
    assert!(refused(&own((95, 100)), &[vec![0]], 0, &order));
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
    let told = |delta, balance| update(0, (0, 10), delta, balance);
    let silent =
        |delta| op(0, (0, 10), Kind::Update { account: 0, delta, balance: None }, Outcome::Ok);
    let most = i64::MAX - 1;
    for (history, conclusion, too_large) in [
        (problem(0, most, vec![told(most, most)]), Conclusion::Pass, false),
        (problem(most, 5, vec![told(5 - most, 5)]), Conclusion::Pass, false),
        (problem(most, 5, vec![told(i64::MAX, 5)]), Conclusion::Fail, false),
        (problem(most, 5, vec![silent(5 - most)]), Conclusion::Inconclusive, true),
        (problem(0, i64::MIN, vec![told(-5, i64::MIN)]), Conclusion::Inconclusive, true),
    ] {
        let report = check(&history, &Options::default());
        assert_eq!((report.conclusion, report.crashed), (conclusion, None), "{history:#?}");
        assert_eq!(report.components[0].too_large, too_large, "{history:#?}");
    }
}
