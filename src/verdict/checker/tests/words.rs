use super::build::{problem, read, rejected, update};
use crate::verdict::checker::{Explainer, Kind, Op, Options, Problem, check};

fn told(problem: &Problem) -> String {
    let report = check(problem, &Options::default());
    let anomalies: Vec<_> = report.components.iter().flat_map(|part| &part.anomalies).collect();
    let explainer = Explainer::new(problem, &anomalies, |account| (account + 1).to_string());
    let told: Vec<String> = anomalies.iter().map(|a| explainer.explain(a).to_string()).collect();
    told.join("\n")
}

#[test]
fn a_lost_update_in_three_lines() {
    let ops = vec![
        update(9, (0, 5), 40, 1040),
        update(17, (10, 30), 10, 1050),
        update(23, (20, 40), 10, 1050),
    ];
    insta::assert_snapshot!(told(&problem(1000, 1050, ops)), @r"
    lost update on account 1
      let      #17 (deposit 10) and #23 (deposit 10) both started from 1040
      then     the account must have stood at 1040 twice
      however  it stood there once, after #9 (deposit 40): one of them overwrote another
      expected 1060, actual 1050: 10 is missing
    ");
}

#[test]
fn what_is_not_about_money_says_none() {
    let ops = vec![update(0, (0, 5), 10, 110), read(1, (10, 20), 100)];
    insta::assert_snapshot!(told(&problem(100, 110, ops)), @r"
    stale read on account 1
      let      #1 (read) saw the balance 100
      then     no later balance can have been written before it began
      however  #0 (deposit 10) came after 100, and had returned by then
    ");
    let ops = vec![update(0, (0, 5), 10, 110), rejected(1, (10, 20), -100)];
    insta::assert_snapshot!(told(&problem(100, 110, ops)), @r"
    false rejection on account 1
      let      #1 (withdraw 100) was refused for lack of funds
      then     the account must have been short while it ran
      however  every balance it can have had at that time was enough
    ");
}

#[test]
fn an_acknowledged_update_that_vanished() {
    let ops = vec![update(0, (0, 5), 10, 110), update(1, (10, 15), -60, 50)];
    insta::assert_snapshot!(told(&problem(100, 110, ops)), @r"
    lost acknowledged write on account 1
      let      #1 (withdraw 60) was acknowledged, and led away from 110
      then     everything after it must build on what it wrote
      however  the account ended with 110, as if it had not happened
      expected 50, actual 110: 60 is too much
    ");
}

#[test]
fn an_overdraft() {
    let ops = vec![update(0, (0, 20), -70, 30), update(1, (5, 25), -70, -40)];
    insta::assert_snapshot!(told(&problem(100, -40, ops)), @r"
    overdraft on account 1
      let      #0 (withdraw 70) and #1 (withdraw 70) were under way at the same time
      then     the money that was taken must have been there
      however  the account went down to -40
    ");
}

#[test]
fn operations_of_other_services_go_by_their_own_names() {
    let ops = vec![
        update(9, (0, 5), 40, 1040),
        update(17, (10, 30), -10, 1030),
        update(23, (20, 40), 10, 1050),
        read(24, (50, 60), 1050),
    ];
    let problem = problem(1000, 1050, ops);
    let names = [(9, "deposit"), (17, "reserve"), (23, "cancel"), (24, "look")];
    let explainer = Explainer::new(&problem, &[], |account| ["a", "b"][account as usize].into());
    let explainer = explainer.calling(names.into());
    let told: Vec<String> = problem.ops.iter().map(|op| explainer.what(op)).collect();
    assert_eq!(told, ["deposit 40", "reserve -10", "cancel +10", "look"]);
    let (from_balance, to_balance) = (None, None);
    let kind = Kind::Transfer { from: 0, to: 1, amount: 5, from_balance, to_balance };
    let moved = |id| explainer.what(&Op { id, kind: kind.clone(), ..problem.ops[0].clone() });
    assert_eq!(
        (moved(17), moved(9)),
        ("reserve 5 from a to b".into(), "transfer 5 from a to b".into())
    );
}
