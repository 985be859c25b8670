//! Where quotes stand in a CSV file. The reader takes them as they come, so that
//! one that is never closed would swallow the rest of the file without a word.

use super::Trouble;

const NOT_CLOSED: &str = "close it; a quote that belongs to the text is written twice, in a field \
                          that is in quotes: \"5\"\" pipe\"";
const INSIDE: &str = "put quotes around the whole field, without spaces outside of them, and write \
                      each quote in it twice: \"5\"\" pipe\"";

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first character of a field.
    Begin,
    /// More of a field without quotes.
    Plain,
    /// More of a field in quotes, which was begun in this line.
    Quoted(u64),
    /// What follows on a quote within such a field: another, or its end.
    Closed(u64),
}

/// Quotes are around whole fields, and twice within them, as in RFC 4180.
pub(super) fn check(text: &str, delimiter: u8) -> Result<(), Trouble> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if delimiter == b'"' || !text.contains('"') {
        return Ok(());
    }
    let (mut state, mut line) = (State::Begin, 1);
    for byte in text.bytes() {
        let ends = byte == delimiter || byte == b'\n' || byte == b'\r';
        state = match (state, byte) {
            (State::Quoted(begun), b'"') => State::Closed(begun),
            (State::Closed(begun), b'"') => State::Quoted(begun),
            (State::Quoted(begun), _) => State::Quoted(begun),
            (State::Begin | State::Plain | State::Closed(_), _) if ends => State::Begin,
            (State::Closed(begun), _) => return Err(after(begun, line)),
            (State::Begin, b'"') => State::Quoted(line),
            (State::Plain, b'"') => return Err(inside(line)),
            (State::Begin | State::Plain, _) => State::Plain,
        };
        line += u64::from(byte == b'\n');
    }
    match state {
        State::Quoted(line) => Err(Trouble {
            line,
            cause: "a quote is opened here and never closed".to_owned(),
            hint: Some(NOT_CLOSED),
        }),
        State::Begin | State::Plain | State::Closed(_) => Ok(()),
    }
}

fn inside(line: u64) -> Trouble {
    let cause = "there is a quote within a field that does not begin with one".to_owned();
    Trouble { line, cause, hint: Some(INSIDE) }
}

fn after(begun: u64, line: u64) -> Trouble {
    let cause = match begun == line {
        true => "there is text between a closing quote and the end of its field".to_owned(),
        false => {
            format!("there is text after the quote that closes the field begun in line {begun}")
        }
    };
    Trouble { line, cause, hint: Some(INSIDE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> String {
        check(text, b',').map_or_else(|trouble| trouble.to_string(), |()| "well".to_owned())
    }

    #[test]
    fn quotes_around_fields_are_well() {
        for text in [
            "",
            "a,b\n1,2\n",
            "a,b\n\"1\",\"2\"",
            "\u{feff}\"a\",b\r\n1,\"2\"\r\n",
            "a\n\"x \"\"y\"\" z\"\n",
            "a,b\n\"\",\"\"\"\"\n",
            "a\n\"two\n\nlines\"\n\"and, a comma\"\n",
            "a\n'1\n",
        ] {
            assert_eq!(checked(text), "well", "{text}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named_where_it_is_opened() {
        let said = |line| format!("line {line}: a quote is opened here and never closed");
        assert_eq!(checked("a,b\n1,\"abc\n2,d\n3,e\n"), said(2));
        assert_eq!(checked("a,\"b\n1,2\n"), said(1));
        assert_eq!(checked("a\n\"two\nlines\"\n\"1"), said(4));
        assert_eq!(checked("a\r\n\"1\r\n2\r\n"), said(2));
        assert_eq!(checked("a\n\"1\"\"\n"), said(2));
        assert_eq!(checked("a,b\n1,\""), said(2));
    }

    #[test]
    fn a_quote_elsewhere_has_its_line() {
        let inside = "there is a quote within a field that does not begin with one";
        assert_eq!(checked("a,b\n1,2\n5\" pipe,3\n"), format!("line 3: {inside}"));
        assert_eq!(checked("a,b\n1, \"x\"\n"), format!("line 2: {inside}"));
        assert_eq!(checked("a,b\n1,x\"\n"), format!("line 2: {inside}"));
        let after = "there is text between a closing quote and the end of its field";
        assert_eq!(checked("a,b\n\"1\"2,3\n"), format!("line 2: {after}"));
        assert_eq!(checked("a,b\n\"1\" ,3\n"), format!("line 2: {after}"));
        let opened = "there is text after the quote that closes the field begun in line 2";
        assert_eq!(checked("a,b\n1,\"abc\n2,\"d\"\n"), format!("line 3: {opened}"));
    }

    #[test]
    fn the_delimiter_is_what_parts_fields() {
        assert!(check("a;b\n\"1\";\"2\"\n", b';').is_ok());
        assert!(check("a;b\n\"1\";\"2\"\n", b',').is_err());
        assert!(check("a\"b\n1\"2\n", b'"').is_ok());
    }
}
