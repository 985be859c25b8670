use std::ops::Range;

/// A piece of text that is read from left to right, in characters.
#[derive(Debug)]
pub(super) struct Cursor {
    chars: Vec<char>,
    at: usize,
}

/// What is wrong with a piece of text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// In characters.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Fault {
    pub(super) fn new(at: Range<usize>, message: String, hint: impl Into<String>) -> Self {
        Self { at, message, hint: hint.into() }
    }
}

impl Cursor {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Passes over the character if it is this one.
    pub(super) fn eat(&mut self, char: char) -> bool {
        let there = self.peek() == Some(char);
        self.at += usize::from(there);
        there
    }

    pub(super) fn eat_text(&mut self, text: &str) -> bool {
        let there = text.chars().enumerate().all(|(index, char)| {
            self.chars.get(self.at + index).is_some_and(|there| *there == char)
        });
        self.at += if there { text.chars().count() } else { 0 };
        there
    }

    /// What follows, as long as each character `belongs`.
    pub(super) fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(char) = self.peek().filter(|char| belongs(*char)) {
            taken.push(char);
            self.at += 1;
        }
        taken
    }

    pub(super) fn skip_space(&mut self) {
        self.take(char::is_whitespace);
    }

    /// From `start` up to here, without space at its end; one character at least.
    pub(super) fn since(&self, start: usize) -> Range<usize> {
        let taken = &self.chars[start.min(self.at)..self.at];
        let space = taken.iter().rev().take_while(|char| char.is_whitespace()).count();
        start..(self.at - space).max(start + 1)
    }

    pub(super) fn rest(&self) -> Range<usize> {
        self.at..self.chars.len().max(self.at + 1)
    }

    pub(super) fn text(&self, range: Range<usize>) -> String {
        self.chars.iter().skip(range.start).take(range.len()).collect()
    }
}
