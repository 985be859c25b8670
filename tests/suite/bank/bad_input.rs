//! Requests drawn at random, most of them wrong in some way: each is answered as
//! the server's OpenAPI document says, and moves what it was acknowledged to move.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bankrun::bank::BankOptions;
use bankrun::model::Pause;
use hyper::Request;
use serde_json::Value;

use super::support::{Answer, Kind, database, get, send, start};

/// For each database.
const REQUESTS: usize = 1500;
const SEED: u64 = 1;

/// Nothing waits for anything but a busy machine.
const HANGS: Duration = Duration::from_secs(60);

const METHODS: &[&str] = &[
    "POST", "POST", "POST", "POST", "GET", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE",
    "FOO",
];
const PATHS: &[&str] = &[
    "/deposit",
    "/deposit",
    "/withdraw",
    "/withdraw",
    "/transfer",
    "/transfer",
    "/balance/1",
    "/balance/9",
    "/balance/-1",
    "/balance/9223372036854775808",
    "/balance/%31",
    "/balance/1/2",
    "/balance/",
    "/accounts",
    "/health",
    "/metrics",
    "/openapi.json",
    "/operations/k1",
    "/operations/%00",
    "/operations/%ff/%2f",
    "/operations/",
    "/deposit/",
    "//deposit",
    "/Deposit",
    "/",
    "/deposit?userId=1&amount=5",
    "/reset/",
    "/%64eposit",
    "/../deposit",
    "/deposit;x=1",
];
const TYPES: &[&str] = &[
    "application/json",
    "application/json",
    "application/json",
    "application/json; charset=latin1",
    "application/problem+json",
    "APPLICATION/JSON",
    "text/plain",
    "application/x-www-form-urlencoded",
    "",
    ";",
];
const HEADERS: &[(&str, &str)] = &[
    ("idempotency-key", "k1"),
    ("idempotency-key", "k2"),
    ("idempotency-key", "two words"),
    ("idempotency-key", ""),
    ("idempotency-key", "k\u{e4}"),
    ("authorization", "Bearer x"),
    ("authorization", "Basic"),
    ("origin", "http://evil.example"),
    ("origin", "null"),
    ("sec-fetch-site", "cross-site"),
    ("accept", "text/html"),
    ("range", "bytes=0-1"),
    ("if-none-match", "*"),
    ("content-encoding", "gzip"),
    ("cookie", "a=\"b"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-http-method-override", "DELETE"),
    ("te", "trailers"),
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "1",
    "2",
    "2",
    "3",
    "5",
    "9",
    "-1",
    "10",
    "1000",
    "10.0",
    "1.5",
    "1e2",
    "1e400",
    "-0",
    "01",
    "0x1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "null",
    "true",
    "\"1\"",
    "\"\"",
    "[1]",
    "{}",
    "NaN",
    "\"\\u0000\"",
    "\"\\ud800\"",
];
const FIELDS: &[&str] = &[
    "userId",
    "amount",
    "fromUserId",
    "toUserId",
    "userid",
    "UserId",
    "",
    "accounts",
    "__proto__",
    "amount ",
];

#[tokio::test(flavor = "multi_thread")]
async fn any_request_is_answered_and_moves_what_was_acknowledged() {
    for kind in Kind::ALL {
        let database = database(kind).await;
        let race_window = Pause::fixed(Duration::ZERO);
        let bank = start(&database, BankOptions { race_window, ..Default::default() }).await;
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut books = Books::of(bank.addr()).await;
        for number in 0..REQUESTS {
            let Some(asked) = Asked::draw(&mut random) else { continue };
            let sent = send(bank.addr(), asked.request());
            let answer = tokio::time::timeout(HANGS, sent).await;
            let answer = answer.unwrap_or_else(|_| panic!("{kind:?} {number}: {asked:?} hangs"));
            assert!(answer.status < 500, "{kind:?} {number}: {asked:?} was answered {answer:?}");
            books.enter(&asked, &answer);
            if number % 10 == 0 || answer.status < 300 {
                let case = format!("{kind:?} {number}: {asked:?} was answered {answer:?}");
                assert_eq!(Books::of(bank.addr()).await.balances, books.balances, "{case}");
            }
        }
        assert_eq!(Books::of(bank.addr()).await.balances, books.balances, "{kind:?}");
        assert!(books.moved > 10, "{kind:?}: only {} requests moved anything", books.moved);
        bank.shutdown().await;
    }
}

/// What a request shall be.
#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Asked {
    /// `None`: no client could send it.
    fn draw(random: &mut fastrand::Rng) -> Option<Self> {
        let mut headers = Vec::new();
        if random.u8(0..4) > 0 {
            headers.push(("content-type", *one(TYPES, random)));
        }
        while random.u8(0..3) == 0 {
            headers.push(*one(HEADERS, random));
        }
        let (method, path) = (*one(METHODS, random), *one(PATHS, random));
        let asked = Self { method, path, headers, body: body(path, random) };
        asked.built().is_ok().then_some(asked)
    }

    fn request(&self) -> Request<String> {
        self.built().expect("it was built before")
    }

    fn built(&self) -> Result<Request<String>, hyper::http::Error> {
        let mut request =
            Request::builder().method(self.method).uri(self.path).header("host", "localhost");
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.body(self.body.clone())
    }

    /// The key, where there is just one.
    fn key(&self) -> Option<&'static str> {
        self.headers.iter().find(|(name, _)| *name == "idempotency-key").map(|(_, key)| *key)
    }
}

