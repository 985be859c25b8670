//! Files of requests as they are sent: `POST http://localhost/buy`.

use super::tool::Tool;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

pub(super) fn tool(text: &str) -> Option<Tool> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_set = |line: &str| line.starts_with('@') && line.contains('=');
    let is_aside = |line: &str| line.starts_with('#') || line.starts_with("//") || is_set(line);
    let url = url(lines().find(|line| !is_aside(line))?)?;
    Some(if lines().any(is_of_hurl) {
        Tool::Hurl
    } else if lines().any(|line| line.starts_with("###") || is_set(line) || has_version(line)) {
        Tool::HttpFile
    } else if url.starts_with("http") {
        Tool::Vegeta
    } else {
        Tool::HttpFile
    })
}

/// Where the request goes, if the line begins one.
fn url(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    words.next().filter(|word| METHODS.contains(word))?;
    let url = words.next()?;
    ["http://", "https://", "/", "{{"].iter().any(|begin| url.starts_with(begin)).then_some(url)
}

fn has_version(line: &str) -> bool {
    url(line).is_some() && line.contains(" HTTP/")
}

/// What is expected of an answer, or the name of a section.
fn is_of_hurl(line: &str) -> bool {
    let sections = ["[Asserts]", "[Captures]", "[Options]", "[Query]", "[Form]"];
    let mut words = line.split_whitespace();
    let is_protocol = |word: &str| word == "HTTP" || word.starts_with("HTTP/");
    let is_status = |word: &str| word == "*" || word.parse::<u16>().is_ok();
    (words.next().is_some_and(is_protocol) && words.next().is_none_or(is_status))
        || sections.contains(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_known_by_what_is_around_them() {
        for (text, expected) in [
            ("POST http://localhost:4000/buy\nHTTP 200\n", Tool::Hurl),
            ("# buys\nGET https://h/\n\nHTTP/1.1 *\n[Asserts]\n", Tool::Hurl),
            ("@host = http://h\n\nGET {{host}}/a\n", Tool::HttpFile),
            (
                "### buy\nPOST http://h/buy HTTP/1.1\nContent-Type: application/json\n",
                Tool::HttpFile,
            ),
            ("GET /a\n", Tool::HttpFile),
            ("GET http://h/a\nPOST http://h/b\n@body.json\n", Tool::Vegeta),
        ] {
            assert_eq!(tool(text), Some(expected), "{text}");
        }
        for text in ["", "# nothing\n", "get: 1\n", "GET everything\n", "name: GET http://h/\n"] {
            assert_eq!(tool(text), None, "{text}");
        }
    }
}
