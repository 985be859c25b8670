use std::fmt;

use serde_json::Value as Json;
use serde_json_path::ParseError;

/// Leads to a part of a JSON text (RFC 9535).
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    whole: serde_json_path::JsonPath,
    /// Where it is nothing but names: `$.order.left`. Most are.
    names: Option<Vec<String>>,
}

impl JsonPath {
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { whole: serde_json_path::JsonPath::parse(text)?, names: names(text) })
    }

    /// The names that lead there, from object to object, where that is all.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// Every value that it leads to.
    pub fn all<'a>(&self, json: &'a Json) -> Vec<&'a Json> {
        self.whole.query(json).all()
    }
}

fn names(text: &str) -> Option<Vec<String>> {
    let is_plain = |name: &str| {
        !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut parts = text.split('.');
    let is_root = parts.next() == Some("$");
    let names: Vec<String> = parts.map(str::to_owned).collect();
    (is_root && names.iter().all(|name| is_plain(name))).then_some(names)
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_told_from_all_else() {
        let names = |text| JsonPath::parse(text).expect("a path").names().map(<[String]>::to_vec);
        assert_eq!(names("$"), Some(vec![]));
        assert_eq!(names("$.order.left_1"), Some(vec!["order".into(), "left_1".into()]));
        for text in ["$.*", "$..left", "$['a']", "$.a[0]", "$.é", "$[?@.a.b]"] {
            assert_eq!(names(text), None, "{text}");
        }
    }

    #[test]
    fn names_lead_where_the_path_does() {
        let json = json!({ "a": { "b": [1], "c": null }, "b": 2 });
        for text in ["$", "$.a", "$.a.b", "$.a.c", "$.a.d", "$.b.a", "$.a.b.c"] {
            let path = JsonPath::parse(text).expect("a path");
            let mut names = path.names().expect("names").iter();
            let found = names.try_fold(&json, |value, name| value.get(name));
            assert_eq!(path.all(&json), Vec::from_iter(found), "{text}");
        }
    }
}
