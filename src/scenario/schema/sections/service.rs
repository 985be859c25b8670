use super::super::section::{Section, key};
use super::super::shape::Shape;
use crate::scenario::keys;

pub(super) const RESET: Section = Section {
    name: "reset",
    table: keys::RESET,
    others: None,
    keys: &[key(
        "request",
        Shape::Either(&[Shape::Template, Shape::Of("request")]),
        "Sent once for every account where it names `{{ account }}` or `{{ balance }}`; else once, \
         and `{{ accounts }}` has them all.",
        "{ method: PUT, path: \"/seats/{{ account }}\", json: { left: \"{{ balance }}\" } }",
    )],
};

pub(super) const READ: Section = Section {
    name: "read",
    table: keys::READ,
    others: None,
    keys: &[
        key(
            "request",
            Shape::Either(&[Shape::Template, Shape::Of("request")]),
            "With `{{ account }}` in it, it asks for one account; without, for all of them at one \
             instant.",
            "\"/seats/{{ account }}\"",
        ),
        key("balance", Shape::JsonPath, "Where the answer has the balance of the one.", "$.left"),
        key(
            "balances",
            Shape::Either(&[Shape::JsonPath, Shape::Of("balances")]),
            "Where the answer has all of them: a path to an object of balances by name, or how to \
             read them from a list.",
            "$.accounts",
        ),
    ],
};

pub(super) const BALANCES: Section = Section {
    name: "balances",
    table: keys::BALANCES,
    others: None,
    keys: &[
        key("each", Shape::JsonPath, "Leads to the items of the list.", "\"$.seats[*]\""),
        key(
            "account",
            Shape::Template,
            "The account that an `item` is about.",
            "\"seat-{{ item.id }}\"",
        ),
        key("balance", Shape::Expression, "Its balance.", "item.left"),
    ],
};
