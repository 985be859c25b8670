use super::tokens::{Token, tokens};

/// A statement without its values, comments and spare spaces: what two runs of
/// the same program have in common.
pub fn name(sql: &str) -> String {
    let mut name = String::with_capacity(sql.len());
    let mut gap = false;
    for token in tokens(sql) {
        if token.is_blank() {
            gap = true;
            continue;
        }
        if gap && !name.is_empty() {
            name.push(' ');
        }
        gap = false;
        name += match token {
            Token::Number(_) | Token::Text(_) => "?",
            Token::Word(_)
            | Token::Parameter(..)
            | Token::Space(_)
            | Token::Comment(_)
            | Token::Symbol(_) => token.text(),
        };
    }
    name.trim_end_matches([';', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_no_part_of_a_name() {
        let one = name("UPDATE t  SET a = 5, b='x' /* now */\n WHERE id=$1 ; ");
        assert_eq!(one, "UPDATE t SET a = ?, b=? WHERE id=$1");
        assert_eq!(name(&one.replace('?', "7")), one);
        assert_eq!(name(" ;"), "");
    }
}
