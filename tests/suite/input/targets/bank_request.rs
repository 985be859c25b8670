use serde_json::Value;

use super::served::{Answered, Served, check, with_bank};

/// A request that is HTTP, whatever else it is: `METHOD PATH`, if need be with
/// headers on lines of their own, then an empty line and the body. What is
/// answered is what became of the balances, exactly.
pub fn target(bytes: &[u8]) {
    let (head, body) = match bytes.windows(2).position(|window| window == b"\n\n") {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let mut request = [first, b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"].concat();
    for line in lines.filter(|line| is_harmless(line)) {
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body);
    with_bank(|bank| {
        let before = bank.accounts();
        let answers = bank.ask(&request);
        answers.iter().for_each(check);
        match &answers[..] {
            // The first line has more than one request in it, or it was cut off.
            [] | [_, _, ..] => bank.reset(),
            [answer] => hold(bank, first, body, &before, answer),
        }
    });
}

/// How long the body is and when the connection ends is for the target to say.
fn is_harmless(header: &[u8]) -> bool {
    let name = header.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && !matches!(
            &name[..],
            b"content-length" | b"transfer-encoding" | b"connection" | b"expect" | b"host"
        )
}

/// Whether the balances are what the answer says they are.
fn hold(bank: &Served, first: &[u8], body: &[u8], before: &Value, answer: &Answered) {
    let after = bank.accounts();
    let is = |start: &[u8]| first.starts_with(start);
    let updated = is(b"POST /deposit") || is(b"POST /withdraw") || is(b"POST /transfer");
    if answer.status != 200 || !(updated || is(b"POST /reset")) {
        assert_eq!(&after, before, "{answer:?}");
        return;
    }
    if updated {
        let asked: Value = serde_json::from_slice(body).expect("it was accepted");
        let said = answer.json();
        let mut expected = before.clone();
        for (account, balance) in
            [("userId", "newBalance"), ("fromUserId", "fromBalance"), ("toUserId", "toBalance")]
        {
            if let Some(balance) = said.get(balance) {
                expected[whole(&asked[account]).to_string()] = balance.clone();
            }
        }
        assert_eq!(after, expected, "{answer:?}");
        let total = |accounts: &Value| -> i128 {
            let accounts = accounts.as_object().expect("accounts");
            accounts.values().map(|balance| i128::from(balance.as_i64().expect("a balance"))).sum()
        };
        let amount = i128::from(whole(&asked["amount"]));
        let moved = if is(b"POST /deposit") { amount } else { -amount };
        let moved = if is(b"POST /transfer") { 0 } else { moved };
        assert_eq!(total(&after) - total(before), moved, "{answer:?}");
    }
    bank.reset();
}

/// `1.0` and `1e2` are such, too.
fn whole(number: &Value) -> i64 {
    let double = || number.as_f64().map(|number| number as i64);
    number.as_i64().or_else(double).expect("it was accepted")
}
