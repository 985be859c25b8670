use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::{Error, ErrorKind, Value};
use thiserror::Error;

use super::calls;
use super::functions::{ENVIRONMENT, FUNCTIONS};
use super::{Dice, Place, Scope};

/// What compiles an expression calls itself for each of its parts.
const LONGEST: usize = 2000;

/// One expression, as between `{{` and `}}`.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    /// It is the name of a variable and nothing else.
    is_name: bool,
}

/// What is wrong with a template, before anything is worked out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct TemplateError {
    pub message: String,
    /// Where in the text, in bytes from its start.
    pub offset: usize,
}

impl Expression {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            let message = "there is nothing to work out".to_owned();
            return Err(TemplateError { message, offset: 0 });
        }
        let start = text.len() - text.trim_start().len();
        if trimmed.len() > LONGEST {
            let message = format!("it is longer than {LONGEST} characters");
            return Err(TemplateError { message, offset: start });
        }
        let compiled = ENVIRONMENT.compile_expression_owned(trimmed.to_owned());
        let compiled = compiled.map_err(|error| TemplateError {
            message: describe(&error),
            offset: start + error.range().map_or(0, |range| range.start),
        })?;
        if let Some((message, at)) = calls::unknown(trimmed) {
            return Err(TemplateError { message, offset: start + at });
        }
        let mut expression =
            Self { text: trimmed.into(), compiled: Arc::new(compiled), is_name: false };
        expression.is_name = expression.variables().contains(trimmed);
        match expression.trial() {
            Some(message) => Err(TemplateError { message, offset: start }),
            None => Ok(expression),
        }
    }

    /// Why it cannot be worked out, where it depends on nothing but itself and
    /// costs next to nothing.
    fn trial(&self) -> Option<String> {
        let is_cheap = !["|", "*", "range", "random_text"].iter().any(|it| self.text.contains(it));
        if !is_cheap || !(self.text.contains("random(") || self.text.contains("pick(")) {
            return None;
        }
        let alone = self.compiled.undeclared_variables(false);
        if alone.iter().any(|name| name == "balance" || !FUNCTIONS.contains(&name.as_str())) {
            return None;
        }
        let dice = Dice::new(fastrand::Rng::with_seed(0));
        let scope = Arc::new(Scope::new(Place::default(), dice, &Arc::default()));
        let tried = self.compiled.eval(Value::from_dyn_object(scope));
        tried.err().map(|error| describe(&error))
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables it needs, without functions.
    pub fn variables(&self) -> BTreeSet<String> {
        let all = self.compiled.undeclared_variables(false).into_iter();
        all.filter(|name| !FUNCTIONS.contains(&name.as_str()) || !self.calls(name)).collect()
    }

    /// Whether a name is that of a function here: `balance('a')` calls one, `balance` is
    /// a variable.
    fn calls(&self, name: &str) -> bool {
        let found = self.text.match_indices(name);
        found.into_iter().any(|(at, _)| self.text[at + name.len()..].trim_start().starts_with('('))
    }

    /// The same with what is asked of them: `users.name`.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        self.compiled.undeclared_variables(true).into_iter()
    }

    /// The value in this scope. The error names what is missing or wrong.
    pub fn value(&self, scope: &Arc<Scope>) -> Result<Value, String> {
        if self.is_name {
            let value = scope.find(&self.text).filter(|value| !value.is_undefined());
            return value.ok_or_else(|| self.missing(scope));
        }
        let value = self.compiled.eval(Value::from_dyn_object(scope.clone()));
        match value {
            Ok(value) if value.is_undefined() => Err(self.missing(scope)),
            Ok(value) => Ok(value),
            Err(error) if error.kind() == ErrorKind::UndefinedError => Err(self.missing(scope)),
            Err(error) => Err(format!("`{}`: {}", self.text, describe(&error))),
        }
    }

    fn missing(&self, scope: &Scope) -> String {
        let missing: Vec<String> =
            self.variables().into_iter().filter(|name| !scope.knows(name)).collect();
        match missing.as_slice() {
            [] => format!("`{}` has no value", self.text),
            [one] => format!("`{}`: there is no `{one}`", self.text),
            several => format!("`{}`: there are no `{}`", self.text, several.join("`, `")),
        }
    }
}

/// minijinja's message without its name for the kind, where it says more.
fn describe(error: &Error) -> String {
    match error.detail() {
        _ if error.kind() == ErrorKind::MissingArgument => {
            "an argument is missing: write `random(1, 10)`, `pick(list)`".to_owned()
        }
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
