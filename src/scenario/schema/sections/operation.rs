use super::super::section::{Section, key};
use super::super::shape::{Names, Shape};
use super::file::{EXPECTED as EXPECTS, TAGS};
use crate::scenario::keys;
use crate::scenario::operations::MOST_COUNTED;

const REQUESTS: Shape = Shape::Either(&[Shape::Template, Shape::Of("request")]);
/// One of several answers, or the one.
const MEANING: Shape =
    Shape::Either(&[Shape::Status, Shape::Of("expected"), Shape::List(&EXPECTS)]);
const EFFECTS: Shape = Shape::Either(&[Shape::Of("effect"), Shape::List(&Shape::Of("effect"))]);
const CAPTURES: Shape = Shape::Map(
    Names::Variable,
    &Shape::Either(&[Shape::One(&["status", "body"]), Shape::JsonPath, Shape::Of("capture")]),
);
const CHECKS: Shape = Shape::Map(Names::Any, &Shape::Either(&[Shape::Status, Shape::Of("check")]));

const OK_MEANS: &str = "What an answer has to be to count as done. Left out: any 2xx.";
const REJECTED_MEANS: &str = "The answer that refuses because the account holds too little, and \
                              means that nothing happened. Refusals by other rules do not belong \
                              here: as any 4xx they say no more than that.";
const FAILED_MEANS: &str = "The answer that means that nothing happened, by whatever rule: errors \
                            under 200, a key that was used before, a service that gave up its \
                            tries or sheds load. Left out: any 4xx that is nothing else.";
const UNKNOWN_MEANS: &str = "The answer that leaves open what happened, whatever its status. Left \
                             out: what is nothing else.";
const EFFECT_MEANS: &str = "What it does to the accounts when it is done; a list where there are \
                            several, each of another account. Without it the operation is sent \
                            and measured, not judged.";
const CAPTURE_MEANS: &str = "Parts of the answer that later templates of the iteration know by \
                             name; those of `setup`, all templates.";
const CHECKS_MEANS: &str = "What should hold of every answer, by name. A failure is shown and \
                            counted; it fails the run only through a threshold on `checks` or with \
                            `fail: true`.";
const RESOLVE_MEANS: &str = "How to ask, when all is quiet, what became of an operation whose \
                             answer never came. The request has to carry `{{ key }}`.";

pub(super) const OPERATION: Section = Section {
    name: "operation",
    table: keys::STEP,
    // A declared operation with what it needs.
    others: Some(Shape::Arguments),
    keys: &[
        key("deposit", Shape::Amount, "Adds so much to `account`.", "10"),
        key("withdraw", Shape::Amount, "Takes so much from `account`.", "1..100"),
        key("transfer", Shape::Amount, "Moves so much from `from` to `to`.", "5"),
        key("balance", Shape::Account, "Reads the balance of this account.", "1"),
        key(
            "accounts",
            Shape::One(&["all"]),
            "`all` reads all accounts with one request, which must see one instant.",
            "all",
        ),
        key("account", Shape::Account, "Where `deposit` and `withdraw` do it.", "1"),
        key("from", Shape::Account, "Where `transfer` takes it.", "1"),
        key("to", Shape::Account, "Where `transfer` puts it.", "2"),
        key(
            "count",
            Shape::Whole { least: 1, most: MOST_COUNTED },
            "Exactly so many iterations run this operation, in an order that the seed shuffles. \
             All operations of a scenario have one, or none.",
            "100",
        ),
        key(
            "weight",
            Shape::Whole { least: 1, most: 4_294_967_295 },
            "How often this one is drawn, in proportion to the others. All operations of a \
             scenario have one, or none.",
            "3",
        ),
        key("think", Shape::Pause, "A pause after it.", "10ms..50ms"),
        key("tags", TAGS, "What its samples carry.", "{ kind: refund }"),
        key(
            "request",
            REQUESTS,
            "An operation that is declared where it is used: any request, with the keys of a \
             declared operation beside it.",
            "{ method: POST, path: /login }",
        ),
        key(
            "name",
            Shape::Name,
            "What reports call the `request`. Left out: its method and path.",
            "log in",
        ),
        key("ok", MEANING, OK_MEANS, "201"),
        key("rejected", MEANING, REJECTED_MEANS, "409"),
        key("failed", MEANING, FAILED_MEANS, "503"),
        key("unknown", MEANING, UNKNOWN_MEANS, "202"),
        key("effect", EFFECTS, EFFECT_MEANS, "{ account: jazz, delta: -1 }"),
        key("capture", CAPTURES, CAPTURE_MEANS, "{ token: $.token }"),
        key("checks", CHECKS, CHECKS_MEANS, "{ it is quick: { duration: 200ms } }"),
        key(
            "resolve",
            Shape::Of("resolve"),
            RESOLVE_MEANS,
            "{ request: \"/orders/{{ key }}\", applied: 200 }",
        ),
    ],
};

