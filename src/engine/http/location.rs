//! Where the `Location` of a redirect leads: RFC 3986, section 5.2.

use hyper::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::Origin;
use super::origin::NoOrigin;

/// What services leave unescaped and a request may not hold. Bytes beyond ASCII
/// are escaped in any case.
pub(in crate::engine) const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A request's address: an origin, and path with query there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) origin: Origin,
    pub(super) path: Uri,
}

impl Address {
    /// The address that `location` means here. The error is for a person.
    pub(super) fn resolve(&self, location: &[u8]) -> Result<Self, String> {
        let location = percent_encode(location, UNSAFE).to_string();
        let location = location.split('#').next().unwrap_or_default();
        let absolute = match scheme_end(location) {
            Some(_) => location.to_owned(),
            None if location.starts_with("//") => format!("{}:{location}", self.origin.scheme()),
            None => format!("{}{}", self.origin, self.path_of(location)),
        };
        let uri: Uri = absolute.parse().map_err(|_| "is no URL".to_owned())?;
        let origin = Origin::of(&uri).map_err(|fault| match fault {
            NoOrigin::Scheme(scheme) => format!("is neither http nor https, but {scheme}"),
            NoOrigin::Host => "names no host".to_owned(),
        })?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = without_dots(path).parse().map_err(|_| "is no URL".to_owned())?;
        Ok(Self { origin, path })
    }

    /// Path and query that a reference without scheme and host means.
    fn path_of(&self, reference: &str) -> String {
        let path = self.path.path();
        match reference.chars().next() {
            None => self.path.to_string(),
            Some('/') => reference.to_owned(),
            Some('?') => format!("{path}{reference}"),
            Some(_) => {
                let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
                format!("{folder}{reference}")
            }
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Where the scheme of a URL ends, if it has one.
fn scheme_end(url: &str) -> Option<usize> {
    let end = url.find(':')?;
    let is_scheme = url[..end].bytes().enumerate().all(|(at, byte)| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => true,
        b'0'..=b'9' | b'+' | b'-' | b'.' => at > 0,
        _ => false,
    });
    (end > 0 && is_scheme).then_some(end)
}

/// `/a/./b/../c` is `/a/c`.
fn without_dots(path: &str) -> String {
    let (path, query) =
        path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    let path = format!("/{}", kept.join("/"));
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(location: &str) -> Result<String, String> {
        let base: Uri = "http://a.example:81/b/c/d?q".parse().expect("a URL");
        let origin = Origin::of(&base).expect("an origin");
        let here = Address { origin, path: "/b/c/d?q".parse().expect("a path") };
        here.resolve(location.as_bytes()).map(|address| address.to_string())
    }

    #[test]
    fn references_are_relative_to_where_they_stand() {
        for (location, leads_to) in [
            ("g", "http://a.example:81/b/c/g"),
            ("./g/", "http://a.example:81/b/c/g/"),
            ("../g?y", "http://a.example:81/b/g?y"),
            ("../../../../g", "http://a.example:81/g"),
            ("..", "http://a.example:81/b/"),
            ("/g", "http://a.example:81/g"),
            ("?y=1", "http://a.example:81/b/c/d?y=1"),
            ("", "http://a.example:81/b/c/d?q"),
            ("g#s", "http://a.example:81/b/c/g"),
            ("g?x=http://z", "http://a.example:81/b/c/g?x=http://z"),
            ("//other", "http://other/"),
            ("https://Other:443/x y?z=ü", "https://other/x%20y?z=%C3%BC"),
            ("http://me:secret@other/", "http://other/"),
        ] {
            assert_eq!(from(location).as_deref(), Ok(leads_to), "{location}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_said_in_words() {
        assert!(from("ftp://other/x").expect_err("no http").contains("but ftp"));
        for nowhere in ["mailto:me@other", "http://", "http://x:y:z/", "javascript:alert(1)"] {
            assert!(from(nowhere).is_err(), "{nowhere}");
        }
    }
}
