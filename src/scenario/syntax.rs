//! The parser's findings in a person's words.

use saphyr_parser::{Marker, ScanError};

use super::position::{Position, Span};
use crate::model::is_harmless;

/// A sentence for what the parser stumbled over, and what to do about it.
pub(super) fn explain(error: &ScanError, text: &str) -> (String, Option<String>) {
    let line = text.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start().len()];
    let info = error.info();
    if info.contains("tab") && !info.contains("extract") || indent.contains('\t') {
        let hint = "put spaces in place of the tab; many editors can do it for you";
        return ("a tab stands where YAML wants spaces".into(), Some(hint.into()));
    }
    if let Some(hint) = unquoted(error.marker(), text) {
        return ("not valid YAML: a text with braces needs quotes".into(), Some(hint));
    }
    let (message, hint) = SENTENCES
        .iter()
        .find(|(part, ..)| info.contains(part))
        .map_or((info, ""), |(_, message, hint)| (message, hint));
    let hint = if hint.is_empty() { None } else { Some(hint.to_owned()) };
    (format!("not valid YAML: {message}"), hint)
}

/// A `{{ ... }}` or `${...}` without quotes is brackets to YAML: whether the
/// parser has stumbled over one.
fn unquoted(marker: &Marker, text: &str) -> Option<String> {
    let line = text.lines().nth(marker.line().saturating_sub(1))?;
    // The parser stops at the second brace at the latest, or somewhere behind it.
    let end = line.char_indices().nth(marker.col() + 2).map_or(line.len(), |(end, _)| end);
    let (at, braces) = ["{{", "${"]
        .iter()
        .filter_map(|braces| Some((line[..end].rfind(*braces)?, *braces)))
        .max()?;
    let is_quoted = |quote| line[..at].matches(quote).count() % 2 == 1;
    let is_inside = !is_quoted('"') && !is_quoted('\'');
    is_inside.then(|| format!("quote it: {}", quoted_like(braces)))
}

/// How a text with such braces is written.
pub(super) fn quoted_like(braces: &str) -> &'static str {
    match braces {
        "${" => "`\"${NAME}\"`",
        _ => "`\"{{ name }}\"`",
    }
}

/// Part of the parser's message, ours, and a hint.
const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "indentation in quoted scalar",
        "a quoted text never ends, or goes on too far to the left",
        "close it with the quote it began with",
    ),
    (
        "illegal placement of ':'",
        "a `:` in a place where no key can stand",
        "look for a bracket or quote above that is not closed",
    ),
    (
        "unexpected end of stream",
        "a quoted text never ends",
        "close it with the quote it began with",
    ),
    (
        "mapping values are not allowed",
        "a `:` in a place where no key can stand",
        "look for a missing line break or wrong indentation; quote text that contains `: `",
    ),
    (
        "block mapping, did not find expected key",
        "this does not line up with the keys around it",
        "keys of one mapping begin in the same column; look for an open quote or bracket above",
    ),
    (
        "block collection, did not find expected '-'",
        "this does not line up with the list around it",
        "the `-` of one list stand in the same column",
    ),
    (
        "flow mapping, did not find expected ','",
        "a `{` is not closed, or a `,` is missing before this",
        "write { key: value, key: value }",
    ),
    (
        "flow sequence, expected ','",
        "a `[` is not closed, or a `,` is missing before this",
        "write [a, b]",
    ),
    ("simple key expect", "a key without its `:`", "write `key: value`"),
    ("':' must be followed", "a space is missing after this `:`", "write `key: value`"),
    ("'-' must be followed", "a space is missing after this `-`", "write `- item`"),
    (
        "unknown anchor",
        "this alias has no anchor",
        "an anchor is set with `&name` before `*name` repeats it",
    ),
    (
        "unknown escape",
        "this `\\` begins no escape that YAML knows",
        "use single quotes to write a `\\`",
    ),
    ("invalid Unicode", "this `\\` escape is no character", ""),
    ("hexadecimal number", "this `\\` escape needs hexadecimal digits", ""),
    ("unexpected character: `@'", "a text cannot begin with `@`", "put it into quotes"),
    ("unexpected character: ``'", "a text cannot begin with a backtick", "put it into quotes"),
    ("unexpected character: `%'", "a text cannot begin with `%`", "put it into quotes"),
    ("misplaced bracket", "a bracket that closes nothing", ""),
    (
        "expected <document start>",
        "the document ends before this",
        "look at the indentation, or for a second top level",
    ),
    ("indentation", "wrong indentation", "what belongs together begins in the same column"),
    ("trailing content after double-quoted", "something follows the closing quote", ""),
    ("expected node content", "a value is missing here", ""),
    ("recursion limit", "nested too deeply", "a scenario needs about five levels"),
];

/// The first character that no editor would have written, if there is one.
pub(super) fn unprintable(text: &str, file: usize) -> Option<(Span, String)> {
    let allowed = |char| matches!(char, '\n' | '\r' | '\t') || is_harmless(char);
    let (offset, char) = text.char_indices().find(|(_, char)| !allowed(*char))?;
    let before = &text[..offset];
    let ends = |(at, char): (usize, char)| {
        char == '\n' || char == '\r' && !before[at + 1..].starts_with('\n')
    };
    let line = 1 + before.char_indices().filter(|end| ends(*end)).count();
    let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let column = before[start..].chars().count();
    let span = Span {
        start: Position { file, line, column },
        end: Position { file, line, column: column + 1 },
    };
    Some((
        span,
        format!(
            "an invisible character (U+{:04X}) that does not belong in a scenario",
            char as u32
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_cannot_be_seen() {
        assert_eq!(unprintable("name: a\r\n\tb ü\n", 0), None);
        let (span, message) = unprintable("a\r\nb\rü\u{7}", 0).expect("a bell");
        assert_eq!(span.start, Position { file: 0, line: 3, column: 1 });
        assert!(message.contains("U+0007"), "{message}");
    }
}
