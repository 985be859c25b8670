//! A jar of cookies, by the rules of RFC 6265. There is no list of public
//! suffixes: a cookie for `com` is refused, one for `co.uk` is not.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::{HeaderValue, SET_COOKIE};

use super::Origin;

/// As browsers have it; the oldest cookie makes room.
const MOST: usize = 300;
const LONGEST: usize = 4096;

/// The cookies of one virtual user.
#[derive(Debug, Default)]
pub(super) struct Jar {
    /// In the order they were set.
    cookies: Vec<Cookie>,
}

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Only for that host, not for those below it.
    is_host_only: bool,
    path: String,
    is_secure: bool,
    expires: Option<SystemTime>,
}

/// The cookies of one virtual user. Cheap to clone: all clones are one jar.
#[derive(Clone, Debug, Default)]
pub struct Cookies(Arc<Mutex<Jar>>);

impl Cookies {
    pub(super) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jar {
    pub(super) fn clear(&mut self) {
        self.cookies.clear();
    }

    /// Takes in what an answer to a request for this path set.
    pub(super) fn take_in(&mut self, origin: &Origin, path: &str, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = String::from_utf8_lossy(line.as_bytes());
            if let Some(cookie) = Cookie::parse(&line, origin, path) {
                self.put(cookie);
            }
        }
    }

    fn put(&mut self, cookie: Cookie) {
        let same = |old: &Cookie| {
            old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path
        };
        let known = self.cookies.iter().position(same);
        match (cookie.is_expired(), known) {
            (true, Some(at)) => drop(self.cookies.remove(at)),
            (true, None) => {}
            (false, Some(at)) => self.cookies[at] = cookie,
            (false, None) => {
                if self.cookies.len() >= MOST {
                    self.cookies.remove(0);
                }
                self.cookies.push(cookie);
            }
        }
    }

    /// The `Cookie` header of a request for this path, if there is one.
    pub(super) fn header(&self, origin: &Origin, path: &str) -> Option<HeaderValue> {
        if self.cookies.is_empty() {
            return None;
        }
        let mut fitting: Vec<&Cookie> =
            self.cookies.iter().filter(|cookie| cookie.fits(origin, path)).collect();
        // The more particular path first; else as they were set.
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let mut value = HeaderValue::try_from(pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        (!pairs.is_empty()).then_some(value)
    }
}

impl Cookie {
    /// `None` for what is no cookie, or not one this host may set.
    fn parse(line: &str, origin: &Origin, path: &str) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || line.len() > LONGEST {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: origin.host().to_owned(),
            is_host_only: true,
            path: folder(path).to_owned(),
            is_secure: false,
            expires: None,
        };
        let mut max_age = None;
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" if !value.is_empty() => cookie.widen(value, origin.host())?,
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "path" => cookie.path = folder(path).to_owned(),
                "secure" => cookie.is_secure = true,
                "expires" => cookie.expires = date(value).or(cookie.expires),
                "max-age" => max_age = age(value).or(max_age),
                _ => {}
            }
        }
        cookie.expires = max_age.or(cookie.expires);
        (!cookie.is_secure || origin.is_secure()).then_some(cookie)
    }

    /// Takes the cookie's `Domain`; `None` when this host may not speak for it.
    fn widen(&mut self, domain: &str, host: &str) -> Option<()> {
        let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
        if domain != host && (!domain.contains('.') || !is_below(host, &domain)) {
            return None;
        }
        self.is_host_only = host.parse::<IpAddr>().is_ok();
        self.domain = domain;
        Some(())
    }

    fn is_expired(&self) -> bool {
        self.expires.is_some_and(|end| end <= SystemTime::now())
    }

    fn fits(&self, origin: &Origin, path: &str) -> bool {
        let host = origin.host();
        let on_host = host == self.domain || (!self.is_host_only && is_below(host, &self.domain));
        on_host
            && (!self.is_secure || origin.is_secure())
            && is_within(path, &self.path)
            && !self.is_expired()
    }
}

/// `a.b.example` is below `b.example`; an address is below nothing.
fn is_below(host: &str, domain: &str) -> bool {
    let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    below && host.parse::<IpAddr>().is_err()
}

/// `/a/b` and `/a/` are within `/a`, `/ab` is not.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

/// Where a cookie belongs that names no path: the request's, up to its last `/`.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(end) => &path[..end],
    }
}

/// HTTP's dates; older services write `09-Jun-2030` for `09 Jun 2030`.
fn date(text: &str) -> Option<SystemTime> {
    let date = httpdate::parse_http_date(text);
    date.or_else(|_| httpdate::parse_http_date(&text.replace('-', " "))).ok()
}

