use super::super::section::{Section, key};
use super::super::shape::Shape;
use crate::scenario::keys;

pub(super) const FAULT: Section = Section {
    name: "fault",
    table: keys::FAULT,
    others: None,
    keys: &[
        key(
            "at",
            Shape::Pause,
            "When it comes, after the first iterations begin; within a range the seed draws the \
             moment.",
            "1s..3s",
        ),
        key(
            "kill",
            Shape::One(&["database"]),
            "Kills all processes of PostgreSQL on the spot (SIGKILL), as a crash does, and starts \
             it again after `for`.",
            "database",
        ),
        key(
            "stop",
            Shape::One(&["database"]),
            "All processes of PostgreSQL stand still (SIGSTOP) and go on after `for` (SIGCONT): it \
             takes questions and answers none.",
            "database",
        ),
        key(
            "cut",
            Shape::One(&["connections"]),
            "Breaks all connections there are, wherever their conversations stand, and refuses \
             new ones for as long as `for` says.",
            "connections",
        ),
        key(
            "slow",
            Shape::One(&["connections"]),
            "Every answer that travels on a connection comes later by `by`, for as long as `for` \
             says.",
            "connections",
        ),
        key(
            "to",
            Shape::One(&["database", "server"]),
            "Whose connections `cut` and `slow` mean: those of the server to its database, or \
             those of the virtual users to the server.",
            "server",
        )
        .or("database"),
        key(
            "for",
            Shape::Pause,
            "How long it lasts; from a range the seed draws it. `stop` and `slow` need it. It is \
             over at the latest when the run is.",
            "500ms",
        )
        .or("0s"),
        key("by", Shape::Limit, "How much later an answer comes, with `slow`.", "50ms"),
        key(
            "every",
            Shape::Pause,
            "From one beginning to the next, where it comes several `times`; drawn anew each time \
             from a range.",
            "1s",
        ),
        key("times", Shape::Whole { least: 1, most: 1000 }, "How often it comes.", "20").or("1"),
    ],
};
