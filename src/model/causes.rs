use std::error::Error;

/// An error and its causes on one line, each said once.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("cannot connect")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, Error)]
    #[error("cannot connect: refused")]
    struct Chatty(#[source] io::Error);

    #[test]
    fn each_cause_is_said_once() {
        let refused = || io::Error::other("refused");
        assert_eq!(with_causes(&Outer(refused())), "cannot connect: refused");
        assert_eq!(with_causes(&Chatty(refused())), "cannot connect: refused");
    }
}
