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

/// Where a finding belongs: by name always, in the text when there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) path: String,
    pub(super) span: Option<Span>,
}
