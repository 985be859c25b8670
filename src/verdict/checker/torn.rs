//! Transfers of which one leg happened: named by trying just that.

use super::anomaly::{Anomaly, AnomalyKind, Money};
use super::case::Case;
use super::model::{Kind, Op, Outcome, Problem};
use super::naming::{in_words, sum, sum_of_all};
use super::report::Answer;

/// How many transfers are tried.
const TRIES: usize = 16;
const BUDGET: u64 = 5_000;

/// The transfer whose single leg explains everything, if there is one.
pub(super) fn anomaly(case: &Case<'_>, budget: u64) -> Option<Anomaly> {
    if case.accounts.len() < 2 {
        return None;
    }
    let problem = case.problem;
    let suspects = case.ops.iter().copied().filter(|position| {
        let op = &problem.ops[*position as usize];
        let told = op.kind.legs().all(|leg| leg.balance.is_some());
        matches!(op.kind, Kind::Transfer { .. })
            && op.is_update()
            && (op.outcome == Outcome::Info || (op.outcome == Outcome::Ok && !told))
    });
    let mut found: Option<Anomaly> = None;
    for suspect in suspects.take(TRIES) {
        for leg in problem.ops[suspect as usize].kind.legs() {
            if !explains(case, suspect, leg.account, leg.delta, budget.min(BUDGET)) {
                continue;
            }
            let id = problem.ops[suspect as usize].id;
            match &mut found {
                Some(anomaly) => anomaly.certain = false,
                None => {
                    let initial = sum(case.accounts.iter().map(|a| problem.initial[*a as usize]));
                    let end = sum_of_all(case.accounts.iter().map(|a| problem.end[*a as usize]));
                    let money =
                        Money { expected: in_words(initial), actual: end.and_then(in_words) };
                    let kind = AnomalyKind::TornTransfer;
                    found = Some(Anomaly { money, ..Anomaly::new(kind, leg.account, vec![id]) });
                }
            }
        }
    }
    found
}

/// Whether the history makes sense with this leg alone.
fn explains(case: &Case<'_>, suspect: u32, account: u32, delta: i64, budget: u64) -> bool {
    let replaced = |position: &u32| {
        let op = case.problem.ops[*position as usize].clone();
        if *position != suspect {
            return op;
        }
        let kind = Kind::Update { account, delta, balance: None };
        Op { kind, outcome: Outcome::Ok, completed: op.end(), ..op }
    };
    let problem = Problem {
        initial: case.problem.initial.clone(),
        end: case.problem.end.clone(),
        ops: case.ops.iter().map(replaced).collect(),
        floors: case.problem.floors.clone(),
        refused_first: Vec::new(),
    };
    let ops: Vec<u32> = (0..problem.ops.len() as u32).collect();
    Case::new(&problem, case.accounts, &ops).answers(budget).1 == Answer::Holds
}
