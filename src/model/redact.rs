/// A URL as it may be shown: with `***` where it carries a user name and a
/// password. Works on what is no URL, too, and then rather takes out too much.
pub fn without_credentials(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    match url[start..].rfind('@') {
        Some(at) => format!("{}***{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    }
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
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
