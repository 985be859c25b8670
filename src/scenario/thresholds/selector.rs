use super::cursor::{Cursor, Fault};
use crate::model::Selector;
use crate::scenario::wording::quoted;

const EXAMPLE: &str = "for example `http_req_duration{operation:deposit}`";

/// ```text
/// selector = metric [ "{" tag { "," tag } "}" ]
/// tag      = name ":" ( value | '"' any text '"' | "'" any text "'" )
/// ```
pub(super) fn parse(text: &str) -> Result<Selector, Fault> {
    let mut cursor = Cursor::new(text);
    cursor.skip_space();
    let start = cursor.at();
    let metric = cursor.take(|char| !matches!(char, '{' | '}' | ',' | ':'));
    let metric = metric.trim_end();
    if metric.is_empty() {
        return Err(Fault::new(cursor.since(start), "a metric is missing here".into(), EXAMPLE));
    }
    let mut selector = Selector::of(metric);
    cursor.skip_space();
    if cursor.eat('{') {
        tags(&mut cursor, &mut selector)?;
    }
    cursor.skip_space();
    match cursor.peek() {
        None => Ok(selector),
        Some(_) => {
            let message = format!("{} does not belong here", quoted(&cursor.text(cursor.rest())));
            Err(Fault::new(cursor.rest(), message, EXAMPLE))
        }
    }
}

fn tags(cursor: &mut Cursor, selector: &mut Selector) -> Result<(), Fault> {
    loop {
        cursor.skip_space();
        let start = cursor.at();
        let name = cursor.take(|char| !matches!(char, ':' | ',' | '{' | '}'));
        let name = name.trim_end().to_owned();
        if name.is_empty() {
            let hint = format!("{EXAMPLE}; without tags, leave out the braces");
            return Err(Fault::new(cursor.since(start), "a tag is missing here".into(), hint));
        }
        if !cursor.eat(':') {
            let message = format!("the tag {} has no value", quoted(&name));
            let meant = match name.split_once('=') {
                Some((name, value)) => format!("{}:{}", name.trim(), value.trim()),
                None => format!("{name}:value"),
            };
            return Err(Fault::new(cursor.since(start), message, format!("write `{meant}`")));
        }
        if selector.tags.iter().any(|(known, _)| *known == name) {
            let message = format!("the tag {} is given twice", quoted(&name));
            let hint = "a sample has one value for each tag: keep one of them";
            return Err(Fault::new(cursor.since(start), message, hint));
        }
        let value = value(cursor, &name)?;
        selector.tags.push((name, value));
        cursor.skip_space();
        if cursor.eat('}') {
            return Ok(());
        }
        let start = cursor.at();
        if !cursor.eat(',') {
            let message = "a `}` is missing at the end of the tags".to_owned();
            return Err(Fault::new(start..start + 1, message, EXAMPLE));
        }
    }
}

fn value(cursor: &mut Cursor, name: &str) -> Result<String, Fault> {
    cursor.skip_space();
    let start = cursor.at();
    for quote in ['"', '\''] {
        if cursor.eat(quote) {
            let value = cursor.take(|char| char != quote);
            if cursor.eat(quote) {
                return Ok(value);
            }
            let message = format!("the value of the tag {} never ends", quoted(name));
            return Err(Fault::new(start..start + 1, message, format!("close it with a {quote}")));
        }
    }
    let value = cursor.take(|char| !matches!(char, ',' | '{' | '}'));
    let value = value.trim_end();
    if value.is_empty() {
        let message = format!("the tag {} has no value", quoted(name));
        return Err(Fault::new(cursor.since(start), message, format!("write `{name}:value`")));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn metrics_and_their_tags() {
        let duration = || Selector::of("http_req_duration");
        for (text, expected) in [
            ("http_req_duration", duration()),
            (" http_req_duration ", duration()),
            ("http_req_duration{a:1}", duration().tagged("a", "1")),
            ("http_req_duration { a : 1 , b: 2 } ", duration().tagged("a", "1").tagged("b", "2")),
            ("http_req_duration{url:http://a/b}", duration().tagged("url", "http://a/b")),
            (r#"http_req_duration{a:"x, }y"}"#, duration().tagged("a", "x, }y")),
            ("http_req_duration{a:'x'}", duration().tagged("a", "x")),
            ("http_req_duration{a:two words}", duration().tagged("a", "two words")),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, at, message) in [
            ("", 0..1, "a metric is missing"),
            ("{a:1}", 0..1, "a metric is missing"),
            ("vus}", 3..4, "`}` does not belong here"),
            ("vus{a:1}x", 8..9, "`x` does not belong here"),
            ("vus{}", 4..5, "a tag is missing"),
            ("vus{a:1,}", 8..9, "a tag is missing"),
            ("vus{a}", 4..5, "the tag `a` has no value"),
            ("vus{a:}", 6..7, "the tag `a` has no value"),
            ("vus{a:1", 7..8, "a `}` is missing"),
            ("vus{a:\"1}", 6..7, "never ends"),
            ("vus{a:1,a:2}", 8..10, "the tag `a` is given twice"),
        ] {
            let fault = parse(text).expect_err(text);
            assert!(fault.message.contains(message), "{text}: {}", fault.message);
            assert_eq!(fault.at, at, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn no_text_makes_it_panic(text in r#"[a-z{}:,"' ü]{0,20}|\PC*"#) {
            if let Ok(selector) = parse(&text) {
                let shown = selector.to_string();
                prop_assert_eq!(parse(&shown), Ok(selector), "{}", shown);
            }
        }
    }
}
