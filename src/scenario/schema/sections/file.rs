use super::super::section::{Section, key};
use super::super::shape::{Names, Shape};
use crate::model::Scale;
use crate::scenario::keys;

/// What a request answers with to mean something: a status for short.
pub(super) const EXPECTED: Shape = Shape::Either(&[Shape::Status, Shape::Of("expected")]);
pub(super) const TAGS: Shape = Shape::Map(Names::Any, &Shape::Tag);

pub(super) const FILE: Section = Section {
    name: "file",
    table: keys::FILE,
    others: None,
    keys: &[
        key(
            "name",
            Shape::Name,
            "What reports call it. Left out: the name of the file.",
            "a day at the box office",
        ),
        key(
            "seed",
            Shape::Whole { least: 0, most: u64::MAX },
            "The same seed gives the same operations in the same order, on every machine. Left \
             out: another one for each run, which the report names. `--seed` stands over it.",
            "1",
        ),
        key(
            "scale",
            Shape::Whole { least: 0, most: Scale::MOST as u64 },
            "How many digits amounts have after the point: 2 for euros and cents. From then on \
             accounts, deltas and balances are decimal numbers, in the file (`10.25`) and in the \
             answers (`10.5`, `\"10.50\"`, `1050` for 1050.00), and exact.",
            "2",
        )
        .or("0"),
        key(
            "target",
            Shape::Url,
            "The service to test. Left out: the bankrun server on port 3000 if there is one, else \
             a built-in one. `--target` stands over it.",
            "http://localhost:4000",
        ),
        key("timeout", Shape::Limit, "How long a request is awaited.", "5s").or("10s"),
        key(
            "settle",
            Shape::Limit,
            "How long balances may take to follow the answers, where work is put off (`202 \
             Accepted`) or reads lag. Balances that disagree at the end are read again until they \
             agree, or have not changed for so long. Left out: a second, or five after an answer \
             of 202. A bankrun server is never waited for.",
            "10s",
        ),
        key("http", Shape::Of("http"), "How requests travel.", "{ redirects: 0 }"),
        key(
            "accounts",
            Shape::Filled(&Shape::Either(&[
                Shape::Map(Names::Shown, &Shape::Either(&[Shape::Start, Shape::Of("account")])),
                Shape::List(&Shape::Account),
            ])),
            "The accounts with their balances at the start, to which they are reset; an account is \
             whatever can be counted: money, seats, stock. `{ balance: 1000, minimum: -1000 }` \
             says how far down one may go. As a list of names: accounts that are \
             watched from whatever they are found at. Left out: those that the service answers \
             with after the reset.",
            "{ 1: 1000, 2: 1000 }",
        ),
        key(
            "variables",
            Shape::Map(Names::Variable, &Shape::Value),
            "Values that all templates know by name.",
            "{ seats: 2, halls: [jazz, opera] }",
        ),
        key(
            "data",
            Shape::Map(Names::Variable, &Shape::Either(&[Shape::Text, Shape::Of("data")])),
            "Files of rows, CSV or JSON. Each iteration has one row of each file, and templates \
             name its columns: `{{ users.name }}`. Paths are relative to the scenario file.",
            "{ users: users.csv }",
        ),
        key(
            "operations",
            Shape::Map(Names::Except(keys::STEP), &Shape::Of("declared")),
            "Operations of your service, each with the request that makes it and what its answers \
             mean. Scenarios use them by their names.",
            "{ reserve: { request: { method: POST, path: \"/seats/{{ seat }}\" } } }",
        ),
        key(
            "reset",
            Shape::Either(&[
                Shape::One(&["none"]),
                Shape::Of("reset"),
                Shape::List(&Shape::Of("reset")),
            ]),
            "The requests that bring the accounts to their state at the start; `none` leaves them \
             as they are found. Left out: `POST /reset`, as the bankrun server has it.",
            "none",
        ),
        key(
            "read",
            Shape::Of("read"),
            "The request that finds balances. Left out: `GET /balance/ACCOUNT` and \
             `GET /accounts`, as the bankrun server has them.",
            "{ request: \"/seats/{{ account }}\", balance: $.left }",
        ),
        key(
            "setup",
            Shape::List(&Shape::Step),
            "Operations that run once before all scenarios, in order. What they capture all \
             templates know. When one of them does not succeed, nothing is run.",
            "[{ request: { method: POST, path: /login }, capture: { token: $.token } }]",
        ),
        key(
            "teardown",
            Shape::List(&Shape::Step),
            "The same, once after all scenarios.",
            "[{ request: { method: POST, path: /logout } }]",
        ),
        key(
            "scenarios",
            Shape::Filled(&Shape::Map(Names::Shown, &Shape::Of("workload"))),
            "Who does what, how often and how long. All of them run at the same time.",
            "{ race: { executor: shared-iterations, vus: 10, operations: [{ deposit: 10, account: \
             1, count: 100 }] } }",
        ),
        key(
            "expect",
            Shape::Of("expect"),
            "What must hold when everything is quiet. Whatever is stated here, every balance is \
             judged by what the service acknowledged.",
            "{ balances: { 1: 1500 } }",
        ),
        key(
            "invariants",
            Shape::Map(Names::Shown, &Shape::Either(&[Shape::Expression, Shape::Of("invariant")])),
            "What must hold of all balances at every instant. Looked at during the run where one \
             request reads all accounts at once, and always at the end; one that did not hold once \
             fails the run.",
            "{ the total is kept: total == initial_total }",
        ),
        key(
            "faults",
            Shape::Filled(&Shape::List(&Shape::Of("fault"))),
            "What is done to the built-in server while all this goes on: its database is killed, its \
             connections are cut. For a server of our own alone, on a PostgreSQL of its own.",
            "[{ at: 2s, kill: database, for: 500ms }]",
        ),
        key(
            "thresholds",
            Shape::Map(
                Names::Any,
                &Shape::Either(&[
                    Shape::Condition,
                    Shape::Of("threshold"),
                    Shape::List(&Shape::Either(&[Shape::Condition, Shape::Of("threshold")])),
                ]),
            ),
            "What must hold of a metric, in k6's syntax; see docs/metrics.md.",
            "{ http_req_failed: rate<0.01, http_req_duration: [\"p(95)<200\"] }",
        ),
        key(
            "lua",
            Shape::Text,
            "A script that looks on (`before_request`, `after_response`, `verify`) and holds the \
             functions of `exec`. Its path is relative to the scenario file.",
            "hooks.lua",
        ),
        key(
            "include",
            Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]),
            "Other files whose keys count as if they stood here. Paths are relative to this file.",
            "operations.yaml",
        ),
    ],
};
