use std::ops::Range;

/// A place in a text: the line counted from 1, the column in characters from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which of several files: 0 for the scenario itself, then those it includes.
    pub file: usize,
    pub line: usize,
    pub column: usize,
}

/// From a position up to, and without, another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

impl Span {
    /// The part of a scalar's place that is meant by `at`, in characters of its
    /// `text`. `None` where the text is not written as it is read (escapes,
    /// folded lines): nothing less than the whole is certain.
    pub(super) fn within(self, text: &str, at: Range<usize>) -> Option<Self> {
        let Self { start, end } = self;
        if start.line != end.line {
            return self.within_block(text, at);
        }
        let spare = (end.column - start.column).checked_sub(text.chars().count())?;
        let quote = match spare {
            0 => 0,
            2 => 1,
            // The place of a quoted text may have the space behind it in it.
            3.. if is_plain(text, spare) => 1,
            _ => return None,
        };
        let column = |at: usize| Position { column: start.column + quote + at, ..start };
        Some(Self { start: column(at.start), end: column(at.end) })
    }

    /// The same in a block whose lines are kept.
    fn within_block(self, text: &str, at: Range<usize>) -> Option<Self> {
        let Self { start, end } = self;
        if end.line - start.line != text.matches('\n').count() {
            return None;
        }
        let before: String = text.chars().take(at.start).collect();
        let line = before.matches('\n').count();
        let column = start.column + before.chars().rev().take_while(|char| *char != '\n').count();
        let rest = text.lines().nth(line)?.chars().count() + start.column;
        let start = Position { line: start.line + line, column, ..start };
        let width = (at.end - at.start).min(rest.saturating_sub(column)).max(1);
        Some(Self { start, end: Position { column: column + width, ..start } })
    }
}

/// Whether nothing in the text had to be escaped, whichever quotes it is in.
fn is_plain(text: &str, spare: usize) -> bool {
    let escaped = |char: char| matches!(char, '"' | '\\') || char.is_control() || !char.is_ascii();
    let quotes = text.matches('\'').count();
    !text.contains(escaped) && (quotes == 0 || spare < 2 + quotes)
}

/// Where a finding belongs: by name always, in the text when there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) path: String,
    pub(super) span: Option<Span>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: (usize, usize), to: (usize, usize)) -> Span {
        let at = |(line, column)| Position { file: 0, line, column };
        Span { start: at(from), end: at(to) }
    }

    fn on_line(from: usize, to: usize) -> Span {
        span((3, from), (3, to))
    }

    #[test]
    fn a_part_of_a_text_has_a_place_of_its_own() {
        assert_eq!(on_line(10, 17).within("avg<<20", 3..5), Some(on_line(13, 15)));
        assert_eq!(on_line(10, 19).within("avg<<20", 3..5), Some(on_line(14, 16)));
        // A space behind the quote.
        assert_eq!(on_line(10, 20).within("avg<<20", 3..5), Some(on_line(14, 16)));
        // There are escapes in it.
        assert_eq!(on_line(10, 22).within("avg<\"20", 3..5), None);
        assert_eq!(on_line(10, 20).within("it's 20", 3..5), None);
    }

    #[test]
    fn in_a_block_it_is_on_its_line() {
        let block = span((3, 4), (5, 0));
        assert_eq!(block.within("one\ntwo\n", 5..6), Some(span((4, 5), (4, 6))));
        assert_eq!(block.within("one two\n", 5..6), None);
    }
}