pub(super) const DECLARED: Section = Section {
    name: "declared",
    table: keys::DECLARED,
    others: None,
    keys: &[
        key(
            "request",
            REQUESTS,
            "What is sent; a text alone is the path of a GET. Variables in its templates that \
             nothing else knows are the parameters of the operation.",
            "{ method: POST, path: \"/seats/{{ seat }}\", json: { qty: \"{{ qty }}\" } }",
        ),
        key("ok", MEANING, OK_MEANS, "{ status: 201 }").or("2xx"),
        key("rejected", MEANING, REJECTED_MEANS, "{ status: 409 }"),
        key("failed", MEANING, FAILED_MEANS, "[{ jsonpath: $.errors }, { status: 503 }]"),
        key("unknown", MEANING, UNKNOWN_MEANS, "{ status: 202 }"),
        key(
            "effect",
            EFFECTS,
            EFFECT_MEANS,
            "{ account: \"seat-{{ seat }}\", delta: \"-{{ qty }}\", balance: $.left }",
        ),
        key("capture", CAPTURES, CAPTURE_MEANS, "{ order: $.id }"),
        key(
            "checks",
            CHECKS,
            CHECKS_MEANS,
            "{ left is not negative: { jsonpath: $.left, \">=\": 0 } }",
        ),
        key(
            "resolve",
            Shape::Of("resolve"),
            RESOLVE_MEANS,
            "{ request: \"/orders/{{ key }}\", applied: 200 }",
        ),
        key("tags", TAGS, "What its samples carry.", "{ team: payments }"),
    ],
};

pub(super) const REQUEST: Section = Section {
    name: "request",
    table: keys::REQUEST,
    others: None,
    keys: &[
        key("method", Shape::Method, "Left out: `GET`; with a body, `POST`.", "PUT"),
        key(
            "path",
            Shape::Template,
            "Relative to the target, beginning with `/`; or a whole URL.",
            "\"/seats/{{ seat }}\"",
        ),
        key(
            "query",
            Shape::Map(Names::Any, &Shape::Value),
            "What comes after the `?`, encoded. A list gives one name several values.",
            "{ page: 1 }",
        ),
        key(
            "headers",
            Shape::Map(Names::Any, &Shape::Template),
            "Sent with it.",
            "{ Accept: text/plain }",
        ),
        key(
            "json",
            Shape::Value,
            "The body, as JSON. A text that is one `{{ ... }}` keeps the type of its value: a \
             number stays a number.",
            "{ qty: \"{{ qty }}\" }",
        ),
        key("form", Shape::Map(Names::Any, &Shape::Value), "The body, as a form.", "{ qty: 1 }"),
        key("body", Shape::Template, "The body, as a text.", "hello"),
        key(
            "timeout",
            Shape::Limit,
            "How long the answer is awaited. Left out: as long as the file says.",
            "5s",
        ),
    ],
};

const STATUS_MEANS: &str = "One status, several, a class, a range: `200`, `[200, 404]`, `2xx`, \
                            `200..299`.";
const BODY_MEANS: &str = "The whole body, as a text.";
const DURATION_MEANS: &str = "At most so long it took.";
const JSONPATH_MEANS: &str = "The part of the body that is compared. Without a comparison: it is \
                              there.";
const HEADER_MEANS: &str = "The header that is compared.";
const CONTAINS_MEANS: &str = "A text has this in it, a list this item, an object this key. Alone: \
                              the body.";
