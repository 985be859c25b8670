//! Texts that may carry secrets, as they may be shown. What is taken out is rather
//! too much than too little.

use super::names_a_secret;

const HIDDEN: &str = "***";

/// A URL or a path with `***` where it carries a user name and a password, and in the place
/// of parameters whose names say that they are secret. Works on what is no URL,
/// too.
pub fn without_credentials(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let is_path = url.starts_with('/') && !url.starts_with("//");
    let url = match url[start..].rfind('@').filter(|_| !is_path) {
        Some(at) => format!("{}{HIDDEN}{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    };
    without_parameters(&url, names_a_secret)
}

/// The same without the value of any parameter: any of them may be a token.
pub fn without_values(url: &str) -> String {
    without_parameters(&without_credentials(url), |_| true)
}

/// A word of a command line: a URL, `name=value` (of an environment, too), or
/// the keywords of a connection string.
pub fn without_secrets(text: &str) -> String {
    let text = if text.contains("://") { without_values(text) } else { text.to_owned() };
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('=') {
        let before = &rest[..at];
        let name = before.trim_end().rsplit([' ', '\t', '\n', '?', '&', ',']).next();
        let name = name.unwrap_or_default().trim_start_matches('-');
        let (_, after) = rest.split_at(at + 1);
        shown += &rest[..=at];
        rest = after;
        if name.is_empty() || names_a_secret(name) {
            let value = value(after);
            shown += if value.is_empty() { "" } else { HIDDEN };
            rest = &after[value.len()..];
        }
    }
    shown + rest
}

/// The value that a text begins with: in quotes, or up to the next space.
fn value(text: &str) -> &str {
    let start = text.len() - text.trim_start().len();
    let (mut quoted, mut escaped) = (false, false);
    for (at, char) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            char if char.is_whitespace() && !quoted => return &text[..at],
            _ => {}
        }
    }
    text
}

fn without_parameters(url: &str, hidden: impl Fn(&str) -> bool) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let parameter = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if !value.is_empty() && hidden(name) => format!("{name}={HIDDEN}"),
        Some(_) => parameter.to_owned(),
        None if !parameter.is_empty() && hidden("") => HIDDEN.to_owned(),
        None => parameter.to_owned(),
    };
    let parameters: Vec<String> = query.split('&').map(parameter).collect();
    format!("{path}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_password_is_left() {
        for (url, shown) in [
            ("http://localhost:3000/a", "http://localhost:3000/a"),
            ("http://me:secret@host/a", "http://***@host/a"),
            ("http://me:sec/r@et@host", "http://***@host"),
            ("me:secret@host:3000", "***@host:3000"),
            ("http://host/a?page=1&token=secret", "http://host/a?page=1&token=***"),
            ("/a@b?api_key=secret&a=b", "/a@b?api_key=***&a=b"),
            ("//me:secret@host/a", "***@host/a"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
        assert_eq!(without_values("http://h/?a=secret&secret&b="), "http://h/?a=***&***&b=");
    }

    #[test]
    fn nothing_of_a_word_that_is_secret_is_left() {
        for (word, shown) in [
            ("scenarios/a.yaml", "scenarios/a.yaml"),
            ("--vus=5", "--vus=5"),
            ("=secret", "=***"),
            ("--env==secret", "--env==***"),
            ("API_KEY=secret and more", "API_KEY=*** and more"),
            ("host=db password=secret port=1", "host=db password=*** port=1"),
            ("host=db password = 'se cr\\'et' port=1", "host=db password =*** port=1"),
            ("password='secret", "password=***"),
            ("--token=secret", "--token=***"),
            ("--database=postgres://me:secret@h/db", "--database=postgres://***@h/db"),
            ("URL=http://h/?a=secret", "URL=http://h/?a=***"),
        ] {
            assert_eq!(without_secrets(word), shown);
        }
    }
}
