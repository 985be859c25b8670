use std::fmt;

/// A metric, or the part of its samples that carry all of these tags:
/// `http_req_duration{operation:deposit}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector {
    pub metric: String,
    /// Name and value; none selects all samples.
    pub tags: Vec<(String, String)>,
}

impl Selector {
    /// All samples of the metric.
    pub fn of(metric: impl Into<String>) -> Self {
        Self { metric: metric.into(), tags: Vec::new() }
    }

    /// Those of its samples that carry the tag, too.
    pub fn tagged(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        for (index, (name, value)) in self.tags.iter().enumerate() {
            let before = if index == 0 { "{" } else { "," };
            let quote = quote(value);
            write!(f, "{before}{name}:{quote}{value}{quote}")?;
        }
        if self.tags.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// The quotes in which the value can be read back. None are needed around most;
/// what is read from a file never needs both.
fn quote(value: &str) -> &'static str {
    let is_plain = value.trim() == value
        && !value.is_empty()
        && !value.starts_with(['"', '\''])
        && !value.contains([',', '{', '}']);
    match is_plain {
        true => "",
        false if value.contains('"') => "'",
        false => "\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_as_it_is_written() {
        assert_eq!(Selector::of("vus").to_string(), "vus");
        let two = Selector::of("http_reqs").tagged("operation", "deposit").tagged("status", "200");
        assert_eq!(two.to_string(), "http_reqs{operation:deposit,status:200}");
        let odd = Selector::of("checks").tagged("check", "a, b");
        assert_eq!(odd.to_string(), r#"checks{check:"a, b"}"#);
        let spoken = Selector::of("checks").tagged("check", r#"says "a, b""#);
        assert_eq!(spoken.to_string(), r#"checks{check:'says "a, b"'}"#);
        let within = Selector::of("checks").tagged("check", r#"it's "b""#);
        assert_eq!(within.to_string(), r#"checks{check:it's "b"}"#);
    }
}
