//! Looks at an answer as a scenario declares it.

use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::Value as Json;

use super::Answer;
use crate::facts::Mismatch;
use crate::model::{Amount, Scale};
use crate::scenario::{AnyOf, Assertion, Comparison, Expected, JsonPath, Relation, Source};
use crate::template::Scope;

/// Longest value shown of a mismatch.
const SHOWN: usize = 100;

/// So many looks into a JSON text cost less than to read it.
const FEW: u8 = 2;

/// An answer that is looked at several times.
pub(super) struct Seen<'a> {
    answer: &'a Answer,
    took: Duration,
    json: OnceCell<Option<Json>>,
    /// How often something was looked for in it.
    looks: Cell<u8>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(answer: &'a Answer, took: Duration) -> Self {
        Self { answer, took, json: OnceCell::new(), looks: Cell::new(0) }
    }

    /// Whether the answer is as expected; the error says what is not. Templates
    /// that cannot be worked out are such an error, too.
    pub(super) fn is(&self, expected: &Expected, scope: &Arc<Scope>) -> Result<(), Mismatch> {
        if let Some(set) = &expected.status
            && !set.contains(self.answer.status)
        {
            return Err(Mismatch {
                expected: format!("status {}", set.text),
                actual: self.answer.status.to_string(),
            });
        }
        expected.assertions.iter().try_for_each(|assertion| self.holds(assertion, scope))
    }

    /// Whether the answer is as one of them; the error says what the first one misses.
    pub(super) fn is_any(&self, meaning: &AnyOf, scope: &Arc<Scope>) -> Result<(), Mismatch> {
        let mut first = None;
        for expected in &meaning.0 {
            match self.is(expected, scope) {
                Ok(()) => return Ok(()),
                Err(mismatch) => first = first.or(Some(mismatch)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The part of the answer; `None` where it is not there.
    pub(super) fn part(&self, source: &Source) -> Option<Json> {
        match source {
            Source::Status => Some(self.answer.status.into()),
            Source::Header(name) => {
                let value = self.answer.headers.get(name)?;
                Some(String::from_utf8_lossy(value.as_bytes()).into())
            }
            Source::Json(path) => self.at(path),
            Source::Body => Some(self.text().into()),
            Source::Match(pattern) => {
                let text = self.text();
                let found = pattern.0.captures(&text)?;
                let group = found.get(1).or_else(|| found.get(0))?;
                Some(group.as_str().into())
            }
            Source::Duration => Some(self.took.as_secs_f64().into()),
        }
    }

    /// What the path leads to: one value, or a list of several.
    pub(super) fn at(&self, path: &JsonPath) -> Option<Json> {
        if let Some(names) = path.names()
            && self.is_new()
        {
            return super::lookup::find(&self.answer.body, names).ok()?;
        }
        let nodes = self.all(path);
        match nodes.as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            several => Some(several.iter().map(|node| (*node).clone()).collect()),
        }
    }

    /// Every value that the path leads to.
    pub(super) fn all(&self, path: &JsonPath) -> Vec<&Json> {
        self.json().map(|json| path.all(json)).unwrap_or_default()
    }

    pub(super) fn amount(&self, path: &JsonPath, scale: Scale) -> Option<Amount> {
        scale.of_json(&self.at(path)?)
    }

    /// Whether the JSON was looked at so little that it is faster to look through
    /// its text once more than to read it all.
    fn is_new(&self) -> bool {
        let looks = self.looks.get();
        self.looks.set(looks.saturating_add(1));
        looks < FEW && self.json.get().is_none()
    }

    fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| super::answers::json(&self.answer.body)).as_ref()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer.body).into_owned()
    }

    fn holds(&self, assertion: &Assertion, scope: &Arc<Scope>) -> Result<(), Mismatch> {
        let actual = self.part(&assertion.source);
        for comparison in &assertion.comparisons {
            let relation = comparison.relation.name();
            let operand = comparison.operand.render(scope).map_err(|cause| Mismatch {
                expected: format!("{} {relation} ...", assertion.source),
                actual: cause,
            })?;
            if !compare(actual.as_ref(), comparison, &operand) {
                return Err(Mismatch {
                    expected: format!("{} {relation} {}", assertion.source, shown(&operand)),
                    actual: actual.as_ref().map_or("nothing".to_owned(), shown),
                });
            }
        }
        Ok(())
    }
}

