//! The head that came last on a connection. A service says the same again and
//! again, but for the date once in a second, and what is the same byte for byte
//! need not be read a second time.

use bytes::Bytes;
use hyper::Method;

use super::head::Head;

/// A connection keeps no longer ones.
const LONGEST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Last(Option<Known>);

#[derive(Debug)]
struct Known {
    bytes: Bytes,
    /// An answer to HEAD has no body.
    method: Method,
    head: Head,
}

impl Last {
    /// The head at the beginning of `bytes`, with its length, if it is the last
    /// one again.
    pub(super) fn again(&self, bytes: &[u8], method: &Method) -> Option<(Head, usize)> {
        let Known { bytes: known, method: asked, head } = self.0.as_ref()?;
        // A head ends where it says so: what begins with all of it has this one.
        (bytes.starts_with(known) && asked == method).then(|| (head.clone(), known.len()))
    }

    /// `head`: as it was read from `bytes`.
    pub(super) fn keep(&mut self, bytes: Bytes, method: &Method, head: &Head) {
        self.0 = (bytes.len() <= LONGEST).then(|| Known {
            bytes,
            method: method.clone(),
            head: head.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::*;

    fn read(last: &mut Last, text: &str, method: &Method) -> (u16, usize, bool) {
        let known = last.again(text.as_bytes(), method);
        let was_known = known.is_some();
        let (head, length) = known.unwrap_or_else(|| {
            let found = head::find(text.as_bytes()).ok().flatten().expect("a head");
            let bytes = Bytes::copy_from_slice(&text.as_bytes()[..found.length]);
            let length = bytes.len();
            let head = found.read(&bytes, method).expect("a sound one");
            last.keep(bytes, method, &head);
            (head, length)
        });
        (head.status, length, was_known)
    }

    #[test]
    fn what_comes_again_is_known_and_nothing_else() {
        let (last, post) = (&mut Last::default(), &Method::POST);
        let (one, other) = (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        );
        let length = one.len();
        assert_eq!(read(last, &format!("{one}{{}}"), post), (200, length, false));
        assert_eq!(read(last, &format!("{one}[]"), post), (200, length, true));
        assert_eq!(read(last, one, &Method::HEAD), (200, length, false));
        assert_eq!(read(last, one, post), (200, length, false));
        assert_eq!(read(last, other, post), (200, length, false));
        assert!(last.again(&other.as_bytes()[..length - 1], post).is_none(), "not all of it");
    }

    #[test]
    fn a_long_one_is_not_kept() {
        let (last, post) = (&mut Last::default(), &Method::POST);
        let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(LONGEST));
        assert!(!read(last, &long, post).2);
        assert!(!read(last, &long, post).2);
    }
}
