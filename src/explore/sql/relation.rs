use super::tokens::{Token, tokens};

/// A table as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    schema: Option<String>,
    name: String,
}

impl Relation {
    /// Whether both can mean the same table: a name without a schema may be in any.
    pub fn may_be(&self, other: &Self) -> bool {
        let same_schema = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => true,
        };
        same_schema && self.name == other.name
    }
}

/// The relation that is named at `at`, and the place after it. `None`: something
/// else stands there.
pub(super) fn relation_at(statement: &[Token<'_>], at: usize) -> Option<(Relation, usize)> {
    let at = if statement.get(at)?.is("only") { at + 1 } else { at };
    let mut parts = vec![identifier(*statement.get(at)?)?];
    let mut next = at + 1;
    while statement.get(next) == Some(&Token::Symbol(".")) {
        parts.push(identifier(*statement.get(next + 1)?)?);
        next += 2;
    }
    let name = parts.pop()?;
    Some((Relation { schema: parts.pop(), name }, next))
}

/// As PostgreSQL sees it: in lower case, or as it stands between quotes.
fn identifier(token: Token<'_>) -> Option<String> {
    let Token::Word(word) = token else { return None };
    Some(match word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => word.to_lowercase(),
    })
}

/// What a text says without its spaces and comments.
pub(super) fn without_blanks(sql: &str) -> Vec<Token<'_>> {
    tokens(sql).filter(|token| !token.is_blank()).collect()
}

/// The tables that a statement names as those it writes.
pub fn written_relations(sql: &str) -> Vec<Relation> {
    let statement = without_blanks(sql);
    let mut written = Vec::new();
    for (at, token) in statement.iter().enumerate() {
        let is_after = |words: &[&str]| {
            let before = at.checked_sub(1).and_then(|before| statement.get(before));
            before.is_some_and(|before| words.iter().any(|word| before.is(word)))
        };
        let goes_on = |word: &str| statement.get(at + 1).is_some_and(|token| token.is(word));
        let named_at = if token.is("update") {
            // FOR [NO KEY] UPDATE locks, ON CONFLICT DO UPDATE names no table.
            (!is_after(&["for", "key", "do", "on"])).then_some(at + 1)
        } else if (token.is("insert") || token.is("merge")) && goes_on("into")
            || token.is("delete") && goes_on("from")
        {
            Some(at + 2)
        } else if token.is("truncate") {
            Some(at + 1 + usize::from(goes_on("table")))
        } else {
            None
        };
        written.extend(named_at.and_then(|at| Some(relation_at(&statement, at)?.0)));
    }
    written
}

/// Whether the first word of a text is this keyword, which is given in lower case.
pub fn begins_with(sql: &str, keyword: &str) -> bool {
    tokens(sql).find(|token| !token.is_blank()).is_some_and(|token| token.is(keyword))
}

/// The tables that a query names as those it reads.
pub fn read_relations(sql: &str) -> Vec<Relation> {
    let statement = without_blanks(sql);
    let mut read = Vec::new();
    // The depth of parentheses of the list of tables that is open.
    let (mut depth, mut list) = (0_usize, None);
    for (at, token) in statement.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| statement.get(before));
        let is_after = |word: &str| before.is_some_and(|before| before.is(word));
        match token {
            Token::Symbol("(") => depth += 1,
            Token::Symbol(")") => depth = depth.saturating_sub(1),
            Token::Word(_)
            | Token::Number(_)
            | Token::Text(_)
            | Token::Parameter(..)
            | Token::Space(_)
            | Token::Comment(_)
            | Token::Symbol(_) => {}
        }
        let begins =
            (token.is("from") && !is_after("distinct") && !is_after("delete")) || token.is("join");
        if begins {
            list = Some(depth);
        } else if ["where", "group", "order", "limit", "on", "set"].iter().any(|it| token.is(it)) {
            list = None;
        }
        let goes_on = *token == Token::Symbol(",") && list == Some(depth);
        if begins || goes_on {
            read.extend(relation_at(&statement, at + 1).map(|(relation, _)| relation));
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(relations: Vec<Relation>) -> Vec<String> {
        let name = |it: Relation| match it.schema {
            Some(schema) => format!("{schema}.{}", it.name),
            None => it.name,
        };
        relations.into_iter().map(name).collect()
    }

    #[test]
    fn what_is_written_is_known() {
        for (sql, expected) in [
            ("UPDATE accounts SET balance = 1", &["accounts"][..]),
            ("update only Public.\"My Accounts\" set a = 1", &["public.My Accounts"]),
            ("INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2", &["a"]),
            ("DELETE FROM a USING b WHERE a.x = b.x", &["a"]),
            ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", &["a"]),
            (
                "WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone",
                &["a", "b"],
            ),
            ("TRUNCATE TABLE a", &["a"]),
            ("SELECT 1 FROM a FOR UPDATE", &[]),
            ("SELECT 1 FROM a FOR NO KEY UPDATE", &[]),
            ("SELECT 'UPDATE a' -- UPDATE b", &[]),
            ("COMMIT", &[]),
        ] {
            assert_eq!(names(written_relations(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_read_is_known() {
        for (sql, expected) in [
            ("SELECT balance FROM accounts WHERE id = 1", &["accounts"][..]),
            ("SELECT 1 FROM a, s.b c JOIN d ON true WHERE x IN (1, e)", &["a", "s.b", "d"]),
            ("SELECT a IS DISTINCT FROM b FROM t", &["t"]),
            ("SELECT (SELECT max(x) FROM a) FROM b", &["a", "b"]),
            ("SELECT f(1, 2)", &[]),
        ] {
            assert_eq!(names(read_relations(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn a_schema_that_is_not_named_may_be_any() {
        let relation = |sql: &str| read_relations(sql).remove(0);
        let (bare, public) = (relation("SELECT 1 FROM A"), relation("SELECT 1 FROM public.a"));
        let (other, quoted) = (relation("SELECT 1 FROM s.a"), relation("SELECT 1 FROM \"A\""));
        assert!(bare.may_be(&public) && public.may_be(&bare));
        assert!(!public.may_be(&other) && !bare.may_be(&quoted));
    }
}