fn compare(actual: Option<&Json>, comparison: &Comparison, operand: &Json) -> bool {
    if comparison.relation == Relation::Exists {
        return actual.is_some() == operand.as_bool().unwrap_or(true);
    }
    let Some(actual) = actual else { return false };
    match comparison.relation {
        Relation::Equal => equal(actual, operand),
        Relation::NotEqual => !equal(actual, operand),
        Relation::Less => order(actual, operand) == Some(Ordering::Less),
        Relation::Greater => order(actual, operand) == Some(Ordering::Greater),
        Relation::LessOrEqual => order(actual, operand).is_some_and(Ordering::is_le),
        Relation::GreaterOrEqual => order(actual, operand).is_some_and(Ordering::is_ge),
        Relation::Contains => match actual {
            Json::Array(items) => items.iter().any(|item| equal(item, operand)),
            Json::Object(fields) => operand.as_str().is_some_and(|key| fields.contains_key(key)),
            text => plain(text).contains(&plain(operand)),
        },
        Relation::Matches => match (&comparison.pattern, operand) {
            (Some(pattern), _) => pattern.0.is_match(&plain(actual)),
            (None, Json::String(pattern)) => {
                Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&plain(actual)))
            }
            _ => false,
        },
        Relation::Exists => true,
    }
}

/// Numbers by value, however they are written; a number and a text that holds
/// the same number are equal (headers and forms know only texts).
fn equal(actual: &Json, operand: &Json) -> bool {
    actual == operand || order(actual, operand) == Some(Ordering::Equal)
}

fn order(actual: &Json, operand: &Json) -> Option<Ordering> {
    match (actual, operand) {
        (Json::String(actual), Json::String(operand)) => Some(actual.cmp(operand)),
        _ => {
            if let (Some(actual), Some(operand)) = (integer(actual), integer(operand)) {
                return Some(actual.cmp(&operand));
            }
            float(actual)?.partial_cmp(&float(operand)?)
        }
    }
}

fn integer(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn float(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value in a message.
fn shown(value: &Json) -> String {
    let text = match value {
        Json::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::HeaderMap;

    use super::*;
    use crate::scenario::Scenario;
    use crate::template::{Dice, Place};

    /// The check of a scenario, held against an answer.
    fn checked(assertion: &str) -> Result<(), String> {
        let text = format!(
            "operations:\n  a:\n    request: /\n    checks: {{ c: {assertion} }}\nscenarios: {{ s: \
             {{ executor: shared-iterations, operations: [{{ a: {{}} }}] }} }}"
        );
        let loaded = Scenario::from_yaml("test.yaml", &text).map_err(|error| error.to_string());
        let scenario = loaded.unwrap_or_else(|error| panic!("{error}")).scenario;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().expect("a header"));
        headers.insert("x-left", "12".parse().expect("a header"));
        let body = Bytes::from_static(
            br#"{"left":7,"seats":[{"id":1},{"id":2}],"name":"ann","price":1.5}"#,
        );
        let answer = Answer { status: 201, headers: headers.into(), body, is_aftermath: false };
        let scope =
            Scope::new(Place::default(), Dice::new(fastrand::Rng::with_seed(1)), &Arc::default());
        let expected = &scenario.operations[0].checks[0].expected;
        Seen::new(&answer, Duration::from_millis(20))
            .is(expected, &Arc::new(scope))
            .map_err(|mismatch| format!("{} / {}", mismatch.expected, mismatch.actual))
    }

    #[test]
    fn what_holds() {
        for assertion in [
            "201",
            "2xx",
            "{ status: [200, 201], jsonpath: $.left, '>=': 0, '<': 10 }",
            "{ jsonpath: $.left, '==': 7 }",
            "{ jsonpath: $.left, '==': '7' }",
            "{ jsonpath: $.price, '>': 1 }",
            "{ jsonpath: $.name }",
            "{ jsonpath: $.nothing, exists: false }",
            "{ jsonpath: '$.seats[*].id', contains: 2 }",
            "{ jsonpath: '$.seats[1]', contains: id }",
            "{ header: X-Left, '<=': 12 }",
            "{ header: Content-Type, contains: json }",
            "{ contains: 'left' }",
            "{ matches: '\"id\":\\d' }",
            "{ duration: 30ms }",
            "{ jsonpath: $.left, '==': '{{ 3 + 4 }}' }",
        ] {
            assert_eq!(checked(assertion), Ok(()), "{assertion}");
        }
    }

    #[test]
    fn what_does_not_hold_is_told_with_both_values() {
        let told = |assertion| checked(assertion).expect_err(assertion);
        assert_eq!(told("200"), "status 200 / 201");
        assert_eq!(told("[200, 3xx]"), "status 200 or 3xx / 201");
        assert_eq!(told("{ jsonpath: $.left, '>': 7 }"), "$.left > 7 / 7");
        assert_eq!(told("{ jsonpath: $.name, '==': bob }"), "$.name == \"bob\" / \"ann\"");
        assert_eq!(told("{ jsonpath: $.nothing }"), "$.nothing exists true / nothing");
        assert_eq!(told("{ header: X-None, '==': 1 }"), "header X-None == 1 / nothing");
        assert_eq!(told("{ jsonpath: $.name, '<': 1 }"), "$.name < 1 / \"ann\"");
        assert_eq!(told("{ duration: 10ms }"), "duration <= 0.01 / 0.02");
    }
}
