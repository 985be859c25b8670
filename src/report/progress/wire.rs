use crate::facts::{Wire, WirePart};
use crate::model::{harmless, one_line};

/// A part of an exchange for `--http-debug`: `>` before what was sent, `<`
/// before what came back. Control characters are shown, not obeyed.
pub fn wire(wire: &Wire) -> String {
    let number = wire.number;
    match &wire.part {
        WirePart::Request { head, body } => lines('>', number, head, body),
        WirePart::Answer { head, body } => lines('<', number, head, body),
        WirePart::Failure { cause } => format!("< {number} no answer: {}", one_line(cause)),
    }
}

fn lines(sign: char, number: u64, head: &str, body: &str) -> String {
    let gap = if body.is_empty() { "" } else { "\n" };
    let text = format!("{head}{gap}{body}");
    let text = harmless(&text);
    let line = |line| format!("{sign} {number} {line}").trim_end().to_owned();
    let lines = text.lines().map(line);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_which_exchange_it_is_of() {
        let head = "GET http://a/ HTTP/1.1\nhost: a\n".to_owned();
        let request = WirePart::Request { head, body: "x\n\u{1b}[2J".into() };
        assert_eq!(
            wire(&Wire { number: 7, part: request }),
            "> 7 GET http://a/ HTTP/1.1\n> 7 host: a\n> 7\n> 7 x\n> 7 \u{fffd}[2J"
        );
        let failure = WirePart::Failure { cause: "cannot connect".into() };
        assert_eq!(wire(&Wire { number: 8, part: failure }), "< 8 no answer: cannot connect");
    }
}
