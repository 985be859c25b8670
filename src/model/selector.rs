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
            match is_plain(value) {
                true => write!(f, "{before}{name}:{value}")?,
                false => write!(f, "{before}{name}:\"{value}\"")?,
            }
        }
        if self.tags.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// Whether it means the same without quotes.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && !value.contains([',', '{', '}', '"', '\''])
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
    }
}
