/// A piece of SQL; all of them together are the whole text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Keywords and identifiers, quoted ones with their quotes.
    Word(&'a str),
    Number(&'a str),
    /// A text in quotes of any kind, quotes included.
    Text(&'a str),
    /// `$1`
    Parameter(usize, &'a str),
    Space(&'a str),
    Comment(&'a str),
    Symbol(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Word(text)
            | Self::Number(text)
            | Self::Text(text)
            | Self::Parameter(_, text)
            | Self::Space(text)
            | Self::Comment(text)
            | Self::Symbol(text) => text,
        }
    }

    pub(super) fn is_blank(self) -> bool {
        matches!(self, Self::Space(_) | Self::Comment(_))
    }

    /// Whether it is this keyword, which is given in lower case.
    pub(super) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Cuts SQL into tokens, as PostgreSQL does with its default settings.
pub(super) fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let token = next(rest)?;
        rest = &rest[token.text().len()..];
        Some(token)
    })
}

fn next(text: &str) -> Option<Token<'_>> {
    let first = text.chars().next()?;
    let up_to = |end: usize| &text[..end];
    let while_true = |from: usize, test: &dyn Fn(char) -> bool| {
        text[from..].find(|char| !test(char)).map_or(text.len(), |at| from + at)
    };
    let is_word = |char: char| char.is_alphanumeric() || char == '_' || char == '$';
    Some(match first {
        _ if first.is_whitespace() => Token::Space(up_to(while_true(0, &char::is_whitespace))),
        '-' if text.starts_with("--") => Token::Comment(up_to(while_true(0, &|char| char != '\n'))),
        '/' if text.starts_with("/*") => Token::Comment(up_to(comment(text))),
        '\'' => Token::Text(up_to(quoted(text, 0, '\'', false))),
        '"' => Token::Word(up_to(quoted(text, 0, '"', false))),
        'e' | 'E' if text[1..].starts_with('\'') => Token::Text(up_to(quoted(text, 1, '\'', true))),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if text[1..].starts_with('\'') => {
            Token::Text(up_to(quoted(text, 1, '\'', false)))
        }
        '$' if text[1..].starts_with(|char: char| char.is_ascii_digit()) => {
            let end = while_true(1, &|char| char.is_ascii_digit());
            Token::Parameter(text[1..end].parse().unwrap_or(0), up_to(end))
        }
        '$' => match dollar_quoted(text) {
            Some(end) => Token::Text(up_to(end)),
            None => Token::Symbol(up_to(1)),
        },
        _ if first.is_ascii_digit() => {
            let end = while_true(0, &|char| char.is_ascii_alphanumeric() || char == '.');
            Token::Number(up_to(end))
        }
        _ if first.is_alphabetic() || first == '_' => Token::Word(up_to(while_true(0, &is_word))),
        _ => Token::Symbol(up_to(first.len_utf8())),
    })
}

/// Where a text ends whose opening quote is at `from`.
fn quoted(text: &str, from: usize, quote: char, escapes: bool) -> usize {
    let mut chars = text[from + 1..].char_indices();
    while let Some((at, char)) = chars.next() {
        let after = from + 1 + at + char.len_utf8();
        if escapes && char == '\\' {
            chars.next();
        } else if char == quote {
            if text[after..].starts_with(quote) {
                chars.next();
            } else {
                return after;
            }
        }
    }
    text.len()
}

/// Comments may stand in each other.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        let here = &text[at + found..];
        let step = if here.starts_with("/*") {
            depth += 1;
            2
        } else if here.starts_with("*/") {
            depth -= 1;
            2
        } else {
            1
        };
        at += found + step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Where `$tag$ ... $tag$` ends.
fn dollar_quoted(text: &str) -> Option<usize> {
    let close = 1 + text[1..].find('$')?;
    let tag = &text[..=close];
    let is_tag = tag[1..close].chars().all(|char| char.is_alphanumeric() || char == '_');
    if !is_tag {
        return None;
    }
    let body = close + 1;
    Some(text[body..].find(tag).map_or(text.len(), |end| body + end + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_what_only_looks_like_it() {
        let sql = "SELECT a1, 'it''s $1', E'\\' 2', $tag$ ; $1 $tag$, \"b\"\"3\" -- 4\n/* /* 5 */ */ \
                   FROM t WHERE c=$12 AND d>-1.5e3";
        let found: Vec<Token<'_>> = tokens(sql).filter(|token| !token.is_blank()).collect();
        let texts: Vec<&str> = found
            .iter()
            .filter(|token| matches!(token, Token::Text(_)))
            .map(|it| it.text())
            .collect();
        assert_eq!(texts, ["'it''s $1'", "E'\\' 2'", "$tag$ ; $1 $tag$"]);
        assert!(found.contains(&Token::Word("\"b\"\"3\"")));
        assert!(found.contains(&Token::Parameter(12, "$12")));
        assert!(found.contains(&Token::Number("1.5e3")));
        assert!(found.contains(&Token::Word("a1")));
    }

    #[test]
    fn nothing_is_lost_whatever_the_text() {
        let pieces =
            ["'", "\"", "$", "$1", "$a$", "--", "/*", "*/", "\n", "ä", "E'", "\\", "1.", ";", "x"];
        let mut random = fastrand::Rng::with_seed(4);
        for _ in 0..5_000 {
            let sql: String =
                (0..random.usize(0..12)).map(|_| pieces[random.usize(0..pieces.len())]).collect();
            let again: String = tokens(&sql).map(Token::text).collect();
            assert_eq!(again, sql);
        }
    }
}
