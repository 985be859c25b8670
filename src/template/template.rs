use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;

use super::{Expression, Scope, TemplateError};

/// A text with `{{ ... }}` in it, or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: Arc<str>,
    pieces: Arc<[Piece]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Expression(Expression),
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find("{{") {
            let offset = text.len() - rest.len() + begin;
            no_statement(&rest[..begin], offset - begin)?;
            let inside = &rest[begin + 2..];
            let Some(end) = end_of_expression(inside) else {
                let message = "`{{` without `}}`".to_owned();
                return Err(TemplateError { message, offset });
            };
            if begin > 0 {
                pieces.push(Piece::Literal(rest[..begin].to_owned()));
            }
            let expression = Expression::parse(&inside[..end]);
            let expression = expression
                .map_err(|error| TemplateError { offset: offset + 2 + error.offset, ..error })?;
            pieces.push(Piece::Expression(expression));
            rest = &inside[end + 2..];
        }
        no_statement(rest, text.len() - rest.len())?;
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self { source: text.into(), pieces: pieces.into() })
    }

    /// A text that means itself, whatever is in it.
    pub fn literal(text: impl Into<Arc<str>>) -> Self {
        let source = text.into();
        let pieces = match source.is_empty() {
            true => Vec::new(),
            false => vec![Piece::Literal(source.to_string())],
        };
        Self { source, pieces: pieces.into() }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text, where it is the same every time.
    pub fn fixed(&self) -> Option<&str> {
        match &self.pieces[..] {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The parts of it that are the same every time.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Expression(_) => None,
        })
    }

    /// The variables it needs.
    pub fn variables(&self) -> BTreeSet<String> {
        self.expressions().flat_map(Expression::variables).collect()
    }

    /// The same with what is asked of them: `users.name`.
    pub fn paths(&self) -> BTreeSet<String> {
        self.expressions().flat_map(Expression::paths).collect()
    }

    /// The text in this scope.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<String, String> {
        self.render_with(scope, |_, value| value)
    }

    /// The same with every value made fit for its place, unless the template says
    /// that it is (`| urlencode`, `| safe`). `fit` gets the text before it, too.
    pub fn render_with(
        &self,
        scope: &Arc<Scope>,
        fit: impl Fn(&str, String) -> String,
    ) -> Result<String, String> {
        let mut text = String::with_capacity(self.source.len());
        for piece in &self.pieces[..] {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Expression(expression) => match expression.value(scope)? {
                    value if value.is_none() => {}
                    value if value.is_safe() => text.push_str(&value.to_string()),
                    value => text.push_str(&fit(&text, value.to_string())),
                },
            }
        }
        Ok(text)
    }

    /// The value in this scope: of a lone `{{ ... }}` as it is, a number as a
    /// number; else the text.
    pub fn value(&self, scope: &Arc<Scope>) -> Result<Value, String> {
        match &self.pieces[..] {
            [Piece::Expression(expression)] => expression.value(scope),
            _ => self.render(scope).map(Value::from),
        }
    }

    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Literal(_) => None,
        })
    }
}

/// The text, which stands at `start`, has no `{% ... %}` in it: that would be sent
/// as it is.
fn no_statement(text: &str, start: usize) -> Result<(), TemplateError> {
    match text.find("{%") {
        None => Ok(()),
        Some(at) => {
            let message = "there are no statements, only `{{ ... }}`, as in `{{ a if b else c }}`";
            Err(TemplateError { message: message.to_owned(), offset: start + at })
        }
    }
}

/// Where `}}` ends the expression: not inside of a text or of braces of its own.
fn end_of_expression(text: &str) -> Option<usize> {
    let (mut quote, mut depth, mut escaped) = (None, 0u32, false);
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if text.as_bytes().get(index + 1) == Some(&b'}') => return Some(index),
            _ => {}
        }
    }
    None
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Dice, Place};

    fn scope(seed: u64) -> Arc<Scope> {
        let place = Place { vu: 3, iteration: 7, scenario: "mix".into(), of_all: 0 };
        let scope = Scope::new(place, Dice::new(fastrand::Rng::with_seed(seed)), &Arc::default());
        scope.set("qty", Value::from(2));
        scope.set("name", Value::from("a b"));
        Arc::new(scope)
    }

    fn rendered(text: &str) -> String {
        match Template::parse(text) {
            Ok(template) => template.render(&scope(1)).unwrap_or_else(|error| format!("! {error}")),
            Err(error) => format!("! {} at {}", error.message, error.offset),
        }
    }

    #[test]
    fn texts_are_put_together() {
        assert_eq!(rendered("seat-{{ qty }}/{{name | upper}}"), "seat-2/A B");
        assert_eq!(rendered("{{ vu }}.{{ iteration }} {{ scenario }}"), "3.7 mix");
        assert_eq!(rendered("-{{qty}}"), "-2");
        assert_eq!(rendered("{{ '}}' }}{{ {'a': {'b': 5}}['a']['b'] }}"), "}}5");
        assert_eq!(rendered("plain { text }"), "plain { text }");
        assert_eq!(rendered(""), "");
    }

    #[test]
    fn a_lone_expression_keeps_its_type() {
        let value = |text| Template::parse(text).expect("valid").value(&scope(1)).expect("a value");
        assert_eq!(value("{{ qty * 10 }}").as_i64(), Some(20));
        assert_eq!(value("{{ qty }} ").as_str(), Some("2 "));
    }

    #[test]
    fn mistakes_say_where_and_what() {
        assert_eq!(rendered("seat-{{ qty"), "! `{{` without `}}` at 5");
        assert!(rendered("a {{ qty + }}").starts_with("! unexpected end of input"));
        assert_eq!(rendered("{{ }}"), "! there is nothing to work out at 2");
        assert_eq!(rendered("{{ quantity }}"), "! `quantity`: there is no `quantity`");
        assert_eq!(rendered("{{ random(2, 1) }}"), "! random(2, 1): the range is empty at 3");
        assert_eq!(
            rendered("{{ random(2, qty - 1) }}"),
            "! `random(2, qty - 1)`: random(2, 1): the range is empty"
        );
        assert!(rendered("a {{ qty | rnd }}").ends_with("no filter `rnd` at 11"));
        assert!(rendered("a {% if qty %}").starts_with("! there are no statements"));
        assert_eq!(rendered("{{ qty.left }}"), "! `qty.left` has no value");
    }

    #[test]
    fn what_never_ends_runs_out_of_fuel() {
        let long = format!("{{{{ {}0 }}}}", "range(99999)|list|length + ".repeat(50));
        assert!(rendered(&long).starts_with("! "));
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let template =
            Template::parse("{{ random(1, 1000000) }} {{ uuid() }} {{ random_text(8) }}");
        let template = template.expect("valid");
        let draw = |seed| template.render(&scope(seed)).expect("drawn");
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn variables_are_known_beforehand() {
        let template = Template::parse("{{ a }}-{{ pick(list) }}-{{ b.c + random(1, d) }}");
        let names: Vec<String> = template.expect("valid").variables().into_iter().collect();
        assert_eq!(names, ["a", "b", "d", "list"]);
    }
}
