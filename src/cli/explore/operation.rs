use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use hyper::Request;
use hyper::header::CONTENT_TYPE;

/// An operation of the bank, as `--op` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Operation {
    what: What,
    key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Deposit { amount: i64, account: i64 },
    Withdraw { amount: i64, account: i64 },
    Transfer { amount: i64, from: i64, to: i64 },
    Balance { account: i64 },
}

const EXPECTED: &str = "expected `deposit AMOUNT ACCOUNT`, `withdraw AMOUNT ACCOUNT`, \
                        `transfer AMOUNT FROM TO` or `balance ACCOUNT`, the first three with \
                        `key=KEY` where they are to carry an Idempotency-Key";

impl Operation {
    pub(super) fn deposit(amount: i64, account: i64) -> Self {
        Self { what: What::Deposit { amount, account }, key: None }
    }

    pub(super) fn withdraw(amount: i64, account: i64) -> Self {
        Self { what: What::Withdraw { amount, account }, key: None }
    }

    pub(super) fn transfer(amount: i64, from: i64, to: i64) -> Self {
        Self { what: What::Transfer { amount, from, to }, key: None }
    }

    pub(super) fn with_key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    pub(super) fn request(&self) -> Request<Bytes> {
        let (method, path, body) = self.parts();
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        // Made of letters and digits.
        *request.uri_mut() = path.parse().unwrap_or_default();
        let json = hyper::header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        if let Some(key) = self.key.as_ref().and_then(|key| key.parse().ok()) {
            request.headers_mut().insert("idempotency-key", key);
        }
        request
    }

    fn parts(&self) -> (hyper::Method, String, String) {
        let post = |path: &str, body| (hyper::Method::POST, path.to_owned(), body);
        let body = |account, amount| format!(r#"{{"userId":{account},"amount":{amount}}}"#);
        match &self.what {
            What::Deposit { amount, account } => post("/deposit", body(account, amount)),
            What::Withdraw { amount, account } => post("/withdraw", body(account, amount)),
            What::Transfer { amount, from, to } => post(
                "/transfer",
                format!(r#"{{"fromUserId":{from},"toUserId":{to},"amount":{amount}}}"#),
            ),
            What::Balance { account } => {
                (hyper::Method::GET, format!("/balance/{account}"), String::new())
            }
        }
    }

    /// As `--op` takes it.
    pub(super) fn argument(&self) -> String {
        let what = match &self.what {
            What::Deposit { amount, account } => format!("deposit {amount} {account}"),
            What::Withdraw { amount, account } => format!("withdraw {amount} {account}"),
            What::Transfer { amount, from, to } => format!("transfer {amount} {from} {to}"),
            What::Balance { account } => format!("balance {account}"),
        };
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(" key={key}"));
        what + &key
    }
}

/// `POST /deposit {"userId":1,"amount":10}`
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path, body) = self.parts();
        write!(f, "{method} {path}")?;
        if !body.is_empty() {
            write!(f, " {body}")?;
        }
        match &self.key {
            Some(key) => write!(f, ", Idempotency-Key: {key}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no operation: {EXPECTED}");
        let (keys, words): (Vec<&str>, Vec<&str>) =
            text.split_whitespace().partition(|word| word.starts_with("key="));
        let key = match &keys[..] {
            [] => None,
            [key] => Some(key["key=".len()..].to_owned()).filter(|key| !key.is_empty()),
            _ => return Err(wrong()),
        };
        if key.is_none() != keys.is_empty() {
            return Err(wrong());
        }
        let number = |word: &str| word.parse::<i64>().map_err(|_| wrong());
        let what = match &words[..] {
            ["deposit", amount, account] => {
                What::Deposit { amount: number(amount)?, account: number(account)? }
            }
            ["withdraw", amount, account] => {
                What::Withdraw { amount: number(amount)?, account: number(account)? }
            }
            ["transfer", amount, from, to] => {
                What::Transfer { amount: number(amount)?, from: number(from)?, to: number(to)? }
            }
            ["balance", account] if key.is_none() => What::Balance { account: number(account)? },
            _ => return Err(wrong()),
        };
        Ok(Self { what, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_and_written() {
        for (text, shown) in [
            ("deposit 10 1", r#"POST /deposit {"userId":1,"amount":10}"#),
            (
                "withdraw 80 2 key=k",
                r#"POST /withdraw {"userId":2,"amount":80}, Idempotency-Key: k"#,
            ),
            ("transfer 5 1 2", r#"POST /transfer {"fromUserId":1,"toUserId":2,"amount":5}"#),
            ("balance 1", "GET /balance/1"),
        ] {
            let operation: Operation = text.parse().expect(text);
            assert_eq!(operation.to_string(), shown);
            assert_eq!(operation.argument(), text);
        }
        for wrong in
            ["", "deposit", "deposit x 1", "deposit 1 2 3", "balance 1 key=k", "deposit 1 1 key="]
        {
            assert!(wrong.parse::<Operation>().is_err(), "{wrong}");
        }
    }
}
