use super::served::{check, with_bank};

/// Bytes on a connection to the bank. Unless a request in them is answered with
/// a success, all balances are what they were.
pub fn target(bytes: &[u8]) {
    /// Behind them, so that the bank closes the connection.
    const LAST: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    with_bank(|bank| {
        let before = bank.accounts();
        let answers = bank.ask(&[bytes, LAST].concat());
        answers.iter().for_each(check);
        // Cut off on a busy machine, what came last may have been applied.
        let is_whole = answers.last().is_some_and(|last| {
            last.status >= 400 || last.body.starts_with(r#"{"service":"bankrun""#)
        });
        let moved = |body: &str| body.contains("alance\":") || body == r#"{"status":"ok"}"#;
        if !is_whole || answers.iter().any(|answer| answer.status < 300 && moved(&answer.body)) {
            bank.reset();
        } else {
            assert_eq!(bank.accounts(), before, "{answers:?}");
        }
    });
}
