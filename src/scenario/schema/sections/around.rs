use super::super::section::{Section, key};
use super::super::shape::{Names, Shape};
use crate::scenario::keys;

pub(super) const DATA: Section = Section {
    name: "data",
    table: keys::DATA,
    others: None,
    keys: &[
        key(
            "file",
            Shape::Text,
            "CSV with the names of the columns in its first line (separated by `,`, `;` or tabs), \
             or, if it ends in `.json`, a list of rows.",
            "users.csv",
        ),
        key(
            "order",
            Shape::One(&["file", "shuffled"]),
            "`file`: row after row as they stand there, from the first again after the last; \
             `shuffled`: in an order that the seed decides.",
            "shuffled",
        )
        .or("file"),
    ],
};

pub(super) const INVARIANT: Section = Section {
    name: "invariant",
    table: keys::INVARIANT,
    others: None,
    keys: &[
        key(
            "that",
            Shape::Expression,
            "An expression that is true or false. It knows `total`, `balances`, `initial`, \
             `initial_total` and `balance('a')`.",
            "balance('a') + balance('b') >= 0",
        ),
        key("every", Shape::Limit, "How often it is looked at during the run.", "50ms").or("100ms"),
    ],
};

pub(super) const ACCOUNT: Section = Section {
    name: "account",
    table: keys::ACCOUNT,
    others: None,
    keys: &[
        key("balance", Shape::Balance, "What it holds at the start.", "1000"),
        key(
            "minimum",
            Shape::Balance,
            "What an operation that takes something must leave it with: less is a failure, and so \
             is a refusal while more would have been left.",
            "-1000",
        ),
    ],
};

pub(super) const EXPECT: Section = Section {
    name: "expect",
    table: keys::EXPECT,
    others: None,
    keys: &[
        key(
            "balances",
            Shape::Map(Names::Shown, &Shape::Balance),
            "What accounts hold in the end.",
            "{ 1: 1500 }",
        ),
        key("total", Shape::Balance, "What all accounts hold together in the end.", "3000"),
        key(
            "non_negative",
            Shape::Flag,
            "`true`: no balance is ever seen below zero. `false`: balances may go below zero, and \
             what is refused is not judged. Left out: an account that refuses an operation is \
             taken to refuse what leaves it below zero, unless it is seen there. `minimum` of an \
             account stands over it.",
            "true",
        ),
    ],
};

pub(super) const THRESHOLD: Section = Section {
    name: "threshold",
    table: keys::THRESHOLD,
    others: None,
    keys: &[
        key("threshold", Shape::Condition, "The condition.", "p(95)<200"),
        key(
            "abort_on_fail",
            Shape::Flag,
            "Whether the run ends as soon as it does not hold.",
            "true",
        )
        .or("false"),
        key(
            "delay_abort_eval",
            Shape::Time,
            "How long after the start that may happen first.",
            "10s",
        )
        .or("0s"),
        key("abortOnFail", Shape::Flag, "`abort_on_fail`, as k6 spells it.", "true"),
        key("delayAbortEval", Shape::Time, "`delay_abort_eval`, as k6 spells it.", "10s"),
    ],
};
