//! What is found while operations go by against what is found with all of them
//! at hand.

use super::generator::history;
use crate::verdict::checker::{Answer, ComponentReport, Options, Outline, Problem, Report, check};

fn in_passing(problem: &Problem) -> Option<Report> {
    let mut outline = Outline::new(problem.initial.len());
    problem.ops.iter().for_each(|op| outline.see(op));
    let mut flow = outline.begin(&problem.initial, &problem.end, &problem.floors)?;
    let mut ops: Vec<(u32, _)> = (0..).zip(problem.ops.iter().cloned()).collect();
    ops.sort_by_key(|(_, op)| op.invoked);
    for (position, op) in ops {
        if !flow.push(op, position) {
            return None;
        }
    }
    flow.finish(&Options::default())
}

/// All but the order itself, which need not be the same one.
fn told(component: &ComponentReport) -> impl PartialEq + std::fmt::Debug {
    let ComponentReport { accounts, conclusion, serializable, linearizable, .. } = component;
    let unknown = component.explained.applied.len() + component.explained.not_applied.len();
    let flags = (component.sums_only, component.end_unknown, component.verified, unknown);
    (accounts.clone(), *conclusion, *serializable, *linearizable, flags, component.stats)
}

#[test]
fn they_agree_wherever_an_order_is_found() {
    let (mut holds, mut found) = (0, 0);
    for (seeds, length) in [(0..2_000, 7), (20_000..20_030, 40)] {
        for seed in seeds {
            let problem = history(seed + 6_000_000, length);
            let exact = check(&problem, &Options::default());
            holds += u32::from(exact.linearizable == Answer::Holds);
            let Some(report) = in_passing(&problem) else { continue };
            found += 1;
            assert_eq!(exact.linearizable, Answer::Holds, "seed {seed}: {problem:#?}");
            assert_eq!(report.conclusion, exact.conclusion, "seed {seed}: {problem:#?}");
            for (ours, theirs) in report.components.iter().zip(&exact.components) {
                assert_eq!(told(ours), told(theirs), "seed {seed}: {problem:#?}");
            }
            assert_eq!(report.components.len(), exact.components.len());
        }
    }
    assert!(holds > 400 && found * 100 > holds * 95, "{found} of {holds}");
}

#[test]
fn many_accounts_hold_little_each() {
    use super::settled::busy;

    let amounts: Vec<i64> = (1..=1_000).flat_map(|amount| [amount, -amount]).collect();
    for accounts in [1, 50, 5_000] {
        for transfers in [false, true] {
            let report = in_passing(&busy(50_000, accounts, &amounts, transfers && accounts > 1));
            let report = report.expect("an order");
            assert_eq!((report.linearizable, report.stats.steps), (Answer::Holds, 50_000));
        }
    }
}
