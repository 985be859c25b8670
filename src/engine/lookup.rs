//! Finds one value in a JSON text, and makes no values of the rest.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::answers::without_mark;

/// The value that these names lead to, from object to object. The error: the
/// text is not JSON.
pub(super) fn find(text: &[u8], names: &[impl AsRef<str>]) -> serde_json::Result<Option<Json>> {
    // What is skipped is not looked at.
    let text = std::str::from_utf8(without_mark(text)).map_err(serde_json::Error::custom)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let found = Walk(names).deserialize(&mut json)?;
    json.end()?;
    Ok(found)
}

/// The way that is left.
struct Walk<'n, N>(&'n [N]);

impl<'de, N: AsRef<str>> DeserializeSeed<'de> for Walk<'_, N> {
    type Value = Option<Json>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            [] => serde::Deserialize::deserialize(json).map(Some),
            _ => json.deserialize_any(self),
        }
    }
}

impl<'de, N: AsRef<str>> Visitor<'de> for Walk<'_, N> {
    type Value = Option<Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    /// Of a name that is there twice, the last one counts, as everywhere.
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let Some((name, rest)) = self.0.split_first() else { return Ok(None) };
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(Is(name.as_ref()))? {
            if is_it {
                found = map.next_value_seed(Walk(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a key is this name.
struct Is<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, names: &[&str]) -> Option<String> {
        find(text.as_bytes(), names).expect("JSON").map(|value| value.to_string())
    }

    #[test]
    fn the_same_is_found_as_in_the_whole_value() {
        let names: &[&[&str]] = &[&[], &["a"], &["a", "b"], &["a", "b", "c"], &["é\n"], &["x"]];
        for text in [
            r#"{"a":{"b":{"c":[1,2]},"z":"}"},"é\n":-1.5e3}"#,
            r#" { "z" : [ {"a":1} ] , "a" : { "b" : null } } "#,
            r#"{"a":1,"a":{"b":2}}"#,
            r#"{"a":{"b":2},"a":1}"#,
            "[1, {\"a\": 2}]",
            "\"a\"",
            "-17",
            "1.5",
            "18446744073709551615",
            "true",
            "null",
            "{}",
            "\u{feff}{\"a\":{\"b\":\"\\u00e9\"}}",
        ] {
            let whole: Json = super::super::answers::json(text.as_bytes()).expect("JSON");
            for names in names {
                let expected = names.iter().try_fold(&whole, |value, name| value.get(name));
                assert_eq!(found(text, names), expected.map(Json::to_string), "{names:?} {text}");
            }
        }
    }

    #[test]
    fn what_is_no_json_is_refused_to_its_end() {
        for text in ["", "{", "{\"a\":1", "{\"a\":1} x", "{\"a\":1,}", "{a:1}", "nul", "[1,]"] {
            assert!(find(text.as_bytes(), &["a"]).is_err(), "{text}");
        }
        assert!(find(b"{\"a\":1,\"b\":\"\xff\"}", &["a"]).is_err());
    }
}
