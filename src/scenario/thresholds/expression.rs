use std::ops::Range;

use super::cursor::{Cursor, Fault};
use super::types::Operator;
use crate::model::Aggregation;
use crate::scenario::suggest;
use crate::scenario::wording::quoted;

/// What an expression says, and where it says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) aggregation: Aggregation,
    pub(super) aggregation_at: Range<usize>,
    pub(super) operator: Operator,
    pub(super) bound: f64,
    pub(super) bound_at: Range<usize>,
}

const EXAMPLES: &str = "for example `p(95)<200`, `rate<0.01` or `count>100`";
const AGGREGATIONS: &str = "there are `count`, `rate`, `value`, `avg`, `min`, `max`, `med` and \
                            `p(N)`, such as `p(95)`";

/// The longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    ("===", Operator::Equal),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// ```text
/// expression  = aggregation operator number
/// aggregation = "count" | "rate" | "value" | "avg" | "min" | "max" | "med" | "p(" number ")"
/// operator    = "<" | "<=" | ">" | ">=" | "==" | "===" | "!="
/// ```
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    let mut cursor = Cursor::new(text);
    cursor.skip_space();
    let start = cursor.at();
    let aggregation = aggregation(&mut cursor)?;
    let aggregation_at = cursor.since(start);
    cursor.skip_space();
    let operator = operator(&mut cursor, aggregation)?;
    cursor.skip_space();
    let start = cursor.at();
    let bound = bound(&mut cursor)?;
    let bound_at = cursor.since(start);
    cursor.skip_space();
    match cursor.peek() {
        None => Ok(Expression { aggregation, aggregation_at, operator, bound, bound_at }),
        Some(_) => {
            let more = quoted(&cursor.text(cursor.rest()));
            let hint = "an expression is one comparison; write several as a list";
            Err(Fault::new(cursor.rest(), format!("{more} does not belong here"), hint))
        }
    }
}

fn aggregation(cursor: &mut Cursor) -> Result<Aggregation, Fault> {
    let start = cursor.at();
    let word = cursor.take(|char| char.is_alphanumeric() || char == '_');
    if word.is_empty() {
        let message = "an aggregation is missing here".to_owned();
        return Err(Fault::new(start..start + 1, message, EXAMPLES));
    }
    if word == "p" {
        return percentile(cursor, start);
    }
    let named = Aggregation::NAMED.iter().find(|(name, _)| *name == word);
    if let Some((_, aggregation)) = named {
        return Ok(*aggregation);
    }
    let hint = meant(&word)
        .map_or_else(|| AGGREGATIONS.to_owned(), |name| format!("did you mean `{name}`?"));
    let message = format!("unknown aggregation {}", quoted(&word));
    Err(Fault::new(cursor.since(start), message, hint))
}

/// The aggregation that other tools call by this name, or that is spelt alike.
fn meant(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let percent = lower.strip_prefix('p').and_then(|percent| percent.parse::<u8>().ok());
    if let Some(percent) = percent {
        return Some(format!("p({percent})"));
    }
    let known = match lower.as_str() {
        "mean" | "average" => Some("avg"),
        "median" => Some("med"),
        "minimum" => Some("min"),
        "maximum" => Some("max"),
        "sum" | "total" => Some("count"),
        "percentile" => Some("p(95)"),
        _ => suggest::nearest(word, Aggregation::NAMED.map(|(name, _)| name)),
    };
    known.map(str::to_owned)
}

/// After its `p`.
fn percentile(cursor: &mut Cursor, start: usize) -> Result<Aggregation, Fault> {
    const HINT: &str = "for example `p(95)` or `p(99.9)`";
    cursor.skip_space();
    if !cursor.eat('(') {
        let message = "a percentile is written with its number in brackets".to_owned();
        return Err(Fault::new(start..cursor.at().max(start + 1), message, HINT));
    }
    cursor.skip_space();
    let number_at = cursor.at();
    let number = cursor.take(|char| !char.is_whitespace() && char != ')');
    let range = cursor.since(number_at);
    cursor.skip_space();
    if !cursor.eat(')') {
        let message = "a `)` is missing after the number of the percentile".to_owned();
        return Err(Fault::new(start..range.end, message, HINT));
    }
    match plain_number(&number) {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Aggregation::Percentile(percent)),
        Some(_) => {
            let message = format!("there is no percentile {}", quoted(&number));
            Err(Fault::new(range, message, "percentiles go from 0 to 100"))
        }
        None => {
            let message = format!("{} is no number", quoted(&number));
            Err(Fault::new(range, message, HINT))
        }
    }
}

fn operator(cursor: &mut Cursor, after: Aggregation) -> Result<Operator, Fault> {
    const HINT: &str = "there are `<`, `<=`, `>`, `>=`, `==` and `!=`";
    let start = cursor.at();
    for (text, operator) in OPERATORS {
        if cursor.eat_text(text) {
            return if is_operator(cursor.peek()) {
                Err(unknown(cursor, start))
            } else {
                Ok(operator)
            };
        }
    }
    if is_operator(cursor.peek()) {
        return Err(unknown(cursor, start));
    }
    let message = format!("an operator is missing after `{after}`");
    return Err(Fault::new(start..start + 1, message, HINT));

    fn unknown(cursor: &mut Cursor, start: usize) -> Fault {
        cursor.take(|char| is_operator(Some(char)));
        let text = cursor.text(start..cursor.at());
        let hint = match text.as_str() {
            "=" => "did you mean `==`?",
            "=<" => "did you mean `<=`?",
            "=>" => "did you mean `>=`?",
            "<>" | "!" | "!==" | "~=" => "did you mean `!=`?",
            _ => HINT,
        };
        Fault::new(start..cursor.at(), format!("unknown operator {}", quoted(&text)), hint)
    }
}

