use std::collections::HashSet;
use std::fmt;

use super::position::{Extent, Position, Span};
use super::reader::SourceFile;
use super::render;

/// One thing about a scenario that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub grade: Grade,
    /// `scenarios.user-1.operations[0].count`; empty for the file as a whole.
    pub path: String,
    /// Where it stands in the text, when there is a text.
    pub span: Option<Span>,
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// A second place that has to do with it, and why.
    pub related: Option<(Span, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The scenario cannot be run.
    Error,
    /// It can, and is probably not what its author meant.
    Warning,
}

/// All that was found in one file or script, in the order of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The scenario and what it includes.
    files: Vec<SourceFile>,
    list: Vec<Problem>,
    /// How many more there are than `list` holds.
    unlisted: usize,
}

impl Problems {
    pub(super) fn new(files: Vec<SourceFile>, mut list: Vec<Problem>, unlisted: usize) -> Self {
        if !list.is_empty() {
            let texts = files.iter().enumerate();
            let extents: Vec<_> = texts.map(|(file, it)| Extent::of(&it.text, file)).collect();
            list.iter_mut().for_each(|problem| problem.hold_inside(&extents));
        }
        list.sort_by_key(|problem| (problem.position(), problem.grade));
        // An alias repeats its anchor's content, mistakes included.
        let mut seen = HashSet::new();
        list.retain(|problem| {
            problem.span.is_none() || seen.insert((problem.span, problem.message.clone()))
        });
        Self { files, list, unlisted }
    }

    /// A single finding about a file as a whole.
    pub(super) fn of_file(source: &str, message: impl Into<String>, hint: &str) -> Self {
        let problem = Problem {
            grade: Grade::Error,
            path: String::new(),
            span: None,
            message: message.into(),
            hint: Some(hint.into()),
            related: None,
        };
        let file = SourceFile { name: source.to_owned(), text: String::new() };
        Self::new(vec![file], vec![problem], 0)
    }

    /// Others of the same files.
    pub fn with(&self, list: Vec<Problem>) -> Self {
        Self::new(self.files.clone(), list, 0)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are, those beyond the listed ones included.
    pub fn count(&self) -> usize {
        self.list.len() + self.unlisted
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// The file or script, as it was named when it was read.
    pub fn source(&self) -> &str {
        self.files.first().map_or("", |file| &file.name)
    }

    /// For a terminal of so many columns: each finding with its place, its line
    /// and what to do.
    pub fn render(&self, color: bool, width: usize) -> String {
        render::report(&self.files, &self.list, self.unlisted, color, width)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false, 100))
    }
}

impl std::error::Error for Problems {}

impl Problem {
    /// Which of the files it is in.
    pub(super) fn file(&self) -> usize {
        self.span.map_or(0, |span| span.start.file)
    }

    /// No place of it is outside of the text it is in.
    fn hold_inside(&mut self, extents: &[Extent]) {
        let related = self.related.as_mut().map(|(span, _)| span);
        for span in self.span.iter_mut().chain(related) {
            if let Some(extent) = extents.get(span.start.file) {
                *span = span.inside(extent);
            }
        }
    }

    fn position(&self) -> Option<Position> {
        self.span.map(|span| span.start)
    }
}
