use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use regex::{NoExpand, Regex, RegexBuilder};

/// Shorter texts are parts of too many others to be looked for.
const SHORTEST: usize = 6;
/// So many characters of one are a part of it, where something was cut off.
const SHORTEST_PART: usize = 5;
/// Nothing that is cut shows more.
const LONGEST_PART: usize = 200;
/// A part of so many characters nests as deep.
const DEEPEST: u32 = 1000;
/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Takes known secrets out of what is shown, wherever they turn up: in a path, a
/// query, a body, what a service answered.
#[derive(Clone, Default)]
pub struct Mask {
    /// Each as a pattern of all the ways it may be written.
    patterns: BTreeSet<String>,
    /// Any of them.
    any: Option<Regex>,
}

impl Mask {
    /// Adds a secret, unless it is too short to be told from other texts.
    pub fn add(&mut self, secret: &str) {
        if secret.chars().count() >= SHORTEST && self.patterns.insert(pattern(secret)) {
            // Of two where one begins like the other, the longer one counts.
            let mut patterns: Vec<&str> = self.patterns.iter().map(String::as_str).collect();
            patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
            let any = RegexBuilder::new(&patterns.join("|")).nest_limit(DEEPEST).build();
            // One that is too long to be looked for does not uncover the others.
            self.any = any.ok().or(self.any.take());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.any.is_none()
    }

    /// The text without them.
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.any {
            Some(any) => any.replace_all(text, NoExpand(HIDDEN)),
            None => Cow::Borrowed(text),
        }
    }
}

/// The secret as it is, and with any of its characters as URLs, JSON and HTML
/// write them; and its beginning, where a message was cut in the middle of it.
fn pattern(secret: &str) -> String {
    let letters: Vec<String> = secret.chars().map(written).collect();
    let (first, more) = letters.split_at(SHORTEST_PART);
    let more = &more[..more.len().min(LONGEST_PART)];
    let more = more.iter().rev().fold(String::new(), |rest, letter| format!("(?:{letter}{rest})?"));
    format!(r"{}|{}{more}(?:\.\.\.|…|\z)", letters.concat(), first.concat())
}

fn written(char: char) -> String {
    if char.is_ascii_alphanumeric() {
        return char.to_string();
    }
    let mut room = [0; 4];
    let percent: String =
        char.encode_utf8(&mut room).bytes().map(|byte| format!("%{byte:02X}")).collect();
    let itself = regex::escape(&char.to_string());
    let code = u32::from(char);
    let json = format!(r"\\(?:{itself}|u{code:04x})");
    let named = match char {
        '&' => "&amp;|",
        '<' => "&lt;|",
        '>' => "&gt;|",
        '"' => "&quot;|",
        '\'' => "&apos;|",
        '\n' => r"\\n|",
        ' ' => r"\+|",
        _ => "",
    };
    // The character itself comes last: `&amp;` begins with it.
    format!("(?i:{named}&#x?0*(?:{code}|{code:x});|{json}|{percent}|{itself})")
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.patterns.len()).finish()
    }
}

/// Whether a variable by that name is for nobody's eyes: `DB_PASSWORD`, `ApiKey`.
pub fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["pass", "key", "auth", "authorization", "credential", "credentials", "cookie", "session"];
    const ENDINGS: [&str; 7] =
        ["password", "passwd", "passphrase", "secret", "token", "apikey", "bearer"];
    let name = name.to_lowercase();
    name.split(|char: char| !char.is_alphanumeric())
        .any(|word| WORDS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let mut mask = Mask::default();
        mask.add("s3/cr\"t&1");
        mask.add("short");
        for (text, shown) in [
            ("/a?token=s3/cr\"t&1&b", "/a?token=***&b"),
            ("/a?token=s3%2Fcr%22t%261&b", "/a?token=***&b"),
            (r#"{"a":"s3/cr\"t&1"}"#, r#"{"a":"***"}"#),
            ("<b>s3/cr&quot;t&amp;1</b>", "<b>***</b>"),
            ("<b>s3/cr\"t&amp;1</b>", "<b>***</b>"),
            ("/s3/cr%22t%261", "/***"),
            (r"s3\/cr\u0022t\u00261", "***"),
            ("s3&#x2F;cr&#34;t&#38;1", "***"),
            ("short s3/cr no", "short s3/cr no"),
            ("`s3/cr%22t...` and `s3/cr…`", "`***` and `***`"),
            ("no: s3/cr\"", "no: ***"),
            ("no: s3/c", "no: s3/c"),
        ] {
            assert_eq!(mask.apply(text), shown);
        }
        assert!(!format!("{mask:?}").contains("s3"));
    }

    #[test]
    fn one_within_another_leaves_nothing() {
        let mut mask = Mask::default();
        mask.add("abcdef");
        mask.add("abcdefghi");
        assert_eq!(mask.apply("abcdefghi abcdef"), "*** ***");
        let long = "0123456789/".repeat(1000);
        mask.add(&long);
        assert_eq!(mask.apply(&format!("a {long} b {}...", &long[..180])), "a *** b ***");
    }

    #[test]
    fn names_of_secrets() {
        for name in
            ["PASSWORD", "db_pass", "ApiKey", "GITHUB_TOKEN", "AUTH", "CLIENT_SECRET", "API_KEY"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["USERS", "BASE_URL", "AMOUNT", "", "MONKEY", "AUTHOR", "PASSENGERS"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
