use std::str::FromStr;

/// An order of requests, as `--replay` gives it: `A,B,B,A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Order(pub(super) Vec<usize>);

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let request = |letter: &str| {
            let mut bytes = letter.trim().bytes();
            match (bytes.next().map(|byte| byte.to_ascii_uppercase()), bytes.next()) {
                (Some(byte @ b'A'..=b'Z'), None) => Ok(usize::from(byte - b'A')),
                _ => Err(format!("`{letter}` is no request: expected letters, as in A,B,B,A")),
            }
        };
        text.split(',').map(request).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_requests() {
        assert_eq!("A,B, b,C".parse(), Ok(Order(vec![0, 1, 1, 2])));
        for wrong in ["", "A,", "AB", "1,2", "A B"] {
            assert!(wrong.parse::<Order>().is_err(), "{wrong}");
        }
    }
}
