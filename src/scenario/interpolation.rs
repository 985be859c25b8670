//! `${NAME}` and `${NAME:-default}`: values from outside, put in before anything
//! else is read.

use std::collections::BTreeMap;

/// The variables of the environment and of `-e`.
pub type Environment = BTreeMap<String, String>;

/// What a text becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// There is nothing to put in.
    Unchanged,
    Text(String),
    /// The whole text was one variable: its value may be of any type.
    Whole(String),
}

/// Why nothing can be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing(String),
    /// `${` that ends nowhere, or holds no name.
    Malformed,
}

/// Puts the variables into the text. `$${` stands for `${`.
pub(super) fn fill(text: &str, environment: &Environment) -> Result<Filled, Fault> {
    if !text.contains("${") {
        return Ok(Filled::Unchanged);
    }
    let mut filled = String::new();
    let (mut rest, mut parts, mut escaped) = (text, 0, false);
    while let Some(start) = rest.find("${") {
        let before = &rest[..start];
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = &rest[start + 2..];
            escaped = true;
            continue;
        }
        filled.push_str(before);
        let inside = &rest[start + 2..];
        let end = inside.find('}').ok_or(Fault::Malformed)?;
        filled.push_str(value(&inside[..end], environment)?);
        rest = &inside[end + 1..];
        parts += 1;
    }
    let whole = parts == 1 && !escaped && text.starts_with("${") && rest.is_empty();
    filled.push_str(rest);
    Ok(if whole { Filled::Whole(filled) } else { Filled::Text(filled) })
}

/// As in the shell: the default stands in for what is not set or empty.
fn value<'a>(inside: &'a str, environment: &'a Environment) -> Result<&'a str, Fault> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = !name.is_empty()
        && name.chars().all(|char| char == '_' || char.is_ascii_alphanumeric())
        && !name.starts_with(|char: char| char.is_ascii_digit());
    if !is_name {
        return Err(Fault::Malformed);
    }
    match (environment.get(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default),
        (None, None) => Err(Fault::Missing(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<Filled, Fault> {
        let environment = [("VUS", "5"), ("HOST", "localhost"), ("EMPTY", "")];
        fill(text, &environment.map(|(name, value)| (name.into(), value.into())).into())
    }

    #[test]
    fn values_and_defaults_are_put_in() {
        assert_eq!(filled("plain $5 {x}"), Ok(Filled::Unchanged));
        assert_eq!(filled("${VUS}"), Ok(Filled::Whole("5".into())));
        assert_eq!(filled("${NONE:-7}"), Ok(Filled::Whole("7".into())));
        assert_eq!(filled("${EMPTY:-7}"), Ok(Filled::Whole("7".into())));
        assert_eq!(filled("${EMPTY}"), Ok(Filled::Whole("".into())));
        let url = Filled::Text("http://localhost:5/x".into());
        assert_eq!(filled("http://${HOST}:${VUS}/x"), Ok(url));
        let fallback = Filled::Whole("http://localhost:3000".into());
        assert_eq!(filled("${URL:-http://localhost:3000}"), Ok(fallback));
        assert_eq!(filled("$${VUS} ${VUS}"), Ok(Filled::Text("${VUS} 5".into())));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(filled("a ${NONE}"), Err(Fault::Missing("NONE".into())));
        for text in ["${", "${VUS", "${}", "${a b}", "${1}", "${:-x}"] {
            assert_eq!(filled(text), Err(Fault::Malformed), "{text}");
        }
    }
}
