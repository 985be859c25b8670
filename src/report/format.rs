//! Numbers as people read them.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a service or a scenario says may hold anything.
pub(super) use crate::model::one_line;

/// Three significant digits and a unit: `842µs`, `1.31ms`, `2.10s`, `1m05s`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration.is_zero() {
        "0".into()
    } else if seconds >= 59.995 {
        let whole = seconds.round() as u64;
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else if seconds >= 0.999_5 {
        format!("{}s", three_digits(seconds))
    } else if seconds >= 0.000_999_5 {
        format!("{}ms", three_digits(seconds * 1e3))
    } else {
        format!("{:.0}µs", seconds * 1e6)
    }
}

/// `count` per second of `elapsed`.
pub(super) fn rate(count: u64, elapsed: Duration) -> String {
    match elapsed.as_secs_f64() {
        seconds if seconds > 0.0 => {
            let rate = count as f64 / seconds;
            if rate < 100.0 { three_digits(rate) } else { format!("{rate:.0}") }
        }
        _ => "-".into(),
    }
}

/// `1 operation`, `2 operations`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// With a sign, so that a difference reads as one: `+5`, `0`, `-5`.
pub(super) fn signed(amount: i64) -> String {
    if amount > 0 { format!("+{amount}") } else { amount.to_string() }
}

/// How many columns of a terminal a text takes: two for a wide character.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Filled up with spaces to so many columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// At most `width` columns, with an ellipsis in place of the rest.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (mut short, _) = split_at(text, width.saturating_sub(1));
    short.push('…');
    short
}

/// Broken wherever a line is full; further lines are indented by two.
pub(super) fn broken(text: &str, width: usize) -> String {
    let mut lines = String::new();
    put(&mut lines, 0, text, width.max(10), 2);
    lines
}

/// Broken between words where it is wider than `width`, and within a word that is
/// wider by itself; further lines are indented by two.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    hanging(text, width, 0, 2)
}

/// The same of a text that begins in the column `first`, with further lines
/// indented by `indent`.
pub(super) fn hanging(text: &str, width: usize, first: usize, indent: usize) -> String {
    // Even the narrowest terminal gets words.
    let width = width.max(indent + 10);
    let mut lines = String::new();
    let mut column = first;
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 && column + 1 + columns(word) > width {
            lines += &format!("\n{}", " ".repeat(indent));
            column = indent;
        } else if index > 0 {
            lines.push(' ');
            column += 1;
        }
        column = put(&mut lines, column, word, width, indent);
    }
    lines
}

/// Adds a text, broken wherever a line is full. Returns the column after it.
fn put(lines: &mut String, mut column: usize, text: &str, width: usize, indent: usize) -> usize {
    let mut rest = text;
    while columns(rest) > width.saturating_sub(column) {
        let (head, tail) = split_at(rest, width.saturating_sub(column));
        *lines += &head;
        *lines += &format!("\n{}", " ".repeat(indent));
        // Where not even one character fits it is put there all the same.
        rest = if head.is_empty() && column <= indent { break } else { tail };
        column = indent;
    }
    *lines += rest;
    column + columns(rest)
}

/// As much as fits into `width` columns, and the rest.
fn split_at(text: &str, width: usize) -> (String, &str) {
    let mut taken = 0;
    for (at, char) in text.char_indices() {
        let columns = char.width().unwrap_or(0);
        if taken + columns > width {
            return (text[..at].to_owned(), &text[at..]);
        }
        taken += columns;
    }
    (text.to_owned(), "")
}

fn three_digits(number: f64) -> String {
    if number < 9.995 {
        format!("{number:.2}")
    } else if number < 99.95 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits() {
        let text = |nanos| duration(Duration::from_nanos(nanos));
        assert_eq!(text(0), "0");
        assert_eq!(text(842_000), "842µs");
        assert_eq!(text(999_900), "1.00ms");
        assert_eq!(text(1_314_000), "1.31ms");
        assert_eq!(text(99_960_000), "100ms");
        assert_eq!(text(2_100_000_000), "2.10s");
        assert_eq!(text(59_996_000_000), "1m00s");
        assert_eq!(text(65_000_000_000), "1m05s");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 8), "one two\n  three");
        assert_eq!(wrapped("one two three", usize::MAX), "one two three");
        assert_eq!(wrapped("a", 5), "a");
    }

    #[test]
    fn what_is_too_wide_breaks_and_loses_nothing() {
        assert_eq!(
            wrapped("see http://localhost:3000/a word", 16),
            "see\n  http://localho\n  st:3000/a word"
        );
        assert_eq!(broken("名前名前名前", 10), "名前名前名\n  前");
        assert_eq!(hanging("one two three", 20, 12, 4), "one two\n    three");
        for width in 0..40 {
            let text = "a some 名前の長い名前 unbreakable-and-long-word\u{301} end";
            let lines = wrapped(text, width);
            let same = |text: &str| text.replace([' ', '\n'], "");
            assert_eq!(same(&lines), same(text), "at {width}");
            let widest = lines.lines().map(columns).max();
            assert!(widest <= Some(width.max(12)), "{widest:?} at {width}:\n{lines}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!((columns("名前"), padded("名前", 6)), (4, "名前  ".to_owned()));
        assert_eq!(shortened("名前名前", 6), "名前…");
    }

    #[test]
    fn rates_counts_and_signs() {
        assert_eq!(rate(600, Duration::from_secs(2)), "300");
        assert_eq!(rate(5, Duration::from_secs(2)), "2.50");
        assert_eq!(rate(5, Duration::ZERO), "-");
        assert_eq!(counted(1, "operation"), "1 operation");
        assert_eq!(signed(5), "+5");
        assert_eq!(shortened("deterministic", 6), "deter…");
    }
}
