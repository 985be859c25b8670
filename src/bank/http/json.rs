//! JSON as requests have it: every number exactly as it is written, and no key
//! twice.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The members of a JSON object in their order: their keys, and their values as they
/// are written.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(String, Raw<'a>)>);

/// A value as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'a>(&'a str);

/// What is wrong with a text that was to be JSON.
#[derive(Debug)]
pub(super) enum BadJson {
    Syntax(serde_json::Error),
    /// The key, whose values may contradict each other.
    Duplicate(String),
}

impl<'a> Raw<'a> {
    /// The value that a text is, if no object in it has a key twice.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, BadJson> {
        let Duplicate(key) = serde_json::from_slice(text).map_err(BadJson::Syntax)?;
        match (key, std::str::from_utf8(text)) {
            (Some(key), _) => Err(BadJson::Duplicate(key)),
            (None, Ok(text)) => Ok(Self(text.trim_ascii())),
            // It could be something else in a string only, and those were read.
            (None, Err(error)) => Err(BadJson::Syntax(Error::custom(error))),
        }
    }

    /// Its members, if it is an object.
    pub(super) fn object(self) -> Option<Object<'a>> {
        let mut rest = self.0.strip_prefix('{')?.trim_ascii_start();
        let mut members = Vec::with_capacity(3);
        while rest.starts_with('"') {
            let (key, after) = rest.split_at(length(rest));
            let value = after.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
            let (value, after) = value.split_at(length(value));
            members.push((serde_json::from_str(key).ok()?, Self(value)));
            let after = after.trim_ascii_start();
            rest = after.strip_prefix(',').unwrap_or(after).trim_ascii_start();
        }
        Some(Object(members))
    }

    /// The integer that it is, whichever way it is written: `10`, `10.0`, `1e1`.
    /// `None`: it is another number or none at all, or 64 bits do not hold it.
    pub(super) fn integer(self) -> Option<i64> {
        // Nearly always; and what else Rust takes for a number is no JSON.
        self.0.parse().ok().or_else(|| integer_of(self.0))
    }

    /// As a message shows it: short, with its type where it matters.
    pub(super) fn describe(self) -> String {
        /// The longest number or text that is shown whole, in characters.
        const LONGEST: usize = 40;
        match self.0.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "an array".to_owned(),
            Some(b'"') => match serde_json::from_str::<String>(self.0) {
                Ok(text) if text.chars().count() <= LONGEST => format!("the string {text:?}"),
                _ => "a long string".to_owned(),
            },
            _ if self.0.len() <= LONGEST => self.0.to_owned(),
            _ => "a long number".to_owned(),
        }
    }
}

impl<'a> Object<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Raw<'a>> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| *value)
    }

    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = (&str, Raw<'a>)> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// How long the value is that a text begins with. The text is JSON, so that brackets
/// match, and a quotation mark ends a string unless a backslash is before it.
fn length(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            if in_string || depth > 0 {
                continue;
            }
            return at + 1;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            // What comes after a number or a word.
            b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            b'}' | b']' if depth == 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The first key, at any depth, that its object has twice.
struct Duplicate(Option<String>);

impl<'de> Deserialize<'de> for Duplicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self(None))
    }
}

impl<'de> Visitor<'de> for Duplicate {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self, A::Error> {
        while let Some(item) = items.next_element::<Self>()? {
            self.0 = self.0.or(item.0);
        }
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        let mut known = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.0.is_some() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let Self(within) = map.next_value()?;
            match known.contains(&key) {
                true => self.0 = Some(key),
                false => {
                    self.0 = within;
                    known.insert(key);
                }
            }
        }
        Ok(self)
    }
}

