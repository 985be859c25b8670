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

fn read(text: &str) {
    match Scenario::from_yaml("any.yaml", text) {
        Ok(loaded) => drop(loaded.warnings.render(true, 60)),
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
    fn nor_does_what_looks_like_a_scenario(text in pieces()) {
        read(&text);
    }
}
