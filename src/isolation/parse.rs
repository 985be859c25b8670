//! Reads a specification file of PostgreSQL's isolationtester, as
//! `src/test/isolation/README` of PostgreSQL describes it.

use super::lexer::{Token, tokens};
use super::spec::{Order, Session, Spec, Step};
use super::{SpecProblem, StepId};

/// Reads a specification.
///
/// The markers behind the steps of a permutation, `s1(*)` and `s1(s2)`, say when
/// isolationtester prints that a step has ended; here they change nothing. With
/// `notices` they would, and are refused.
pub fn parse(text: &str) -> Result<Spec, SpecProblem> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), line: 1 };
    let mut spec = Spec::default();
    let mut permutations = Vec::new();
    while let Some((line, keyword)) = parser.keyword()? {
        match keyword {
            Keyword::Setup => spec.setup.push(parser.sql("setup")?),
            Keyword::Teardown => spec.teardown = Some(parser.sql("teardown")?),
            Keyword::Session => spec.sessions.push(parser.session()?),
            Keyword::Step => {
                return Err(SpecProblem::at(line, "a step belongs into a session"));
            }
            Keyword::Permutation => permutations.push((line, parser.permutation()?)),
        }
    }
    check_names(&spec)?;
    for (line, names) in permutations {
        spec.orders.push(order(&spec, line, &names)?);
    }
    Ok(spec)
}

/// The steps that `names` name.
pub(super) fn order(spec: &Spec, line: usize, names: &[String]) -> Result<Order, SpecProblem> {
    let find = |name: &String| -> Result<StepId, SpecProblem> {
        spec.find(name)
            .ok_or_else(|| SpecProblem::at(line, format!("no session has a step called `{name}`")))
    };
    names.iter().map(find).collect()
}

