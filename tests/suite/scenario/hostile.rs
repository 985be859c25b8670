//! Files made to break the reader end in an error, soon.

use std::time::{Duration, Instant};

use bankrun::scenario::Scenario;

/// Debug builds on a busy machine included.
const SOON: Duration = Duration::from_secs(10);

#[track_caller]
fn refused(text: &str, because: &str) {
    let begin = Instant::now();
    let message = Scenario::from_yaml("hostile.yaml", text).expect_err("refused").to_string();
    let took = begin.elapsed();
    let start: String = message.chars().take(2000).collect();
    assert!(message.contains(because), "{start}");
    assert!(message.len() < 100_000, "{} bytes: {start}", message.len());
    assert!(took < SOON, "{took:?}");
}

#[test]
fn alias_bombs() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let alias = format!("*a{}, ", level - 1).repeat(9);
        text += &format!("a{level}: &a{level} [{alias}x]\n");
    }
    refused(&text, "too large");
    let long = "x".repeat(1_000_000);
    refused(&format!("a: &a {long}\nb: [{}]", "*a, ".repeat(100_000)), "too large");
    refused("a: &a [*a]", "inside of what it repeats");
}

#[test]
fn a_hundred_thousand_levels() {
    refused(&"[".repeat(100_000), "nested");
    refused(&"{a: ".repeat(100_000), "nested");
    refused(&"- ".repeat(100_000), "nested");
    refused(&"? ".repeat(100_000), "nested");
    let blocks: String = (0..1000).map(|level| " ".repeat(level) + "a:\n").collect();
    refused(&blocks, "nested");
}

#[test]
fn huge_texts_and_numbers() {
    refused(&"x".repeat(9_000_000), "must be a mapping");
    refused(&format!("name: \"{}\"", "x".repeat(9_000_000)), "longer than 100");
    refused(&format!("name: |\n  {}", "x\n  ".repeat(2_000_000)), "longer than 100");
    refused(&format!("seed: {}", "9".repeat(5_000_000)), "too large");
    refused(&format!("{}: 1", "k".repeat(900)), "unknown key");
    refused(&"# comment\n".repeat(2_000_000), "larger than 10 MB");
    refused(&"\n".repeat(9_000_000), "empty");
}

#[test]
fn crowds() {
    let keys: String = (0..200_000).map(|number| format!("key{number}: 1\n")).collect();
    refused(&keys, "unknown key `key0`");
    refused(&"- 1\n".repeat(900_000), "too large");
    let accounts: String = (0..100_000).map(|number| format!("a{number}: 1.5,")).collect();
    refused(&format!("accounts: {{{accounts}}}"), "cents");
    refused(&format!("a: [{}]", "!x 1,".repeat(100_000)), "no meaning");
    refused(&"a: 1\n".repeat(200_000), "given twice");
}

#[test]
fn what_is_not_finite_is_no_number() {
    for (number, name) in [(".nan", "NaN"), (".inf", "inf"), ("-.inf", "-inf")] {
        let text = format!("accounts: {{ 1: {number} }}");
        refused(&text, &format!("takes an amount, and {name} is none"));
        refused(&format!("seed: {number}"), "takes a whole number");
    }
}

#[test]
fn nothing_reaches_the_terminal_that_it_would_obey() {
    for text in
        ["name: \u{1b}[31m", "\"\\e[31mkey\": 1", "name: [\"\\e[2J\"]", "a: \u{202e}b", "a\0b"]
    {
        let message = Scenario::from_yaml("a.yaml", text).expect_err("refused").to_string();
        let harmful = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!message.contains(harmful), "{message:?}");
    }
}