/// Seconds from now; 0 and less: over already.
fn age(text: &str) -> Option<SystemTime> {
    let seconds: i64 = text.parse().ok()?;
    match u64::try_from(seconds) {
        Ok(seconds) => SystemTime::now().checked_add(Duration::from_secs(seconds)),
        Err(_) => Some(SystemTime::UNIX_EPOCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of(&url.parse().expect("a URL")).expect("an origin")
    }

    fn jar(url: &str, path: &str, lines: &[&str]) -> Jar {
        let mut jar = Jar::default();
        set(&mut jar, url, path, lines);
        jar
    }

    fn set(jar: &mut Jar, url: &str, path: &str, lines: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, line.parse().expect("a header"));
        }
        jar.take_in(&origin(url), path, &headers);
    }

    fn sent(jar: &Jar, url: &str, path: &str) -> String {
        let header = jar.header(&origin(url), path);
        header.map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
    }

    #[test]
    fn a_cookie_goes_back_where_it_came_from() {
        let jar = jar("http://a.example", "/login", &["id=1; HttpOnly", "theme = dark"]);
        assert_eq!(sent(&jar, "http://a.example:8080", "/x"), "id=1; theme=dark");
        assert_eq!(sent(&jar, "http://b.example", "/x"), "");
        assert_eq!(sent(&jar, "http://x.a.example", "/x"), "");
    }

    #[test]
    fn a_domain_widens_it_to_hosts_below() {
        let wide = jar("http://www.a.example", "/", &["id=1; Domain=.A.example"]);
        assert_eq!(sent(&wide, "http://a.example", "/"), "id=1");
        assert_eq!(sent(&wide, "http://api.a.example", "/"), "id=1");
        assert_eq!(sent(&wide, "http://ba.example", "/"), "");
        for foreign in
            ["id=1; Domain=b.example", "id=1; Domain=example", "id=1; Domain=x.www.a.example"]
        {
            assert_eq!(
                sent(&jar("http://www.a.example", "/", &[foreign]), "http://www.a.example", "/"),
                ""
            );
        }
        let address = jar("http://127.0.0.1", "/", &["id=1; Domain=127.0.0.1"]);
        assert_eq!(sent(&address, "http://127.0.0.1", "/"), "id=1");
    }

    #[test]
    fn a_path_narrows_it() {
        let jar =
            jar("http://a", "/shop/cart/add", &["here=1", "all=1; Path=/", "sub=1; Path=/shop"]);
        assert_eq!(sent(&jar, "http://a", "/shop/cart"), "here=1; sub=1; all=1");
        assert_eq!(sent(&jar, "http://a", "/shop/cart/"), "here=1; sub=1; all=1");
        assert_eq!(sent(&jar, "http://a", "/shopping"), "all=1");
    }

    #[test]
    fn secure_ones_keep_to_https() {
        let secure = jar("https://a", "/", &["id=1; Secure"]);
        assert_eq!(sent(&secure, "https://a", "/"), "id=1");
        assert_eq!(sent(&secure, "http://a", "/"), "");
        assert_eq!(sent(&jar("http://a", "/", &["id=1; secure"]), "https://a", "/"), "");
    }

    #[test]
    fn they_end_when_they_are_told_to() {
        let over = "Thu, 01 Jan 1970 00:00:01 GMT";
        let later = "Wed, 09-Jun-2100 10:18:14 GMT";
        let mut jar = jar("http://a", "/", &["a=1", "b=1", "c=1"]);
        set(
            &mut jar,
            "http://a",
            "/",
            &[
                &format!("a=2; Expires={over}"),
                "b=2; Max-Age=0",
                &format!("c=2; Expires={over}; Max-Age=60"),
                &format!("d=2; Expires={later}"),
                "e=2; Expires=nonsense; Max-Age=soon",
                &format!("f=2; Expires={later}; Max-Age=-1"),
            ],
        );
        assert_eq!(sent(&jar, "http://a", "/"), "c=2; d=2; e=2");
        jar.clear();
        assert_eq!(sent(&jar, "http://a", "/"), "");
    }

    #[test]
    fn a_jar_does_not_grow_without_end() {
        let mut jar = Jar::default();
        for number in 0..MOST + 5 {
            set(&mut jar, "http://a", "/", &[&format!("c{number}=1")]);
        }
        assert_eq!(jar.cookies.len(), MOST);
        set(&mut jar, "http://b", "/", &[&format!("big={}", "x".repeat(LONGEST)), "=1", "none"]);
        assert_eq!(sent(&jar, "http://b", "/"), "");
    }
}
