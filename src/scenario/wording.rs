//! Small pieces of the sentences that messages are made of.

use crate::model::is_harmless;

const LONGEST: usize = 40;
/// Names in a list.
const MOST: usize = 30;

/// A piece of somebody's text, fit to be part of a message: short, one line,
/// nothing a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

pub(super) fn shortened(text: &str) -> String {
    let mut short = String::new();
    for (index, char) in text.chars().enumerate() {
        if index == LONGEST {
            short.push('…');
            break;
        }
        if is_harmless(char) {
            short.push(char);
        } else {
            short.extend(char.escape_default());
        }
    }
    short
}

/// `a`, `b` and `c`; of very many the first ones.
pub(super) fn list_of(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().take(MOST).map(|name| quoted(name)).collect();
    match ticked.split_last() {
        _ if names.len() > MOST => {
            format!("{} and {} more", ticked.join(", "), names.len() - MOST)
        }
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_nothing_a_terminal_would_obey() {
        assert_eq!(quoted("a\u{1b}[31mb"), "`a\\u{1b}[31mb`");
        assert_eq!(quoted("two\nlines"), "`two\\nlines`");
        assert_eq!(quoted(&"x".repeat(99)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn lists_names() {
        assert_eq!(list_of(&[]), "");
        assert_eq!(list_of(&["a"]), "`a`");
        assert_eq!(list_of(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(list_of(&["a"; 1000]).ends_with("`a`, `a` and 970 more"));
    }
}