fn integer_of(text: &str) -> Option<i64> {
    /// Digits of the largest number.
    const MOST: usize = 19;
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text),
    };
    if !number.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    // Its value is that of the digits times ten to this.
    let shift = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let places = usize::try_from(shift.unsigned_abs()).ok()?;
    let digits = if shift < 0 {
        let (head, tail) = digits.split_at_checked(digits.len().checked_sub(places)?)?;
        tail.bytes().all(|digit| digit == b'0').then(|| head.to_owned())?
    } else {
        let fits = digits.len().checked_add(places).is_some_and(|all| all <= MOST);
        fits.then(|| format!("{digits}{}", "0".repeat(places)))?
    };
    let number: i128 = digits.parse().ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Raw<'_> {
        Raw::parse(text.as_bytes()).expect("JSON")
    }

    #[test]
    fn numbers_are_what_they_are_exactly() {
        for (text, number) in [
            ("10", 10),
            ("10.0", 10),
            ("1e1", 10),
            ("1E+1", 10),
            ("100e-1", 10),
            ("0.1e2", 10),
            ("-0", 0),
            ("-0.0e5", 0),
            ("-1.50e1", -15),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775807.000", i64::MAX),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("922337203685477580.7e1", i64::MAX),
            ("-9223372036854775808.0", i64::MIN),
            ("1e18", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(raw(text).integer(), Some(number), "{text}");
        }
        for text in [
            "10.5",
            "1e300",
            "1e-1",
            "15e-1",
            "1e19",
            "9223372036854775808",
            "9223372036854775808.0",
            "-9223372036854775809",
            "1e-999999999999999999999",
            "0.1",
            "\"10\"",
            "null",
            "[1]",
            "{}",
        ] {
            assert_eq!(raw(text).integer(), None, "{text}");
        }
        // What no double holds is refused before.
        assert!(matches!(Raw::parse(b"1e400"), Err(BadJson::Syntax(_))));
        assert_eq!((integer_of("1e400"), integer_of("1e99999999999999999999")), (None, None));
    }

    #[test]
    fn members_are_found_as_they_are_written() {
        let text = "{ \"a\" : 1.50e1 ,\"b\":\"}\\\"\\\\\",\"c\\u0064\" : [ {\"x\":\"]\"} , 2 ] , \
                    \"\": {} ,\"e\":true\n}\n";
        let object = raw(text).object().expect("an object");
        let members: Vec<_> = object.members().map(|(key, value)| (key, value.0)).collect();
        let wanted = [
            ("a", "1.50e1"),
            ("b", r#""}\"\\""#),
            ("cd", r#"[ {"x":"]"} , 2 ]"#),
            ("", "{}"),
            ("e", "true"),
        ];
        assert_eq!(members, wanted);
        assert_eq!(raw("{ }").object().map(|object| object.len()), Some(0));
        assert!(raw("[]").object().is_none() && raw("\"{\"").object().is_none());
        let within = object.get("").and_then(Raw::object).expect("an object");
        assert_eq!(within.len(), 0);
    }

    /// The same as serde_json finds, in whatever is JSON.
    #[test]
    fn members_are_those_that_others_find() {
        const PIECES: [&str; 15] = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "a", "1", " ", "\"a\":", "\"b\":", "null",
            "\n",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        let mut found = 0;
        for _ in 0..20_000 {
            let pieces = (0..random.usize(1..12)).map(|_| PIECES[random.usize(0..PIECES.len())]);
            let text = format!("{{\"c\":{}}}", pieces.collect::<String>());
            let Ok(value) = Raw::parse(text.as_bytes()) else { continue };
            let others: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&text).expect("an object");
            let object = value.object().expect("an object");
            assert_eq!(object.len(), others.len(), "{text}");
            for ((key, value), (other_key, other)) in object.members().zip(&others) {
                let value: serde_json::Value = serde_json::from_str(value.0).expect("JSON");
                assert_eq!((key, &value), (&**other_key, other), "{text}");
            }
            found += 1;
        }
        assert!(found > 200, "{found}");
    }

    #[test]
    fn a_key_is_there_once_at_any_depth() {
        let duplicate = |text: &str| match Raw::parse(text.as_bytes()) {
            Err(BadJson::Duplicate(key)) => Some(key),
            other => other.map(|_| None).expect("JSON"),
        };
        for (text, key) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"a":1,"b":{"c":1,"d":[{"e":1,"e":2}]}}"#, "e"),
            (r#"{"a":[1,{"b":{"x":1},"c":{},"b":2}]}"#, "b"),
            (r#"[{"a":1},{"h":1,"i":1,"h":1}]"#, "h"),
        ] {
            assert_eq!(duplicate(text).as_deref(), Some(key), "{text}");
        }
        for text in [r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#, "{}", r#"{"a":1,"A":2}"#] {
            assert_eq!(duplicate(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_said() {
        let deep = format!("{{\"a\":{}}}", "[".repeat(10_000));
        let closed = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for text in ["{", "{}x", r#"{"a":01}"#, r#"{"a":NaN}"#, r#"{"a" 1}"#, &deep, &closed] {
            let parsed = Raw::parse(text.as_bytes());
            assert!(matches!(parsed, Err(BadJson::Syntax(_))), "{text:.40}");
        }
        assert!(matches!(Raw::parse(b"{\"a\xff\":1}"), Err(BadJson::Syntax(_))));
    }

    #[test]
    fn values_are_described_in_a_few_words() {
        let long = format!("\"{}\"", "x".repeat(100));
        for (text, words) in [
            ("1e300", "1e300"),
            ("null", "null"),
            ("\"1\"", "the string \"1\""),
            (&long, "a long string"),
            (&"1".repeat(100), "a long number"),
            ("[1]", "an array"),
            ("{}", "an object"),
        ] {
            assert_eq!(raw(text).describe(), words);
        }
    }
}
