use super::class::{Set, is_of};
use super::compile::compile;

/// A pattern, read once. One that is malformed is a pattern, too: Lua says so
/// when it comes to the place, and not before.
#[derive(Debug)]
pub(in crate::script) struct Pattern {
    pub(super) items: Vec<Item>,
    pub(super) sets: Vec<Set>,
    /// What each `(` is, in their order.
    pub(super) captures: Vec<Kind>,
    /// It matches where the search begins, or not at all.
    pub(in crate::script) is_anchored: bool,
}

/// One step of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Single(Single, Repeat),
    /// `(`, which begins that capture.
    Open(u8),
    /// `)`, which ends that capture.
    Close(u8),
    /// `%bxy`
    Balance(u8, u8),
    /// `%f[set]`
    Frontier(u32),
    /// `%1`
    Back(u8),
    /// `$`, as the last character.
    End,
    /// Matches nothing: the same as a position.
    Never,
    /// Here the pattern is malformed.
    Malformed(Mistake),
}

/// What stands for one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Single {
    Any,
    Byte(u8),
    /// `%a`
    Class(u8),
    Set(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Once,
    /// `?`
    Optional,
    /// `*`
    Any,
    /// `+`
    Some,
    /// `-`
    Few,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// `()`
    Position,
    /// Without its `)`.
    Unfinished,
}

/// What is wrong with a pattern, in Lua's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    EndsWithEscape,
    NoBracket,
    NoArguments,
    NoFrontier,
    CaptureIndex(i16),
    NothingToClose,
    TooManyCaptures,
}

/// What a pair of parentheses matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::script) enum Capture {
    /// From one byte to before another, from 0.
    Text(usize, usize),
    /// From 0.
    Position(usize),
}

impl Pattern {
    /// `takes_anchor`: a `^` at the beginning is not itself.
    pub(in crate::script) fn new(text: &[u8], takes_anchor: bool) -> Self {
        match text {
            [b'^', rest @ ..] if takes_anchor => Self { is_anchored: true, ..compile(rest) },
            all => compile(all),
        }
    }

    pub(super) fn takes(&self, single: Single, byte: u8) -> bool {
        match single {
            Single::Any => true,
            Single::Byte(wanted) => byte == wanted,
            Single::Class(class) => is_of(byte, class),
            Single::Set(set) => self.sets[set as usize].has(byte),
        }
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EndsWithEscape => "malformed pattern (ends with '%')",
            Self::NoBracket => "malformed pattern (missing ']')",
            Self::NoArguments => "malformed pattern (missing arguments to '%b')",
            Self::NoFrontier => "missing '[' after '%f' in pattern",
            Self::NothingToClose => "invalid pattern capture",
            Self::TooManyCaptures => "too many captures",
            Self::CaptureIndex(index) => return write!(f, "invalid capture index %{index}"),
        })
    }
}