fn is_operator(char: Option<char>) -> bool {
    char.is_some_and(|char| "<>=!~".contains(char))
}

fn bound(cursor: &mut Cursor) -> Result<f64, Fault> {
    let start = cursor.at();
    let text = cursor.take(|char| char.is_alphanumeric() || "+-._%µ".contains(char));
    if text.is_empty() {
        let message = "a number is missing here".to_owned();
        return Err(Fault::new(start..start + 1, message, EXAMPLES));
    }
    plain_number(&text).ok_or_else(|| {
        let message = format!("{} is no number", quoted(&text));
        Fault::new(cursor.since(start), message, without_unit(&text))
    })
}

/// Neither `inf` nor `nan`, which Rust reads as numbers.
fn plain_number(text: &str) -> Option<f64> {
    let begins = text.starts_with(|char: char| char.is_ascii_digit() || "+-.".contains(char));
    let number: f64 = text.parse().ok().filter(|_| begins)?;
    number.is_finite().then_some(number)
}

/// How to write what has a unit.
fn without_unit(text: &str) -> String {
    let units = [("ms", 1.0), ("µs", 1e-3), ("us", 1e-3), ("%", 0.01), ("s", 1e3), ("m", 6e4)];
    for (unit, factor) in units {
        let number = text.strip_suffix(unit).and_then(plain_number);
        if let Some(number) = number {
            let plain = (number * factor * 1e9).round() / 1e9;
            return match unit {
                "%" => format!("a rate goes from 0 to 1: write `{plain}`"),
                _ => format!("durations are in milliseconds: write `{plain}`"),
            };
        }
    }
    EXAMPLES.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Aggregation as A;

    #[test]
    fn everything_that_k6_takes() {
        for (text, aggregation, operator, bound) in [
            ("p(95)<200", A::Percentile(95.0), Operator::Less, 200.0),
            ("p(99.9) <= 0.5", A::Percentile(99.9), Operator::AtMost, 0.5),
            ("  p( 50 )>1e3 ", A::Percentile(50.0), Operator::Greater, 1000.0),
            ("avg>=10", A::Avg, Operator::AtLeast, 10.0),
            ("min == 1", A::Min, Operator::Equal, 1.0),
            ("max===1", A::Max, Operator::Equal, 1.0),
            ("med != -2.5", A::Med, Operator::NotEqual, -2.5),
            ("count>100", A::Count, Operator::Greater, 100.0),
            ("rate<.01", A::Rate, Operator::Less, 0.01),
            ("value<5", A::Value, Operator::Less, 5.0),
        ] {
            let found = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            let found = (found.aggregation, found.operator, found.bound);
            assert_eq!(found, (aggregation, operator, bound), "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_place_and_a_way_out() {
        for (text, at, message, hint) in [
            ("", 0..1, "an aggregation is missing", "for example"),
            ("<200", 0..1, "an aggregation is missing", "for example"),
            ("p95<200", 0..3, "unknown aggregation `p95`", "`p(95)`"),
            ("mean<200", 0..4, "unknown aggregation `mean`", "`avg`"),
            ("median<2", 0..6, "unknown aggregation `median`", "`med`"),
            ("cuont>1", 0..5, "unknown aggregation `cuont`", "`count`"),
            ("latency<1", 0..7, "unknown aggregation `latency`", "there are"),
            ("p<200", 0..1, "in brackets", "`p(95)`"),
            ("p(95<200", 0..8, "a `)` is missing", "`p(95)`"),
            ("p(101)<200", 2..5, "no percentile `101`", "0 to 100"),
            ("p(x)<200", 2..3, "`x` is no number", "`p(95)`"),
            ("p(nan)<200", 2..5, "`nan` is no number", "`p(95)`"),
            ("p()<200", 2..3, "is no number", "`p(95)`"),
            ("p(95)", 5..6, "an operator is missing after `p(95)`", "there are `<`"),
            ("avg 200", 4..5, "an operator is missing after `avg`", "there are `<`"),
            ("avg=200", 3..4, "unknown operator `=`", "`==`"),
            ("avg =< 200", 4..6, "unknown operator `=<`", "`<=`"),
            ("avg<<200", 3..5, "unknown operator `<<`", "there are `<`"),
            ("avg<", 4..5, "a number is missing", "for example"),
            ("avg < ", 6..7, "a number is missing", "for example"),
            ("avg<200ms", 4..9, "`200ms` is no number", "write `200`"),
            ("avg<1.5s", 4..8, "`1.5s` is no number", "write `1500`"),
            ("rate<1%", 5..7, "`1%` is no number", "write `0.01`"),
            ("avg<inf", 4..7, "`inf` is no number", "for example"),
            ("avg<1e999", 4..9, "`1e999` is no number", "for example"),
            ("avg<200 && max<300", 8..18, "`&& max<300` does not belong", "as a list"),
        ] {
            let fault = parse(text).expect_err(text);
            assert!(fault.message.contains(message), "{text}: {}", fault.message);
            assert!(fault.hint.contains(hint), "{text}: {}", fault.hint);
            assert_eq!(fault.at, at, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

        #[test]
        fn no_text_makes_it_panic(text in r"(p|avg|rate|count)?[ ()<>=!0-9.eE%msµü-]{0,12}|\PC*") {
            if let Err(fault) = parse(&text) {
                prop_assert!(fault.at.start < fault.at.end, "{fault:?}");
                prop_assert!(fault.at.start <= text.chars().count());
            }
        }
    }
}