/// Sessions there must be, and no two sessions or steps of one name.
pub(super) fn check_names(spec: &Spec) -> Result<(), SpecProblem> {
    let problem = |message: String| Err(SpecProblem { line: None, message });
    if spec.sessions.is_empty() {
        return problem("there is no session".to_owned());
    }
    let mut sessions = std::collections::BTreeSet::new();
    let mut steps = std::collections::BTreeSet::new();
    for session in &spec.sessions {
        if !sessions.insert(&session.name) {
            return problem(format!("two sessions are called `{}`", session.name));
        }
        if session.steps.is_empty() {
            return problem(format!("session `{}` has no step", session.name));
        }
        for step in &session.steps {
            if !steps.insert(&step.name) {
                return problem(format!("two steps are called `{}`", step.name));
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Setup,
    Teardown,
    Session,
    Step,
    Permutation,
}

impl Keyword {
    const ALL: [(&str, Self); 5] = [
        ("setup", Self::Setup),
        ("teardown", Self::Teardown),
        ("session", Self::Session),
        ("step", Self::Step),
        ("permutation", Self::Permutation),
    ];

    fn of(token: &Token) -> Option<Self> {
        let Token::Word(word) = token else { return None };
        Self::ALL.iter().find(|(name, _)| name == word).map(|(_, keyword)| *keyword)
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(usize, Token)>>,
    /// Of the last token.
    line: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let (line, token) = self.tokens.next()?;
        self.line = line;
        Some(token)
    }

    fn keyword(&mut self) -> Result<Option<(usize, Keyword)>, SpecProblem> {
        let Some(token) = self.next() else { return Ok(None) };
        let expected = "expected `setup`, `teardown`, `session`, `step` or `permutation`";
        match Keyword::of(&token) {
            Some(keyword) => Ok(Some((self.line, keyword))),
            None => Err(SpecProblem::at(self.line, expected)),
        }
    }

    fn peek_keyword(&mut self) -> Option<Keyword> {
        self.tokens.peek().and_then(|(_, token)| Keyword::of(token))
    }

    fn sql(&mut self, of: &str) -> Result<String, SpecProblem> {
        match self.next() {
            Some(Token::Sql(sql)) => Ok(sql),
            _ => Err(SpecProblem::at(self.line, format!("expected `{{ SQL }}` after `{of}`"))),
        }
    }

    fn name(&mut self, of: &str) -> Result<String, SpecProblem> {
        match self.next() {
            Some(Token::Quoted(name) | Token::Word(name)) => Ok(name),
            _ => Err(SpecProblem::at(self.line, format!("expected a name after `{of}`"))),
        }
    }

    fn session(&mut self) -> Result<Session, SpecProblem> {
        let name = self.name("session")?;
        let mut session = Session { name, setup: None, steps: Vec::new(), teardown: None };
        while let Some(keyword) = self.peek_keyword() {
            match keyword {
                // A setup after the steps would be of the file; there it comes before sessions.
                Keyword::Setup if session.steps.is_empty() && session.setup.is_none() => {
                    self.next();
                    session.setup = Some(self.sql("setup")?);
                }
                Keyword::Step => {
                    self.next();
                    let name = self.name("step")?;
                    let sql = self.sql("step")?;
                    session.steps.push(Step { name, sql });
                }
                Keyword::Teardown if session.teardown.is_none() => {
                    self.next();
                    session.teardown = Some(self.sql("teardown")?);
                }
                Keyword::Setup | Keyword::Teardown | Keyword::Session | Keyword::Permutation => {
                    break;
                }
            }
        }
        Ok(session)
    }

    /// The names of its steps.
    fn permutation(&mut self) -> Result<Vec<String>, SpecProblem> {
        let mut names = Vec::new();
        while self.tokens.peek().is_some() && self.peek_keyword().is_none() {
            match self.next() {
                Some(Token::Quoted(name) | Token::Word(name)) => names.push(name),
                Some(Token::Open) if !names.is_empty() => self.markers()?,
                _ => return Err(SpecProblem::at(self.line, "expected the names of steps")),
            }
        }
        if names.is_empty() {
            return Err(SpecProblem::at(self.line, "the permutation names no step"));
        }
        Ok(names)
    }

    fn markers(&mut self) -> Result<(), SpecProblem> {
        loop {
            match self.next() {
                Some(Token::Close) => return Ok(()),
                Some(Token::Word(word)) if word == "notices" => {
                    let message = "the marker `notices` is not supported";
                    return Err(SpecProblem::at(self.line, message));
                }
                Some(Token::Word(_) | Token::Quoted(_) | Token::Star | Token::Comma) => {}
                Some(Token::Sql(_) | Token::Open) | None => {
                    return Err(SpecProblem::at(self.line, "expected `)` after the markers"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEW: &str = r#"
# two doctors
setup { CREATE TABLE d (id int, "on" bool); }
setup { INSERT INTO d VALUES (1, true), (2, true); }
teardown
{
 DROP TABLE d;
}
session s1
setup { BEGIN; }
step r1 { SELECT count(*) FROM d WHERE "on"; }
step "w 1" { UPDATE d SET "on" = false WHERE id = 1; }
step c1 { COMMIT; }
session "s2"
step w2 { UPDATE d SET "on" = false WHERE id = 2; }
teardown { SELECT 1; }
permutation r1 w2(*) "w 1"(w2) c1
permutation w2 r1 "w 1" c1
"#;

    #[test]
    fn a_file_is_read_with_all_its_parts() {
        let spec = parse(SKEW).expect("a specification");
        assert_eq!(spec.setup.len(), 2);
        assert_eq!(spec.teardown.as_deref(), Some("DROP TABLE d;"));
        let [first, second] = &spec.sessions[..] else { panic!("two sessions") };
        assert_eq!((first.name.as_str(), first.setup.as_deref()), ("s1", Some("BEGIN;")));
        assert_eq!(first.steps[1].name, "w 1");
        assert_eq!(second.teardown.as_deref(), Some("SELECT 1;"));
        let id = |session, step| StepId { session, step };
        let orders = [
            vec![id(0, 0), id(1, 0), id(0, 1), id(0, 2)],
            vec![id(1, 0), id(0, 0), id(0, 1), id(0, 2)],
        ];
        assert_eq!(spec.orders, orders);
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        for (text, says) in [
            ("", "there is no session"),
            ("session s1", "session `s1` has no step"),
            ("\nstep a { x }", "line 2: a step belongs into a session"),
            ("session s\nstep a { SELECT 1", "line 2: the `{` is never closed"),
            ("session \"s", "line 1: the quote is never closed"),
            ("session s step a SELECT", "line 1: expected `{ SQL }` after `step`"),
            ("session s step a { x }\npermutation b", "line 2: no session has a step called `b`"),
            ("session s step a { x }\npermutation", "the permutation names no step"),
            ("session s step a { x } step a { y }", "two steps are called `a`"),
            ("session s step a { x } session s step b { x }", "two sessions are called `s`"),
            ("sesion s", "line 1: expected `setup`"),
            ("session s step a { x } permutation a(b notices 1)", "`notices` is not supported"),
            ("session s step a { x } permutation a(b", "expected `)`"),
            ("session s step a { x } ;", "line 1: `;` was not expected"),
        ] {
            let problem = parse(text).expect_err(text).to_string();
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
