//! Files made to break the reader end in an error, soon.

use std::time::Duration;

use bankrun::scenario::Scenario;
use nix::time::{ClockId, clock_gettime};

/// Of this thread's own work, debug builds included: how busy the machine is
/// makes no difference.
const SOON: Duration = Duration::from_secs(10);

/// What this thread has worked by now.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

#[track_caller]
fn refused(text: &str, because: &str) {
    let begin = worked();
    let message = Scenario::from_yaml("hostile.yaml", text).expect_err("refused").to_string();
    let took = worked() - begin;
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

const RACE: &str =
    "scenarios: { s: { executor: shared-iterations, operations: [{ balance: 1 }] } }";

/// The text as a request of an operation, within a scenario that is right.
fn declared(operation: &str) -> String {
    format!("operations: {{ a: {operation} }}\n{RACE}")
}

/// Whatever comes of it, it comes soon.
#[track_caller]
fn read_soon(text: &str) {
    let begin = worked();
    if let Err(problems) = Scenario::from_yaml("hostile.yaml", text) {
        let message = problems.to_string();
        assert!(message.len() < 100_000, "{} bytes", message.len());
    }
    let took = worked() - begin;
    assert!(took < SOON, "{took:?}");
}

#[test]
fn templates_of_any_size() {
    let request =
        |path: &str| declared(&format!("{{ request: {{ path: /a, body: \"{path}\" }} }}"));
    refused(&request(&"{{".repeat(100_000)), "without `}}`");
    refused(&request(&"{".repeat(100_000)), "without `}}`");
    refused(&request(&format!("{{{{ {} }}}}", "(".repeat(100_000))), "the template in `body`");
    refused(&request(&format!("{{{{ {} }}}}", "[".repeat(100_000))), "the template in `body`");
    refused(&request(&format!("{{{{ {}1 }}}}", "not ".repeat(100_000))), "the template in `body`");
    refused(&request(&format!("{{{{ {}1 }}}}", "-".repeat(100_000))), "the template in `body`");
    read_soon(&request(&"{{ a }}".repeat(100_000)));
    read_soon(&request(&"x".repeat(1_000_000)));
    // Chains of any length, and the longest ones that are read.
    for (link, last) in [
        ("1+", "1"),
        ("a.", "b"),
        ("a|", "upper"),
        ("a[0]+", "1"),
        ("a if b else ", "c"),
        ("'x'~", "c"),
    ] {
        refused(&request(&format!("{{{{ {}{last} }}}}", link.repeat(100_000))), "longer than 2000");
        read_soon(&request(&format!("{{{{ {}{last} }}}}", link.repeat(1990 / link.len()))));
    }
    read_soon(&request(&format!("{{{{ a{} }}}}", "[0]".repeat(660))));
    refused(&request(&format!("{{{{ '{}' }}}}", "x".repeat(1_000_000))), "longer than 2000");
    read_soon(&request("{{ random(1, 'x' * 100000000) }}"));
    read_soon(&request(&"{{ range(99999) | list | length }}".repeat(100_000)));
    read_soon(&request(&"{{ pick([1]) }}".repeat(100_000)));
}

#[test]
fn paths_and_patterns_of_any_size() {
    let ok = |assertion: &str| declared(&format!("{{ request: /a, ok: {{ {assertion} }} }}"));
    refused(&ok("matches: 'a{1000}{1000}{1000}'"), "not a regular expression");
    refused(&ok(&format!("matches: '{}'", "(".repeat(100_000))), "not a regular expression");
    refused(&ok(&format!("matches: '{}'", "\\w{100}".repeat(10_000))), "not a regular expression");
    refused(&ok(&format!("jsonpath: '$[?{}'", "(".repeat(100_000))), "JSONPath");
    refused(&ok(&format!("jsonpath: '$[?{}@.a]'", "!".repeat(100_000))), "JSONPath");
    read_soon(&ok(&format!("jsonpath: '${}'", "..a".repeat(10_000))));
    read_soon(&ok(&format!("jsonpath: '${}'", "[0]".repeat(10_000))));
    read_soon(&ok(&format!("jsonpath: '{}'", "$[?@".repeat(10_000))));
    read_soon(&ok(&format!("jsonpath: '{}'", "$[?length(".repeat(10_000))));
    read_soon(&ok(&format!("matches: '{}'", "a?".repeat(10_000))));
}

#[test]
fn depth_in_every_place() {
    for key in ["variables", "reset", "read", "setup", "data", "invariants", "operations"] {
        refused(&format!("{key}: {}", "[".repeat(100_000)), "nested");
        refused(&format!("{key}: {}", "{a: ".repeat(100_000)), "nested");
    }
    let bomb = "x: &a [1, 1, 1, 1]\ny: &b [*a, *a, *a, *a]\n";
    let aliases = "*b, ".repeat(100_000);
    refused(&format!("{bomb}variables: {{ v: [{aliases}] }}"), "too large");
}

#[test]
fn crowds_of_operations() {
    let many: String = (0..20_000).map(|number| format!("o{number}: {{ request: /a }},")).collect();
    read_soon(&format!("operations: {{{many}}}\n{RACE}"));
    let uses: String = (0..20_000).map(|number| format!("{{ o{number}: }},")).collect();
    let uses =
        format!("scenarios: {{ s: {{ executor: shared-iterations, operations: [{uses}] }} }}");
    read_soon(&uses);
    let some: String = (0..1000)
        .map(|number| format!("o{number}: {{ request: \"/{{{{ a{number} }}}}\" }},"))
        .collect();
    read_soon(&format!("operations: {{{some}}}\n{uses}"));
    let arguments: String = (0..20_000).map(|number| format!("a{number}: 1,")).collect();
    let operation = format!(
        "operations: {{ o: {{ request: /a }} }}\nscenarios: {{ s: {{ executor: shared-iterations, operations: [{{ o: {{{arguments}}} }}] }} }}"
    );
    read_soon(&operation);
    let variables: String = (0..20_000).map(|number| format!("{{{{ v{number} }}}}")).collect();
    let operation = format!(
        "operations: {{ o: {{ request: \"/{variables}\" }} }}\nscenarios: {{ s: {{ executor: shared-iterations, operations: [{{ o: }}] }} }}"
    );
    read_soon(&operation);
}

#[test]
fn data_files_of_any_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("s.yaml").display().to_string();
    let said = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).expect("written");
        let begin = worked();
        let read = Scenario::from_yaml(&source, &format!("data: {{ d: {name} }}\n{RACE}"));
        let message = read.map_or_else(|problems| problems.to_string(), |_| "fine".to_owned());
        let took = worked() - begin;
        assert!(took < SOON, "{name}: {took:?}");
        assert!(message.len() < 10_000, "{} bytes", message.len());
        message
    };
    assert!(said("deep.json", "[".repeat(100_000).as_bytes()).contains("no JSON: recursion limit"));
    assert!(said("open.json", b"[{\"a\": \"").contains("no JSON"));
    assert!(said("nul.csv", b"a\n\0\n").contains("fine"));
    assert!(said("ragged.csv", "a,b\n".repeat(1000).as_bytes()).contains("fine"));
    let open = said("quote.csv", format!("a\n\"{}", "x".repeat(1_000_000)).as_bytes());
    assert!(open.contains("quote.csv:2: a quote is opened here and never closed"), "{open}");
    let columns: String = (0..10_000).map(|number| format!("c{number},")).collect();
    assert!(said("wide.csv", columns.as_bytes()).contains("column 10001 has no name"));
    let columns: String = (0..1_000_000).map(|number| format!("c{number},")).collect();
    assert!(said("wider.csv", columns.as_bytes()).contains("column 1000001 has no name"));
    assert!(said("binary.csv", &[0xff; 1000]).contains("not UTF-8"));
    let large = std::fs::File::create(folder.path().join("large.csv")).expect("created");
    large.set_len(200_000_000).expect("sparse");
    let text = format!("data: {{ d: large.csv }}\n{RACE}");
    let begin = worked();
    let message = Scenario::from_yaml(&source, &text).expect_err("too large").to_string();
    assert!(message.contains("larger than 100 MB"), "{message}");
    assert!(worked() - begin < SOON);
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
    for text in [
        "name: \u{1b}[31m",
        "name: \u{85}\u{9b}31m",
        "\"\\e[31mkey\": 1",
        "name: [\"\\e[2J\"]",
        "a: \u{202e}b",
        "a\0b",
    ] {
        let message = Scenario::from_yaml("a.yaml", text).expect_err("refused").to_string();
        let harmful = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!message.contains(harmful), "{message:?}");
    }
}

#[test]
fn what_never_ends_is_shown_at_the_last_word() {
    for (text, place) in [
        ("accounts: { 1: 1", "a.yaml:1:17"),
        ("accounts: { 1: 1\n", "a.yaml:1:17"),
        ("name: x\naccounts: [1, 2,\n\n  \n", "a.yaml:2:17"),
        ("name: x\r\naccounts: [1, 2,\r\n\r\n", "a.yaml:2:17"),
    ] {
        let message = Scenario::from_yaml("a.yaml", text).expect_err("refused").to_string();
        assert!(message.contains(&format!("--> {place}\n")), "{text:?}: {message}");
    }
}
