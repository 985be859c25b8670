//! What leaves the process as text: colours, and nothing else that a terminal or
//! a CI server would obey.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::model::{harmless, is_harmless};

/// GitHub Actions sets it to `true`.
pub(super) const GITHUB: &str = "GITHUB_ACTIONS";

/// How CI servers know a command anywhere in a line.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Text for people. Of the sequences that a terminal obeys it keeps those that
/// choose a colour or a weight.
pub(super) fn tamed(text: &str) -> Cow<'_, str> {
    let text = if text.contains('\x1b') { Cow::Owned(colored(text)) } else { harmless(text) };
    match on_github() {
        true => Cow::Owned(unobeyed(&text)),
        false => text,
    }
}

/// JSON with its odd characters escaped. Between its texts there are none.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    let odd = |char: char| char != '\n' && !is_harmless(char);
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match odd(char) {
            true => escaped += &format!("\\u{:04x}", u32::from(char)),
            false => escaped.push(char),
        }
    }
    Cow::Owned(escaped)
}

fn on_github() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| std::env::var_os(GITHUB).is_some_and(|value| value == "true"))
}

fn colored(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut tamed = harmless(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let colors = color(part).unwrap_or_default();
        tamed += if colors.is_empty() { "\u{fffd}" } else { "\x1b" };
        tamed += colors;
        tamed += &harmless(&part[colors.len()..]);
    }
    tamed
}

/// The sequence that a text begins with, if it does no more than to choose a
/// colour or a weight: not to hide, to blink, or to write on another ground.
fn color(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(|char: char| !char.is_ascii_digit() && char != ';')?;
    if inside.as_bytes()[end] != b'm' {
        return None;
    }
    let numbers: Vec<&str> = inside[..end].split(';').collect();
    let is_color = |number: &&str| {
        let known = |number: u8| matches!(number, 0..=4 | 22..=24 | 30..=37 | 39 | 90..=97);
        number.is_empty() || number.parse().is_ok_and(known)
    };
    let is_palette = matches!(numbers[..], ["38", "5", _] | ["38", "2", _, _, _]);
    (is_palette || numbers.iter().all(is_color)).then(|| &text[..end + 2])
}

/// Lines that no CI server takes for a command.
fn unobeyed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let start = line.len() - line.trim_start().len();
        if line[start..].starts_with("::") {
            shown += &line[..start];
            shown += ": :";
            shown += &line[start + 2..];
        } else {
            shown += line;
        }
    }
    for command in COMMANDS {
        shown = shown.replace(command, &command.replacen("##", "# #", 1));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_nothing_else_does() {
        for (text, shown) in [
            ("\x1b[1m\x1b[32mPASS\x1b[0m\n", "\x1b[1m\x1b[32mPASS\x1b[0m\n"),
            ("\x1b[1;91ma\x1b[m\x1b[38;5;208mb", "\x1b[1;91ma\x1b[m\x1b[38;5;208mb"),
            ("\x1b[2J\x1b[H", "\u{fffd}[2J\u{fffd}[H"),
            ("\x1b]0;title\x07", "\u{fffd}]0;title\u{fffd}"),
            ("\x1b]8;;http://a\x1b\\a", "\u{fffd}]8;;http://a\u{fffd}\\a"),
            ("\x1b[8mhidden\x1b[41m", "\u{fffd}[8mhidden\u{fffd}[41m"),
            ("\x1b[31", "\u{fffd}[31"),
            ("\x1b", "\u{fffd}"),
            ("\x1b[1m\u{202e}x\u{9b}31m", "\x1b[1m\u{fffd}x\u{fffd}31m"),
        ] {
            assert_eq!(tamed(text), shown, "{text:?}");
        }
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a": "\u{202e}\u{1b}\u{9b}\u{7f}ä" });
        let text = format!("{value:#}");
        let shown = json(&text);
        assert!(shown.chars().all(|char| char == '\n' || is_harmless(char)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(
            unobeyed("a ::b\n::error::c\n  ::d\nx ##[e]f ##vso[g]"),
            "a ::b\n: :error::c\n  : :d\nx # #[e]f # #vso[g]"
        );
    }
}