fn one<'a, T>(list: &'a [T], random: &mut fastrand::Rng) -> &'a T {
    &list[random.usize(0..list.len())]
}

/// JSON as the path wants it, more or less.
fn body(path: &str, random: &mut fastrand::Rng) -> String {
    let wanted: &[&str] = match path {
        "/transfer" => &["fromUserId", "toUserId", "amount"],
        _ => &["userId", "amount"],
    };
    let mut fields: Vec<&str> = wanted.to_vec();
    if random.u8(0..4) == 0 {
        let at = random.usize(0..=fields.len());
        fields.insert(at, *one::<&str>(FIELDS, random));
    }
    if random.u8(0..8) == 0 {
        fields.remove(random.usize(0..fields.len()));
    }
    let members = fields.into_iter().map(|field| {
        // Often what may be one, so that some are right in all.
        let small = ["1", "2", "3"];
        let value = if random.u8(0..4) > 0 { one(&small, random) } else { one(NUMBERS, random) };
        format!("\"{field}\":{value}")
    });
    let mut body = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    match random.u8(0..12) {
        0 => body.truncate(random.usize(0..=body.len())),
        1 => body.insert(random.usize(0..=body.len()), random.char(..)),
        2 => body = format!("[{body}]"),
        3 => body = "[".repeat(random.usize(0..500)),
        4 => body.clear(),
        _ => {}
    }
    body
}

/// `1.0` and `1e2` are such, too; none of those drawn is larger than a double holds.
#[expect(clippy::cast_possible_truncation, reason = "it was accepted as a whole number")]
fn whole(number: &Value) -> i64 {
    number.as_i64().or(number.as_f64().map(|number| number as i64)).expect("a number")
}

/// The balances as they have to be by all that was acknowledged.
struct Books {
    balances: BTreeMap<String, i64>,
    /// Keys of updates that were applied.
    keys: BTreeSet<&'static str>,
    moved: usize,
}

impl Books {
    /// As the bank has them.
    async fn of(addr: SocketAddr) -> Self {
        let accounts = get(addr, "/accounts").await.json()["accounts"].clone();
        let balances = serde_json::from_value(accounts).expect("balances");
        Self { balances, keys: BTreeSet::new(), moved: 0 }
    }

    fn enter(&mut self, asked: &Asked, answer: &Answer) {
        if answer.status != 200 || asked.method != "POST" {
            return;
        }
        if asked.key().is_some_and(|key| !self.keys.insert(key)) {
            // Answered as before, and not applied again.
            return;
        }
        let (asked, said): (Value, _) =
            (serde_json::from_str(&asked.body).expect("it was accepted"), answer.json());
        for (account, balance) in
            [("userId", "newBalance"), ("fromUserId", "fromBalance"), ("toUserId", "toBalance")]
        {
            if let Some(balance) = said[balance].as_i64() {
                self.balances.insert(whole(&asked[account]).to_string(), balance);
                self.moved += 1;
            }
        }
    }
}
