use super::super::section::{Section, key};
use super::super::shape::Shape;
use super::file::TAGS;
use crate::scenario::keys;

pub(in crate::scenario::schema) const EXECUTORS: &[&str] = &[
    "shared-iterations",
    "per-vu-iterations",
    "constant-vus",
    "ramping-vus",
    "constant-arrival-rate",
    "ramping-arrival-rate",
];

const RATE: u64 = 1_000_000_000;

pub(super) const WORKLOAD: Section = Section {
    name: "workload",
    table: keys::WORKLOAD,
    others: None,
    keys: &[
        key(
            "executor",
            Shape::One(EXECUTORS),
            "How iterations are handed out, by k6's names. `shared-iterations`: the virtual users \
             take them from one pot. `per-vu-iterations`: each has its own. `constant-vus`: as \
             many as fit into `duration`. `ramping-vus`: the same with more or fewer virtual \
             users as time goes by. `constant-arrival-rate` and `ramping-arrival-rate`: so many \
             begin in a `time_unit`, however long they take.",
            "shared-iterations",
        ),
        key(
            "vus",
            Shape::Whole { least: 1, most: 100_000 },
            "Virtual users: each runs one iteration after the other, over a connection of its \
             own. So many requests race at once.",
            "10",
        )
        .or("1"),
        key(
            "iterations",
            Shape::Whole { least: 1, most: u64::MAX },
            "How many: together (`shared-iterations`) or each (`per-vu-iterations`). Not beside \
             `count`, which says it.",
            "200",
        )
        .or("1"),
        key(
            "duration",
            Shape::Limit,
            "How long, with `constant-vus` and `constant-arrival-rate`.",
            "10s",
        ),
        key(
            "max_duration",
            Shape::Limit,
            "When iterations stop to be started although there are some left.",
            "1m",
        )
        .or("10m"),
        key(
            "stages",
            Shape::Filled(&Shape::List(&Shape::Of("stage"))),
            "Where a ramp leads and how long it takes, stage after stage.",
            "[{ duration: 30s, target: 20 }, { duration: 10s, target: 0 }]",
        ),
        key(
            "start_vus",
            Shape::Whole { least: 0, most: 100_000 },
            "Virtual users that `ramping-vus` begins with.",
            "5",
        )
        .or("1"),
        key(
            "graceful_ramp_down",
            Shape::Time,
            "How long an iteration may go on whose virtual user `ramping-vus` takes away.",
            "5s",
        )
        .or("30s"),
        key(
            "rate",
            Shape::Whole { least: 1, most: RATE },
            "Iterations that begin in a `time_unit`, with `constant-arrival-rate`.",
            "50",
        ),
        key(
            "start_rate",
            Shape::Whole { least: 0, most: RATE },
            "The rate that `ramping-arrival-rate` begins with; its stages lead on to others.",
            "10",
        )
        .or("0"),
        key("time_unit", Shape::Limit, "What an arrival rate counts by.", "1m").or("1s"),
        key(
            "pre_allocated_vus",
            Shape::Whole { least: 0, most: 100_000 },
            "Virtual users that stand by to run what an arrival rate makes due.",
            "20",
        ),
        key(
            "max_vus",
            Shape::Whole { least: 1, most: 100_000 },
            "Virtual users at most: more are made when all are busy. What is due and finds none \
             is dropped, and counted. Left out: as many as `pre_allocated_vus`.",
            "100",
        ),
        key("start_time", Shape::Time, "How long after the others it begins.", "5s").or("0s"),
        key(
            "graceful_stop",
            Shape::Time,
            "How long an iteration that is under way may go on when the time is up. A request \
             that was sent is awaited to its own timeout in any case.",
            "0s",
        )
        .or("30s"),
        key(
            "retry",
            Shape::Of("retry"),
            "Sends an operation again whose answer did not come, or that was turned away for now \
             (408, 429, 500, 502, 503, 504), and waits before as long as `Retry-After` says (up to \
             30s). Left out: nothing is sent again.",
            "{ attempts: 3, idempotency_key: true }",
        ),
        key(
            "tags",
            TAGS,
            "What all samples of it carry; thresholds can ask for it.",
            "{ team: red }",
        ),
        key(
            "operations",
            Shape::Filled(&Shape::List(&Shape::Of("operation"))),
            "What its iterations do. With `count` or `weight` each iteration runs one of them, \
             else all in order.",
            "[{ deposit: 10, account: 1, count: 100 }]",
        ),
        key(
            "exec",
            Shape::Word,
            "The function of the script that an iteration runs, in place of `operations`.",
            "pay",
        ),
    ],
};

pub(super) const STAGE: Section = Section {
    name: "stage",
    table: keys::STAGE,
    others: None,
    keys: &[
        key("duration", Shape::Time, "How long it takes; `0s` is a jump.", "30s"),
        key(
            "target",
            Shape::Whole { least: 0, most: RATE },
            "The virtual users, or the rate, at its end.",
            "20",
        ),
    ],
};

pub(super) const RETRY: Section = Section {
    name: "retry",
    table: keys::RETRY,
    others: None,
    keys: &[
        key(
            "attempts",
            Shape::Whole { least: 1, most: 100 },
            "How often it is tried, the first time included.",
            "5",
        )
        .or("3"),
        key(
            "idempotency_key",
            Shape::Flag,
            "Whether all attempts carry the same `Idempotency-Key`. Without one, an update whose \
             answer was lost may take effect twice.",
            "true",
        )
        .or("false"),
    ],
};
