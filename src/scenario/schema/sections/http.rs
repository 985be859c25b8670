use super::super::section::{Section, key};
use super::super::shape::{Names, Shape};
use crate::scenario::keys;

pub(super) const HTTP: Section = Section {
    name: "http",
    table: keys::HTTP,
    others: None,
    keys: &[
        key(
            "headers",
            Shape::Map(Names::Any, &Shape::Template),
            "Sent with every request to the target, and to nobody else.",
            "{ X-Tenant: red }",
        ),
        key(
            "bearer",
            Shape::Text,
            "The token of `Authorization: Bearer`. Never shown in a report.",
            "${TOKEN}",
        ),
        key(
            "basic",
            Shape::Of("basic"),
            "User name and password. Never shown in a report.",
            "{ user: me, password: \"${PASSWORD}\" }",
        ),
        key(
            "redirects",
            Shape::Whole { least: 0, most: 100 },
            "How many are followed, one after another; 0: none.",
            "0",
        )
        .or("10"),
        key(
            "cookies",
            Shape::Flag,
            "Whether a virtual user keeps the cookies that answers set.",
            "false",
        )
        .or("true"),
        key("keep_cookies", Shape::Flag, "Whether they outlive an iteration.", "true").or("false"),
        key("no_connection_reuse", Shape::Flag, "A new connection for every request.", "true")
            .or("false"),
        key("no_vu_connection_reuse", Shape::Flag, "A new connection for every iteration.", "true")
            .or("false"),
        key(
            "move_connections",
            Shape::Flag,
            "Whether virtual users open a new connection before their 2nd, 3rd, 5th, 9th, ... \
             request, so that they meet at different workers of the service.",
            "false",
        )
        .or("true"),
        key("user_agent", Shape::Text, "Left out: `bankrun/` and the version.", "my test"),
        key(
            "connect_timeout",
            Shape::Limit,
            "How long making a connection may take. Left out: as long as an answer.",
            "1s",
        ),
    ],
};

pub(super) const BASIC: Section = Section {
    name: "basic",
    table: keys::BASIC,
    others: None,
    keys: &[
        key("user", Shape::Text, "The user's name.", "me"),
        key("password", Shape::Text, "Put it into the environment: `${PASSWORD}`.", "${PASSWORD}"),
    ],
};
