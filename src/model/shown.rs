//! Texts of others, as they may be shown: a terminal obeys some characters, and
//! some turn the direction of writing, so that what is read is not what is there.

use std::borrow::Cow;

/// Neither a control character nor one that turns the direction of writing.
pub fn is_harmless(char: char) -> bool {
    let turns = matches!(
        char,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    !(char.is_control() || turns || char == '\u{feff}')
}

/// Lines that do nothing but be read: what is not harmless is shown as `\u{fffd}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |char: char| !matches!(char, '\n' | '\t') && !is_harmless(char);
    match text.contains(obeyed) {
        true => text.replace("\r\n", "\n").replace(obeyed, "\u{fffd}").into(),
        false => text.into(),
    }
}

/// The same in one line: what is not harmless is a space.
pub fn one_line(text: &str) -> String {
    text.chars().map(|char| if is_harmless(char) { char } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        for (text, shown, line) in [
            ("a\n\tb", "a\n\tb", "a  b"),
            ("a\r\nb\rc", "a\nb\u{fffd}c", "a  b c"),
            ("\u{1b}]0;t\u{7}", "\u{fffd}]0;t\u{fffd}", " ]0;t "),
            ("\u{9b}31m\u{7f}\0", "\u{fffd}31m\u{fffd}\u{fffd}", " 31m  "),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\u{fffd}b\u{fffd}c\u{fffd}", "a b c "),
            ("名前 é", "名前 é", "名前 é"),
        ] {
            assert_eq!(harmless(text), shown);
            assert_eq!(one_line(text), line);
        }
    }
}
