use std::fmt::{self, Write};
use std::str::FromStr;

use thiserror::Error;

/// A token that is shown nowhere: not empty, and fit for an HTTP header.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Says what is wrong with a token without repeating it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadSecret {
    #[error("the token is empty")]
    Empty,
    #[error("a token is of letters, digits and punctuation, without spaces")]
    Unprintable,
}

impl Secret {
    /// Random bytes, in hexadecimal.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// For whoever has to send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is the token. Takes as long wherever the two differ, so
    /// that nobody finds it letter by letter.
    pub fn is(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        own.len() == given.len()
            && own
                .iter()
                .zip(given)
                .fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)))
                == 0
    }
}

impl FromStr for Secret {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, BadSecret> {
        match text {
            "" => Err(BadSecret::Empty),
            text if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Self(text.to_owned())),
            _ => Err(BadSecret::Unprintable),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_compared_and_never_shown() {
        let secret: Secret = "s3cret-token".parse().expect("a token");
        assert!(secret.is(b"s3cret-token"));
        for other in ["", "s3cret-toke", "s3cret-token2", "S3cret-token"] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!("".parse::<Secret>(), Err(BadSecret::Empty));
        for bad in ["a b", "a\n", "gr\u{fc}n"] {
            let error = bad.parse::<Secret>().expect_err(bad);
            assert!(!error.to_string().contains(bad), "{error}");
        }
    }
}
