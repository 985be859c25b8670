use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The name a client gives to one update, so that it is applied once however
/// often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("an Idempotency-Key has 1 to {} visible ASCII characters and no spaces", Key::LONGEST)]
pub struct BadKey;

impl Key {
    pub const LONGEST: usize = 200;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let well = visible && (1..=Self::LONGEST).contains(&text.len());
        if well { Ok(Self(text.to_owned())) } else { Err(BadKey) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_visible_ascii_of_some_length() {
        for key in ["a", "5d1f/2%3", "~!", &"k".repeat(200)] {
            assert_eq!(key.parse::<Key>().map(|key| key.to_string()), Ok(key.to_owned()));
        }
        for bad in ["", " ", "a b", "a\n", "schlüssel", "\u{7f}", &"k".repeat(201)] {
            assert_eq!(bad.parse::<Key>(), Err(BadKey), "{bad:?}");
        }
    }
}
