//! Which functions, filters and tests an expression calls: minijinja looks them
//! up when the expression is worked out, a person wants to know before.

use minijinja::ErrorKind;

use super::functions::{ENVIRONMENT, FUNCTIONS};

/// The first call of something that there is not: what is wrong, and where, in
/// bytes from the start.
pub(super) fn unknown(text: &str) -> Option<(String, usize)> {
    let tokens = tokens(text);
    for (index, (start, token)) in tokens.iter().enumerate() {
        if !is_name(token) {
            continue;
        }
        let before = index.checked_sub(1).map_or("", |index| tokens[index].1);
        let next = tokens.get(index + 1).map_or("", |(_, token)| *token);
        let negated = before == "not" && index > 1 && tokens[index - 2].1 == "is";
        let message = match before {
            "|" if !has_filter(token) => format!("there is no filter `{token}`"),
            "is" if *token == "not" => continue,
            "is" if !has_test(token) => format!("there is no test `{token}`"),
            "not" if negated && !has_test(token) => format!("there is no test `{token}`"),
            "|" | "is" | "." => continue,
            _ if negated => continue,
            _ if next == "(" && !KEYWORDS.contains(token) && !has_function(token) => {
                let known = FUNCTIONS.iter().filter(|name| **name != "balance");
                let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
                format!("there is no function `{token}`, but {}", known.join(", "))
            }
            _ => continue,
        };
        return Some((message, *start));
    }
    None
}

/// Words before a bracket that call nothing.
const KEYWORDS: &[&str] = &["and", "or", "not", "in", "if", "else", "is"];

fn has_filter(name: &str) -> bool {
    let applied = ENVIRONMENT.empty_state().apply_filter(name, &[]);
    !applied.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter)
}

fn has_test(name: &str) -> bool {
    let performed = ENVIRONMENT.empty_state().perform_test(name, &[]);
    !performed.is_err_and(|error| error.kind() == ErrorKind::UnknownTest)
}

fn has_function(name: &str) -> bool {
    ENVIRONMENT.globals().any(|(known, _)| known == name)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|char: char| char == '_' || char.is_alphabetic())
}

/// Names and signs with where they start; texts and spaces are left out.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, char)) = rest.next() {
        let end = match char {
            '"' | '\'' => {
                skip_text(char, &mut rest);
                continue;
            }
            _ if char.is_whitespace() => continue,
            _ if char == '_' || char.is_alphanumeric() => {
                let mut end = start + char.len_utf8();
                while let Some((at, char)) =
                    rest.next_if(|(_, char)| *char == '_' || char.is_alphanumeric())
                {
                    end = at + char.len_utf8();
                }
                end
            }
            _ => start + char.len_utf8(),
        };
        tokens.push((start, &text[start..end]));
    }
    tokens
}

fn skip_text(quote: char, rest: &mut impl Iterator<Item = (usize, char)>) {
    let mut escaped = false;
    for (_, char) in rest {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_must_exist() {
        for fine in [
            "random(1, 2) + a.b(c) | default(3)",
            "'rnd(1)|nothing' ~ \"is nothing(\"",
            "a is defined and b is not none and not (c) or (d)",
            "a if (b) else (c)",
            "[1, 2] | first",
            "range(3) | length",
        ] {
            assert_eq!(unknown(fine), None, "{fine}");
        }
        let found = |text| unknown(text).expect(text);
        assert_eq!(found("a | upcase"), ("there is no filter `upcase`".to_owned(), 4));
        assert_eq!(found("a is oddish"), ("there is no test `oddish`".to_owned(), 5));
        assert_eq!(found("a is not oddish"), ("there is no test `oddish`".to_owned(), 9));
        let (message, at) = found("1 + rnd(2)");
        assert_eq!(at, 4);
        assert!(message.contains("no function `rnd`") && message.contains("`random`"), "{message}");
    }
}
