use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::Root;
use crate::model::{AccountId, Amount, Scale};

use super::interpolation::Environment;
use super::position::{Span, Spot};
use super::problem::{Grade, Problem};
use super::service::Declared;
use super::suggest;
use super::tree::{Entry, Node, Value};
use super::wording::shortened;

/// After so many problems the rest is only counted.
const LISTED: usize = 100;

/// What reading a document has come to know: its problems, so that one pass
/// reports them all, and what can only be judged at the end.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) dialect: Dialect,
    /// How many digits its amounts have after the point.
    pub(super) scale: Scale,
    /// What `${NAME}` stands for.
    pub(super) environment: Arc<Environment>,
    /// What the scenario names, and what it includes, lies below its folder.
    pub(super) root: Root,
    /// The scenario and what it includes.
    pub(super) files: Vec<SourceFile>,
    /// Which of them is being read.
    pub(super) file: usize,
    pub(super) problems: Vec<Problem>,
    pub(super) unlisted: usize,
    /// Accounts that operations and expectations name.
    pub(super) used: Vec<(AccountId, Spot)>,
    /// Where all accounts are to be read at one instant.
    pub(super) looks: Vec<Spot>,
    /// Operations that the file declares.
    pub(super) declared: Vec<Arc<Declared>>,
    /// Variables that templates need, where, and for which operation.
    pub(super) needed: Vec<(String, Spot, Option<Arc<str>>)>,
    /// Variables that captures make, and those whose value was unreadable.
    pub(super) captured: BTreeSet<Arc<str>>,
    /// The columns of data files, by the name of the data.
    pub(super) columns: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Operations whose declaration was unreadable.
    pub(super) unreadable: BTreeSet<String>,
}

/// A text that was read, by the name that messages call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SourceFile {
    pub(super) name: String,
    pub(super) text: String,
}

/// Who wrote the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A file; other files it names are sought from its folder.
    File,
    /// The `options` of a script.
    Script,
}

impl Reader {
    pub(super) fn new(dialect: Dialect, source: &str, text: &str) -> Self {
        let file = SourceFile { name: source.to_owned(), text: text.to_owned() };
        Self {
            dialect,
            scale: Scale::WHOLE,
            environment: Arc::default(),
            root: Root::beside(Path::new(source)),
            files: vec![file],
            file: 0,
            problems: Vec::new(),
            unlisted: 0,
            used: Vec::new(),
            looks: Vec::new(),
            declared: Vec::new(),
            needed: Vec::new(),
            captured: BTreeSet::new(),
            columns: BTreeMap::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Begins to read another file.
    pub(super) fn enter(&mut self, name: String, text: String) {
        self.file = self.files.len();
        self.files.push(SourceFile { name, text });
    }

    /// Where files are sought that are named at this place.
    pub(super) fn folder(&self, place: &Place<'_>) -> PathBuf {
        let file = place.value().span.map_or(0, |span| span.start.file);
        let name = self.files.get(file).map_or("", |file| &file.name);
        Path::new(name).parent().unwrap_or(Path::new("")).to_owned()
    }

    /// So many of the large units.
    pub(super) fn amount_of(&self, number: i128) -> Option<Amount> {
        self.scale.of_whole(i64::try_from(number).ok()?)
    }

    pub(super) fn is_script(&self) -> bool {
        self.dialect == Dialect::Script
    }

    pub(super) fn report(
        &mut self,
        spot: Spot,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.add(Problem {
            grade: Grade::Error,
            path: spot.path,
            span: spot.span,
            message: message.into(),
            hint: hint.into(),
            related: None,
        });
    }

    pub(super) fn warn(&mut self, spot: Spot, message: String, hint: &str) {
        self.add(Problem {
            grade: Grade::Warning,
            path: spot.path,
            span: spot.span,
            message,
            hint: Some(hint.into()),
            related: None,
        });
    }

    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.len() < LISTED {
            self.problems.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    /// A template needs the variable: whether there is one can only be said at
    /// the end.
    pub(super) fn needs(&mut self, variable: String, spot: Spot, of: Option<Arc<str>>) {
        self.needed.push((variable, spot, of));
    }

    /// The variable exists, whatever became of its value.
    pub(super) fn knows(&mut self, variable: &str) {
        self.captured.insert(variable.into());
    }

    /// What it captures can be named elsewhere.
    pub(super) fn captures(&mut self, declared: &Declared) {
        self.captured.extend(declared.captures.iter().map(|capture| capture.name.clone()));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.unlisted > 0 || self.problems.iter().any(|problem| problem.grade == Grade::Error)
    }

    /// `did you mean ...`, as long as there are few enough problems for it to matter.
    pub(super) fn did_you_mean<'a>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        if self.problems.len() >= LISTED {
            return None;
        }
        let nearest = suggest::nearest(name, candidates)?;
        Some(format!("did you mean `{}`?", shortened(nearest)))
    }
}

/// A value together with its name and where both stand.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    /// The key, or `operation 2` for an item of a list.
    pub(super) label: String,
    pub(super) path: String,
    key_span: Option<Span>,
}

impl<'a> Place<'a> {
    pub(super) fn root(node: &'a Node, label: &str) -> Self {
        Self { node, label: label.into(), path: String::new(), key_span: None }
    }

    pub(super) fn entry(&self, entry: &'a Entry) -> Self {
        self.child(shortened(&entry.key), &entry.value, entry.key_span)
    }

    pub(super) fn child(&self, name: String, node: &'a Node, key_span: Option<Span>) -> Self {
        let path = match self.path.as_str() {
            "" => name.clone(),
            parent => format!("{parent}.{name}"),
        };
        Self { node, label: name, path, key_span }
    }

    pub(super) fn item(&self, index: usize, node: &'a Node) -> Self {
        Self {
            node,
            label: format!("{}[{index}]", self.label),
            path: format!("{}[{index}]", self.path),
            key_span: None,
        }
    }

    /// The label without what it belongs to.
    pub(super) fn key(&self) -> &str {
        self.label.rsplit('.').next().unwrap_or_default()
    }

    /// Where the value stands.
    pub(super) fn value(&self) -> Spot {
        let span = match self.node.value {
            // An absent value has no width to point at.
            Value::Nothing => self.key_span.or(self.node.span),
            _ => self.node.span,
        };
        Spot { path: self.path.clone(), span }
    }

    /// Where its name stands; for what has none, where it begins.
    pub(super) fn name(&self) -> Spot {
        Spot { path: self.path.clone(), span: self.key_span.or(self.node.span) }
    }
}
