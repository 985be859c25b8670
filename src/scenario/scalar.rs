use super::tree::Value;

/// What a scalar without quotes is, as serde_yaml reads it (YAML 1.2's core
/// schema): `yes` is text, `0x10` a number.
pub(super) fn resolve(text: &str) -> Value {
    use serde_yaml::Value as Yaml;
    if text.is_empty() {
        return Value::Nothing;
    }
    if let Some(whole) = integer(text) {
        // serde_yaml makes a float of what does not fit into 64 bits.
        return Value::Integer(whole);
    }
    if !may_be_more_than_text(text) {
        return Value::Text(text.into());
    }
    match serde_yaml::from_str(text) {
        Ok(Yaml::Null) => Value::Nothing,
        Ok(Yaml::Bool(is)) => Value::Bool(is),
        Ok(Yaml::Number(number)) => {
            number.as_f64().map_or_else(|| Value::Text(text.into()), Value::Float)
        }
        _ => Value::Text(text.into()),
    }
}

/// What the value of a variable is. A command line has no quotes to tell texts
/// from numbers: only what is written as numbers usually are is one, so that
/// `0042`, `+5` and `0x10` can be the names of accounts.
pub(super) fn of_variable(text: &str) -> Value {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let usual = text == "0" || digits.starts_with(|first: char| ('1'..='9').contains(&first));
    match resolve(text) {
        Value::Integer(_) if !usual => Value::Text(text.into()),
        value => value,
    }
}

/// Whether it could be a number, a truth value or nothing. Most texts are told
/// apart by their first letter, and need no parser.
fn may_be_more_than_text(text: &str) -> bool {
    const LONGEST: usize = 64;
    text.len() <= LONGEST && text.starts_with(|first| "0123456789+-.~nNtTfF".contains(first))
}

/// A key without quotes that is a number has one spelling, so that `1` and `0x1`
/// meet.
pub(super) fn key(text: &str) -> String {
    integer(text).map_or_else(|| text.to_owned(), |number| number.to_string())
}

pub(super) fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|char| char.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).unwrap_or(i128::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_core_schema() {
        let show = |text| format!("{:?}", resolve(text));
        assert_eq!(show("12"), "Integer(12)");
        assert_eq!(show("+12"), "Integer(12)");
        assert_eq!(show("-0"), "Integer(0)");
        assert_eq!(show("0x1F"), "Integer(31)");
        assert_eq!(show("-0x1"), "Integer(-1)");
        assert_eq!(show("0o17"), "Integer(15)");
        assert_eq!(show("1.0"), "Float(1.0)");
        assert_eq!(show(".5"), "Float(0.5)");
        assert_eq!(show("1e3"), "Float(1000.0)");
        assert_eq!(show("-.inf"), "Float(-inf)");
        assert_eq!(show(".nan"), "Float(NaN)");
        assert_eq!(show("~"), "Nothing");
        for text in ["yes", "1_000", "inf", "nan", "-", "+", ".", "1.2.3", "0x", "10ms", "−5"] {
            assert_eq!(show(text), format!("Text({text:?})"));
        }
        assert_eq!(show(&"9".repeat(50)), format!("Integer({})", i128::MAX));
    }

    #[test]
    fn a_variable_is_a_number_where_it_is_written_as_one() {
        let show = |text| format!("{:?}", of_variable(text));
        assert_eq!(show("12"), "Integer(12)");
        assert_eq!(show("-12"), "Integer(-12)");
        assert_eq!(show("0"), "Integer(0)");
        assert_eq!(show("1.5"), "Float(1.5)");
        assert_eq!(show("true"), "Bool(true)");
        for text in ["0042", "+5", "0x10", "-0", "00"] {
            assert_eq!(show(text), format!("Text({text:?})"));
        }
    }

    #[test]
    fn keys_of_one_number_are_one_key() {
        assert_eq!(key("0x10"), "16");
        assert_eq!(key("007"), "7");
        assert_eq!(key("seat-4"), "seat-4");
    }
}
