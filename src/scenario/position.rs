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
    /// The same, where it leaves the text: what has no end is found missing behind
    /// the last line, and meant right behind the last word.
    pub(super) fn inside(self, extent: &Extent) -> Self {
        let start = extent.hold(self.start);
        Self { start, end: extent.hold(self.end).max(start) }
    }

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

/// How far a text goes.
#[derive(Debug)]
pub(super) struct Extent {
    /// How many characters each line has, without what ends it.
    lines: Vec<usize>,
    /// Right behind the last character that can be seen.
    end: Position,
}

impl Extent {
    pub(super) fn of(text: &str, file: usize) -> Self {
        let lines = lines(text);
        let written = lines.iter().rposition(|line| !line.trim().is_empty()).unwrap_or(0);
        let column = lines.get(written).map_or(0, |line| line.trim_end().chars().count());
        Self {
            lines: lines.iter().map(|line| line.chars().count()).collect(),
            end: Position { file, line: written + 1, column },
        }
    }

    fn hold(&self, position: Position) -> Position {
        if position.line > self.end.line {
            return self.end;
        }
        let line = position.line.max(1);
        let length = self.lines.get(line - 1).copied().unwrap_or(0);
        Position { line, column: position.column.min(length), ..position }
    }
}

/// What YAML calls lines: ended by `\n`, `\r\n` or `\r`.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.extend(line.strip_suffix('\r').unwrap_or(line).split('\r'));
    }
    lines
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
    fn what_is_behind_the_text_is_right_behind_its_last_word() {
        let extent = Extent::of("one\r\ntwo ü \n\n  \n", 0);
        let end = (2, 5);
        for beyond in [(3, 0), (4, 2), (5, 0), (6, 0), (usize::MAX, 7)] {
            let next = (beyond.0, beyond.1 + 1);
            assert_eq!(span(beyond, next).inside(&extent), span(end, end), "{beyond:?}");
        }
        assert_eq!(span((1, 3), (1, 4)).inside(&extent), span((1, 3), (1, 3)));
        assert_eq!(span((1, 1), (9, 0)).inside(&extent), span((1, 1), end));
        assert_eq!(span((1, 0), (2, 2)).inside(&extent), span((1, 0), (2, 2)));
        assert_eq!(span((0, 0), (0, 5)).inside(&Extent::of("", 0)), span((1, 0), (1, 0)));
    }

    #[test]
    fn every_kind_of_line_break_ends_a_line() {
        assert_eq!(lines("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn in_a_block_it_is_on_its_line() {
        let block = span((3, 4), (5, 0));
        assert_eq!(block.within("one\ntwo\n", 5..6), Some(span((4, 5), (4, 6))));
        assert_eq!(block.within("one two\n", 5..6), None);
    }
}
