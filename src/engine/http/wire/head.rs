use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method};

use super::body::Framing;
use super::chunked::Chunked;
use super::request::has_token;

/// As many as browsers and proxies take.
const MOST_HEADERS: usize = 256;
/// Longest head, in bytes.
pub(super) const LONGEST: usize = 256 * 1024;

/// The head of an answer, and what it says of the rest.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) framing: Framing,
    /// Another request may follow on this connection.
    pub(super) keeps_alive: bool,
}

/// The parts of a head, as places in what was read.
pub(super) struct Found {
    status: u16,
    /// HTTP/1.1, and not 1.0.
    is_current: bool,
    /// The blank line included.
    pub(super) length: usize,
    headers: Vec<(Range<usize>, Range<usize>)>,
}

/// Looks for a head at the beginning of `bytes`. `None`: not all of it is there
/// yet. The error is for a person.
pub(super) fn find(bytes: &[u8]) -> Result<Option<Found>, String> {
    let mut room = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut room,
    );
    let length = match parsed.map_err(described)? {
        // Also one that came in one piece.
        httparse::Status::Complete(length) if length <= LONGEST => length,
        httparse::Status::Partial if bytes.len() <= LONGEST => return Ok(None),
        httparse::Status::Complete(_) | httparse::Status::Partial => {
            return Err(format!("its head is longer than {} KiB", LONGEST >> 10));
        }
    };
    let start = bytes.as_ptr() as usize;
    let place = |part: &[u8]| {
        let begin = (part.as_ptr() as usize).saturating_sub(start);
        begin..begin + part.len()
    };
    let headers = response.headers.iter();
    Ok(Some(Found {
        status: response.code.unwrap_or_default(),
        is_current: response.version == Some(1),
        length,
        headers: headers.map(|one| (place(one.name.as_bytes()), place(one.value))).collect(),
    }))
}

fn described(error: httparse::Error) -> String {
    match error {
        httparse::Error::TooManyHeaders => format!("it has more than {MOST_HEADERS} headers"),
        other => other.to_string(),
    }
}

impl Found {
    /// `100 Continue` and the like: the answer proper is still to come.
    pub(super) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// The head in `bytes`, the answer to a request by that method. Its headers
    /// share `bytes`.
    pub(super) fn read(self, bytes: &Bytes, method: &Method) -> Result<Head, String> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(&bytes[name]).map_err(|error| error.to_string())?;
            let value = HeaderValue::from_maybe_shared(bytes.slice(value));
            headers.append(name, value.map_err(|error| error.to_string())?);
        }
        let framing = framing(self.status, &headers, method)?;
        let mut connection = headers.get_all(CONNECTION).iter();
        let keeps_alive = match self.is_current {
            true => !connection.any(|value| has_token(value, "close")),
            false => connection.any(|value| has_token(value, "keep-alive")),
        };
        let ends_itself = !matches!(framing, Framing::Close) && self.status != 101;
        // Where both are said, somebody between may have read it the other way.
        let is_clear =
            !headers.contains_key(TRANSFER_ENCODING) || !headers.contains_key(CONTENT_LENGTH);
        let keeps_alive = keeps_alive && ends_itself && is_clear;
        Ok(Head { status: self.status, headers: headers.into(), framing, keeps_alive })
    }
}