const MATCHES_MEANS: &str = "It matches this regular expression. Alone: the body.";

pub(super) const EXPECTED: Section =
    Section { name: "expected", table: keys::EXPECTED, others: None, keys: EXPECTED_KEYS };

const EXPECTED_KEYS: &[super::super::section::Key] = &[
    key("status", Shape::Status, STATUS_MEANS, "[200, 404]"),
    key("body", Shape::Value, BODY_MEANS, "OK"),
    key("duration", Shape::Limit, DURATION_MEANS, "200ms"),
    key("jsonpath", Shape::JsonPath, JSONPATH_MEANS, "$.left"),
    key("header", Shape::Text, HEADER_MEANS, "Content-Type"),
    key("==", Shape::Value, "It is this.", "10"),
    key("!=", Shape::Value, "It is not this.", "0"),
    key("<", Shape::Value, "It is less.", "100"),
    key("<=", Shape::Value, "It is less, or this.", "100"),
    key(">", Shape::Value, "It is more.", "0"),
    key(">=", Shape::Value, "It is more, or this.", "0"),
    key("contains", Shape::Value, CONTAINS_MEANS, "json"),
    key("matches", Shape::Regex, MATCHES_MEANS, "'^seat-\\d+$'"),
    key("exists", Shape::Flag, "Whether it is there.", "false"),
];

pub(super) const CHECK: Section =
    Section { name: "check", table: keys::CHECK, others: None, keys: CHECK_KEYS };

const CHECK_KEYS: &[super::super::section::Key] = &[
    EXPECTED_KEYS[0],
    EXPECTED_KEYS[1],
    EXPECTED_KEYS[2],
    EXPECTED_KEYS[3],
    EXPECTED_KEYS[4],
    EXPECTED_KEYS[5],
    EXPECTED_KEYS[6],
    EXPECTED_KEYS[7],
    EXPECTED_KEYS[8],
    EXPECTED_KEYS[9],
    EXPECTED_KEYS[10],
    EXPECTED_KEYS[11],
    EXPECTED_KEYS[12],
    EXPECTED_KEYS[13],
    key("fail", Shape::Flag, "Whether one failure fails the run.", "true").or("false"),
];

pub(super) const EFFECT: Section = Section {
    name: "effect",
    table: keys::EFFECT,
    others: None,
    keys: &[
        key("account", Shape::Template, "The account it changes or reads.", "\"seat-{{ seat }}\""),
        key(
            "delta",
            Shape::Template,
            "What is added to it: a number with its sign. It may name what the operation captures \
             from its own answer. Left out: it is only read.",
            "\"-{{ qty }}\"",
        ),
        key(
            "balance",
            Shape::JsonPath,
            "Where the answer has the balance after it. Without it only the final balance can \
             show that something went missing, not which operations did it.",
            "$.left",
        ),
        key("to", Shape::Template, "The account that gets what `account` loses.", "\"{{ to }}\""),
        key(
            "to_balance",
            Shape::JsonPath,
            "Where the answer has the balance of `to`.",
            "$.to.left",
        ),
    ],
};

pub(super) const CAPTURE: Section = Section {
    name: "capture",
    table: keys::CAPTURE,
    others: None,
    keys: &[
        key(
            "jsonpath",
            Shape::JsonPath,
            "A part of the body; `$.id` alone is short for it.",
            "$.id",
        ),
        key("header", Shape::Text, "A header.", "Location"),
        key(
            "regex",
            Shape::Regex,
            "What its first group finds in the body; without a group, all of it.",
            "'id=(\\d+)'",
        ),
    ],
};

pub(super) const RESOLVE: Section = Section {
    name: "resolve",
    table: keys::RESOLVE,
    others: None,
    keys: &[
        key("request", REQUESTS, "What is asked.", "\"/orders/{{ key }}\""),
        key(
            "applied",
            EXPECTS,
            "The answer that means it took effect. Any other leaves it unknown.",
            "200",
        ),
        key("balance", Shape::JsonPath, "Where this answer has the balance after it.", "$.left"),
        key("to_balance", Shape::JsonPath, "The same of `to`.", "$.to.left"),
    ],
};
