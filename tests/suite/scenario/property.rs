use bankrun::scenario::Scenario;
use proptest::prelude::*;

/// Pieces that bring random text close to a scenario.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("scenarios:\n"),
        Just("  a:\n"),
        Just("    executor: shared-iterations\n"),
        Just("    executor: constant-vus\n"),
        Just("    operations:\n"),
        Just("      - { deposit: 9223372036854775807, account: 1, count: 3 }\n"),
        Just("      - { withdraw: -170141183460469231731687303715884105728, account: 1 }\n"),
        Just("      - balance: x\n"),
        Just("    vus: 100000\n"),
        Just("    iterations: 18446744073709551615\n"),
        Just("accounts: {1: 9223372036854775807, 2: 1}\n"),
        Just("expect: {balances: {1: -9223372036854775808}, total: 1}\n"),
        Just("operations:\n"),
        Just("  reserve:\n"),
        Just(
            "    request: { method: POST, path: \"/seats/{{ seat }}\", json: { qty: \"{{ qty }}\" } }\n"
        ),
        Just("    ok: [200, 2xx, 201..204]\n"),
        Just("    rejected: { jsonpath: $.code, matches: '^(a|b)+$' }\n"),
        Just(
            "    effect: { account: \"{{ seat }}\", delta: \"-{{ qty }}\", balance: $.left, to: x }\n"
        ),
        Just("    capture: { left: $.left, id: { regex: 'id=(\\d+)' }, status: status }\n"),
        Just("    checks: { a: { header: X, \">=\": 0, fail: true }, b: 200 }\n"),
        Just("    resolve: { request: \"/{{ key }}\", applied: 200 }\n"),
        Just("      - { reserve: { seat: 1..4, qty: \"{{ random(1, 3) }}\" }, count: 2 }\n"),
        Just("      - { request: /a, name: b, capture: { vu: status } }\n"),
        Just("      - reserve:\n"),
        Just("variables: { qty: 2, list: [1, {a: b}] }\n"),
        Just("data: { users: Cargo.toml, more: { file: /dev/null, order: shuffled } }\n"),
        Just("reset: none\n"),
        Just("reset: [{ request: \"/{{ account }}/{{ balance }}\" }]\n"),
        Just(
            "read: { request: /a, balances: { each: '$[*]', account: \"{{ item }}\", balance: item.a } }\n"
        ),
        Just("accounts: [a, b, 3]\n"),
        Just("setup:\n"),
        Just("teardown: [{ balance: 1 }]\n"),
        Just("  - { request: { path: /login }, capture: { token: $.token } }\n"),
        Just(
            "invariants: { a: total == initial_total, b: { that: \"balance('a') > 0\", every: 1ms } }\n"
        ),
        Just("tags: { a: b }\n"),
        Just("{{"),
        Just("}}"),
        Just("{{ pick([1, 2]) | upper }}"),
        Just("${A:-b}"),
        Just("{%"),
        Just("thresholds:\n"),
        Just("  http_req_duration{operation:deposit}: "),
        Just("\"p(95)<200\"\n"),
        Just("    - { threshold: rate<=, abort_on_fail: true }\n"),
        Just("duration: 5ms..1ms"),
        Just("&a "),
        Just("*a "),
        Just("<<: "),
        Just("? "),
        Just("- "),
        Just("[{"),
        Just("}]"),
        Just(": "),
        Just("\t"),
        Just("\r\n"),
        Just("\n"),
        Just("  "),
        Just("---\n"),
        Just("!!str "),
        Just("|\n  x"),
        Just("\"\\u"),
        Just("'"),
        Just("#ü"),
        Just("🦀"),
        Just("%"),
        Just("\0"),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Pieces that bring random text close to a template.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/"),
        Just("{{ "),
        Just(" }}"),
        Just("random(1, 5)"),
        Just("pick([1, 'a'])"),
        Just("users.name"),
        Just(" | upper"),
        Just(" | nothing"),
        Just(" is defined"),
        Just(" if a else b"),
        Just("'"),
        Just("\\"),
        Just("{'a': 1}"),
        Just("[0]"),
        Just(" + "),
        Just("9223372036854775807"),
        Just("ü🦀"),
        Just("{%"),
        Just("$"),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn read(text: &str) {
    match Scenario::from_yaml("any.yaml", text) {
        Ok(loaded) => {
            loaded.warnings.render(true, 60);
            super::schema::accepts(text);
            bankrun::report::terminal::plan(&loaded.scenario, Some(1));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.render(true, 60);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn nor_does_any_template(text in template()) {
        read(&format!("operations: {{ a: {{ request: {text:?} }} }}\nscenarios: {{ s: {{ executor: \
            shared-iterations, operations: [{{ deposit: {text:?}, account: {text:?} }}] }} }}"));
    }

    #[test]
    fn nor_does_what_looks_like_a_scenario(text in pieces()) {
        read(&text);
    }
}