fn framing(status: u16, headers: &HeaderMap, method: &Method) -> Result<Framing, String> {
    if method == Method::HEAD || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::Length(0));
    }
    if let Some(last) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
        let codings = last.as_bytes().rsplit(|byte| *byte == b',');
        let last = codings.map(<[u8]>::trim_ascii).next().unwrap_or_default();
        return Ok(match last.eq_ignore_ascii_case(b"chunked") {
            true => Framing::Chunked(Chunked::new()),
            false => Framing::Close,
        });
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(Framing::Close) };
    if lengths.any(|other| other != first) {
        return Err("it has two lengths".to_owned());
    }
    let digits = first.as_bytes();
    let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit));
    let length = text.and_then(|text| text.parse().ok());
    length.map(Framing::Length).ok_or_else(|| format!("its length is {first:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str, method: &Method) -> Result<Head, String> {
        let bytes = Bytes::copy_from_slice(text.replace('\n', "\r\n").as_bytes());
        find(&bytes)?.ok_or("more is to come")?.read(&bytes, method)
    }

    /// How the answer ends, and whether another may follow it.
    fn framed(text: &str) -> (String, bool) {
        let head = head(&format!("HTTP/1.1 {text}\n\n"), &Method::POST);
        let head = head.unwrap_or_else(|error| panic!("{text}: {error}"));
        let framing = match head.framing {
            Framing::Length(length) => length.to_string(),
            Framing::Chunked(_) => "chunked".to_owned(),
            Framing::Close => "close".to_owned(),
        };
        (framing, head.keeps_alive)
    }

    #[test]
    fn an_answer_says_where_it_ends() {
        for (text, framing, keeps_alive) in [
            ("200 OK\ncontent-length: 12", "12", true),
            ("200 OK\nContent-Length: 12\nConnection: Close", "12", false),
            ("200 OK\ncontent-length: 3\ncontent-length: 3", "3", true),
            ("200 OK\ntransfer-encoding: chunked", "chunked", true),
            ("200 OK\ntransfer-encoding: gzip, Chunked", "chunked", true),
            ("200 OK\ntransfer-encoding: chunked, gzip", "close", false),
            ("200 OK\ntransfer-encoding: chunked\ncontent-length: 3", "chunked", false),
            ("200 OK", "close", false),
            ("204 No Content", "0", true),
            ("304 Not Modified\ncontent-length: 9", "0", true),
            ("101 Switching Protocols", "0", false),
        ] {
            assert_eq!(framed(text), (framing.to_owned(), keeps_alive), "{text}");
        }
    }

    #[test]
    fn an_older_service_keeps_alive_where_it_says_so() {
        let old = |text: &str| head(text, &Method::GET).expect("a head").keeps_alive;
        assert!(!old("HTTP/1.0 200 OK\ncontent-length: 1\n\n"));
        assert!(old("HTTP/1.0 200 OK\ncontent-length: 1\nconnection: keep-alive\n\n"));
    }

    #[test]
    fn the_answer_to_head_has_no_body() {
        let head = head("HTTP/1.1 200 OK\ncontent-length: 5\n\n", &Method::HEAD);
        assert!(head.expect("a head").framing.is_over());
    }

    #[test]
    fn a_length_that_is_none_is_told() {
        for (lines, fault) in [
            ("content-length: -1", "its length is \"-1\""),
            ("content-length: +1", "its length is \"+1\""),
            ("content-length: ", "its length is \"\""),
            ("content-length: 99999999999999999999", "its length is \"99999999999999999999\""),
            ("content-length: 1\ncontent-length: 2", "it has two lengths"),
        ] {
            let told = head(&format!("HTTP/1.1 200 OK\n{lines}\n\n"), &Method::GET);
            assert_eq!(told.expect_err(lines), fault);
        }
    }

    #[test]
    fn a_part_of_a_head_is_no_head() {
        let whole = "HTTP/1.1 200 OK\r\nx: 1\r\n\r\n";
        for cut in 0..whole.len() {
            assert!(find(&whole.as_bytes()[..cut]).expect("so far").is_none(), "{cut}");
        }
        assert!(find(b"SSH-2.0-OpenSSH").is_err());
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'a'; LONGEST]].concat();
        assert!(find(&endless).is_err());
        // The same, when all of it comes at once.
        let whole = [&endless[..], b"\r\n\r\n"].concat();
        let fault = find(&whole).err().expect("too long");
        assert_eq!(fault, "its head is longer than 256 KiB");
    }
}
