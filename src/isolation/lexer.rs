//! The words of isolationtester's specification files: keywords and names,
//! quoted names, `{ SQL }` blocks, parentheses, numbers, `#` comments.

use super::SpecProblem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a name without quotes.
    Word(String),
    /// A name in double quotes; `""` in it is one quote.
    Quoted(String),
    /// What stands between braces, without the blanks around it.
    Sql(String),
    Open,
    Close,
    Comma,
    Star,
}

/// Each token with its line, counted from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SpecProblem> {
    let mut lexer = Lexer { rest: text, line: 1 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next()? {
        found.push(token);
    }
    Ok(found)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<(usize, Token)>, SpecProblem> {
        self.skip_blanks();
        let line = self.line;
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let token = match first {
            '{' => Token::Sql(self.sql()?),
            '"' => Token::Quoted(self.quoted()?),
            '(' | ')' | ',' | '*' => {
                self.take(1);
                match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    ',' => Token::Comma,
                    _ => Token::Star,
                }
            }
            char if is_word(char) => {
                let end = self.rest.find(|char| !is_word(char)).unwrap_or(self.rest.len());
                Token::Word(self.take(end))
            }
            other => {
                return Err(SpecProblem::at(line, format!("`{other}` was not expected here")));
            }
        };
        Ok(Some((line, token)))
    }

    fn skip_blanks(&mut self) {
        loop {
            let trimmed = self.rest.trim_start();
            self.take(self.rest.len() - trimmed.len());
            if !self.rest.starts_with('#') {
                return;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    /// The first closing brace ends the block, also one in a string: so it is for
    /// isolationtester.
    fn sql(&mut self) -> Result<String, SpecProblem> {
        let line = self.line;
        let Some(end) = self.rest.find('}') else {
            return Err(SpecProblem::at(line, "the `{` is never closed"));
        };
        let block = self.take(end + 1);
        Ok(block[1..end].trim().to_owned())
    }

    fn quoted(&mut self) -> Result<String, SpecProblem> {
        let line = self.line;
        let mut name = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    name.push('"');
                }
                '"' => {
                    self.take(at + 1);
                    return Ok(name);
                }
                '\n' => break,
                other => name.push(other),
            }
        }
        Err(SpecProblem::at(line, "the quote is never closed on its line"))
    }

    fn take(&mut self, bytes: usize) -> String {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken.to_owned()
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$' || char == '-'
}
