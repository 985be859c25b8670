use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use super::path::JsonPath;
use super::spots::Spots;
use crate::model::{AmountRange, Scale};
use crate::template::{Expression, JsonTemplate, Template};

/// An operation that the scenario declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    pub name: Arc<str>,
    pub request: RequestTemplate,
    /// What an answer has to be to count as done. `None`: any 2xx.
    pub ok: Option<AnyOf>,
    /// The answer that refuses because the account holds too little.
    pub rejected: Option<AnyOf>,
    /// The answer that means that nothing happened, by whatever rule.
    pub failed: Option<AnyOf>,
    /// The answer that leaves open what happened.
    pub unknown: Option<AnyOf>,
    /// What it does to the accounts, at most once to each. None: it is not judged.
    pub effects: Vec<Effect>,
    pub captures: Vec<Capture>,
    pub checks: Vec<CheckRule>,
    /// How to ask what became of it when it was never answered.
    pub resolve: Option<Resolve>,
    pub tags: Vec<(Arc<str>, Arc<str>)>,
    /// Whether its request says which one it is, so that it can be asked for later.
    pub is_keyed: bool,
    pub spots: Spots,
}

/// A request with templates in it.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestTemplate {
    /// In capitals.
    pub method: Arc<str>,
    /// With its query, or a whole URL.
    pub path: Template,
    pub query: Vec<(String, JsonTemplate)>,
    pub headers: Vec<(String, Template)>,
    pub body: BodyTemplate,
    pub timeout: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BodyTemplate {
    None,
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, JsonTemplate)>),
    Text(Template),
}

/// What an answer has to be: all of it at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    pub status: Option<StatusSet>,
    pub assertions: Vec<Assertion>,
}

/// What an answer may be: one of these, of which there is at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyOf(pub Vec<Expected>);

/// Some HTTP statuses, as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    pub text: String,
    pub ranges: Vec<RangeInclusive<u16>>,
}

/// One comparison of a part of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    pub source: Source,
    pub comparisons: Vec<Comparison>,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Status,
    Header(String),
    /// The body as JSON, and in it this path.
    Json(JsonPath),
    /// The body as a text.
    Body,
    /// The first group of the pattern in the body, or the whole match.
    Match(Pattern),
    /// How long the answer took, in seconds.
    Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub relation: Relation,
    pub operand: JsonTemplate,
    /// Of `matches`, where the pattern is the same every time.
    pub pattern: Option<Pattern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Matches,
    Exists,
}

/// A regular expression. Equal where the texts are.
#[derive(Clone, Debug)]
pub struct Pattern(pub Regex);

/// What an acknowledged operation did, as far as the checker may rely on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Of all its amounts.
    pub scale: Scale,
    pub account: Template,
    /// What is added to the account. `None`: it is only read.
    pub delta: Option<Template>,
    /// Whether `delta` names what the operation captures from its own answer.
    pub is_told: bool,
    /// Where the answer has the account's balance.
    pub balance: Option<JsonPath>,
    /// The account that gets what is taken from `account`.
    pub to: Option<Template>,
    pub to_balance: Option<JsonPath>,
}

/// A part of the answer that later templates can name.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    pub name: Arc<str>,
    pub source: Source,
}

/// A named assertion on the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRule {
    pub name: Arc<str>,
    pub expected: Expected,
    /// Whether a failure fails the run by itself.
    pub counts: bool,
}

/// The request that says what became of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolve {
    pub request: RequestTemplate,
    /// The answer that means it took effect.
    pub applied: Expected,
    pub balance: Option<JsonPath>,
    pub to_balance: Option<JsonPath>,
}

/// A value for a parameter, where an operation is used.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Value(JsonTemplate),
    /// Drawn anew each time.
    Range(AmountRange),
}

/// How the accounts come to their state at the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reset {
    /// `POST /reset`, as bankrun's own server has it.
    #[default]
    Bank,
    /// They stay as they are found.
    Nothing,
    Requests(Vec<ResetStep>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResetStep {
    pub request: RequestTemplate,
    /// Whether it is sent once for every account, with `account` and `balance`;
    /// else it is sent once, and `accounts` has them all.
    pub each: bool,
}

/// How the accounts are read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRule {
    pub scale: Scale,
    pub request: RequestTemplate,
    pub balances: Balances,
}

/// Where an answer has the balances.
#[derive(Clone, Debug, PartialEq)]
pub enum Balances {
    /// Of the account that was asked for.
    One(JsonPath),
    /// An object, with a balance for each name.
    ByName(JsonPath),
    /// A list; the expressions work on each `item` of it.
    List { each: JsonPath, account: Template, balance: Expression },
}

impl Declared {
    /// The variables it needs from where it is used.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = self.request.variables();
        for effect in &self.effects {
            let templates = [Some(&effect.account), effect.delta.as_ref(), effect.to.as_ref()];
            names.extend(templates.into_iter().flatten().flat_map(Template::variables));
        }
        if let Some(resolve) = &self.resolve {
            names.extend(resolve.request.variables());
            names.extend(resolve.applied.variables());
        }
        let meanings = [&self.ok, &self.rejected, &self.failed, &self.unknown];
        let expected = meanings.into_iter().flatten().flat_map(|meaning| &meaning.0);
        let expected = expected.chain(self.checks.iter().map(|check| &check.expected));
        names.extend(expected.flat_map(Expected::variables));
        // Known once the answer is there.
        for capture in &self.captures {
            names.remove(&*capture.name);
        }
        names
    }

    /// The first of its effects.
    pub fn effect(&self) -> Option<&Effect> {
        self.effects.first()
    }

    /// The variable that is different for each operation of each run.
    pub const KEY: &str = "key";
}

impl RequestTemplate {
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = self.path.variables();
        names.extend(self.query.iter().flat_map(|(_, value)| value.variables()));
        names.extend(self.headers.iter().flat_map(|(_, value)| value.variables()));
        match &self.body {
            BodyTemplate::None => {}
            BodyTemplate::Json(json) => names.extend(json.variables()),
            BodyTemplate::Form(fields) => {
                names.extend(fields.iter().flat_map(|(_, value)| value.variables()));
            }
            BodyTemplate::Text(text) => names.extend(text.variables()),
        }
        names
    }
}

impl Expected {
    pub fn variables(&self) -> BTreeSet<String> {
        let comparisons = self.assertions.iter().flat_map(|assertion| &assertion.comparisons);
        comparisons.flat_map(|comparison| comparison.operand.variables()).collect()
    }
}

impl StatusSet {
    pub fn contains(&self, status: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&status))
    }
}

impl Relation {
    pub const ALL: &[(&str, Self)] = &[
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("contains", Self::Contains),
        ("matches", Self::Matches),
        ("exists", Self::Exists),
    ];

    /// As the file has it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, relation)| *relation == self).map_or("", |(name, _)| name)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Value(JsonTemplate::Text(template)) => template.fmt(f),
            Self::Value(JsonTemplate::Fixed(serde_json::Value::String(text))) => f.write_str(text),
            Self::Value(JsonTemplate::Fixed(value)) => write!(f, "{value}"),
            Self::Value(_) => f.write_str("..."),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("status"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Json(path) => write!(f, "{path}"),
            Self::Body => f.write_str("body"),
            Self::Match(pattern) => write!(f, "/{}/", pattern.0),
            Self::Duration => f.write_str("duration"),
        }
    }
}
