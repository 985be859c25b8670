use super::tokens::{Token, tokens};
use crate::explore::wire::Value;

/// A statement with its parameters replaced by the values that were sent.
pub fn with_values(sql: &str, values: &[Value]) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut gap = false;
    for token in tokens(sql.trim().trim_end_matches(';')) {
        if token.is_blank() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) && !text.is_empty() {
            text.push(' ');
        }
        match token {
            Token::Parameter(number, written) => {
                match number.checked_sub(1).and_then(|index| values.get(index)) {
                    Some(value) => text += &value.literal(),
                    None => text += written,
                }
            }
            Token::Word(_)
            | Token::Number(_)
            | Token::Text(_)
            | Token::Space(_)
            | Token::Comment(_)
            | Token::Symbol(_) => text += token.text(),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_numbers_stood() {
        let values = [Value::Plain("1020".into()), Value::Text("it's".into())];
        assert_eq!(
            with_values("UPDATE t SET a = $1, b = $2,\n  c = '$1' WHERE id = $3;", &values),
            "UPDATE t SET a = 1020, b = 'it''s', c = '$1' WHERE id = $3"
        );
    }
}
