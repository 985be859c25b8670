use super::tree::Value;

/// What a scalar without quotes is in YAML 1.2: `yes` is text, `0x10` a number.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Nothing,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => integer(text)
            .map(Value::Integer)
            .or_else(|| float(text).map(Value::Float))
            .unwrap_or_else(|| Value::Text(text.into())),
    }
}

/// A key that is a number has one spelling, so that `1`, `"1"` and `0x1` meet.
pub(super) fn key(text: &str) -> String {
    integer(text).map_or_else(|| text.to_owned(), |number| number.to_string())
}

pub(super) fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = digits.len() < text.len();
    let (radix, digits) = match digits.get(..2) {
        Some("0x") if !signed => (16, &digits[2..]),
        Some("0o") if !signed => (8, &digits[2..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|char| char.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).unwrap_or(i128::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(f64::NAN),
        _ => {}
    }
    // Rust reads `inf`, `nan` and `infinity`, too; YAML does not.
    let starts_as_number = unsigned.starts_with(|char: char| char.is_ascii_digit() || char == '.');
    let has_digit = unsigned.bytes().any(|byte| byte.is_ascii_digit());
    (starts_as_number && has_digit).then(|| text.parse().ok()).flatten()
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
        assert_eq!(show("0o17"), "Integer(15)");
        assert_eq!(show("1.0"), "Float(1.0)");
        assert_eq!(show(".5"), "Float(0.5)");
        assert_eq!(show("1e3"), "Float(1000.0)");
        assert_eq!(show("-.inf"), "Float(-inf)");
        assert_eq!(show(".nan"), "Float(NaN)");
        assert_eq!(show("~"), "Nothing");
        for text in
            ["yes", "1_000", "inf", "nan", "-", "+", ".", "1.2.3", "0x", "10ms", "-0x1", "−5"]
        {
            assert_eq!(show(text), format!("Text({text:?})"));
        }
        assert_eq!(show(&"9".repeat(50)), format!("Integer({})", i128::MAX));
    }

    #[test]
    fn keys_of_one_number_are_one_key() {
        assert_eq!(key("0x10"), "16");
        assert_eq!(key("007"), "7");
        assert_eq!(key("seat-4"), "seat-4");
    }
}
