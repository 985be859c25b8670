use super::tokens::{Token, tokens};

/// What a statement is to others. The first kinds commute with all that anybody
/// else does, and need no place in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Touches nothing that others see: BEGIN, SET, SHOW, SAVEPOINT.
    Local,
    /// A query that reads nothing of what others change: `SELECT 1`, questions to the
    /// catalogue. The first query of a transaction above READ COMMITTED fixes what all
    /// of it sees, and then its place in the order matters.
    Constant,
    /// Gives back locks of the session, if it has any: DISCARD ALL and
    /// `pg_advisory_unlock_all()`.
    Unlock,
    /// Ends a transaction, or rolls back to a savepoint.
    End,
    /// Anything else.
    Step,
}

/// What begins statements that stay within their session.
const LOCAL: [&str; 11] = [
    "begin",
    "set",
    "show",
    "reset",
    "savepoint",
    "release",
    "deallocate",
    "prepare",
    "close",
    "unlisten",
    "listen",
];

/// Relations that tell of the database itself.
const CATALOGUE: [&str; 2] = ["pg_", "information_schema"];

/// Functions of these names do more than tell.
const ACTING: [&str; 8] = [
    "advisory",
    "pg_sleep",
    "nextval",
    "setval",
    "set_config",
    "notify",
    "pg_terminate",
    "pg_cancel",
];

/// The kind of the least local of the statements in a text.
pub fn kind(sql: &str) -> Kind {
    let mut kind = Kind::Local;
    let mut statement = Vec::new();
    for token in tokens(sql) {
        if token == Token::Symbol(";") {
            kind = kind.max(of_one(&statement));
            statement.clear();
        } else if !token.is_blank() {
            statement.push(token);
        }
    }
    kind.max(of_one(&statement))
}

fn of_one(statement: &[Token<'_>]) -> Kind {
    let Some(first) = statement.first() else { return Kind::Local };
    let is_at = |index: usize, keyword| statement.get(index).is_some_and(|it| it.is(keyword));
    if ["commit", "end", "rollback", "abort"].iter().any(|keyword| first.is(keyword)) {
        return Kind::End;
    }
    if first.is("start") && is_at(1, "transaction") {
        return Kind::Local;
    }
    if first.is("discard") {
        return Kind::Unlock;
    }
    if first.is("prepare") && is_at(1, "transaction") {
        return Kind::Step;
    }
    if LOCAL.iter().any(|keyword| first.is(keyword)) {
        return Kind::Local;
    }
    if first.is("select") { of_select(statement) } else { Kind::Step }
}

fn of_select(statement: &[Token<'_>]) -> Kind {
    let words = || {
        statement.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word.to_ascii_lowercase()),
            _ => None,
        })
    };
    if words().all(|word| word == "select" || word == "pg_advisory_unlock_all") {
        let unlocks = words().any(|word| word == "pg_advisory_unlock_all");
        return if unlocks { Kind::Unlock } else { Kind::Constant };
    }
    let acts = words().any(|word| ACTING.iter().any(|acting| word.contains(acting)));
    let locks = words().any(|word| word == "into" || word == "for");
    if acts || locks {
        return Kind::Step;
    }
    let sources = sources(statement);
    let constant =
        ["version", "current_database", "current_schema", "current_user", "current_setting"];
    if sources.is_empty() {
        let known = |word: &String| {
            constant.contains(&word.as_str())
                || ["select", "as", "pg_catalog"].contains(&word.as_str())
        };
        // An alias may be any word; a call of a function may be anything.
        let calls = statement.windows(2).any(|pair| match pair {
            [Token::Word(word), Token::Symbol("(")] => !known(&word.to_ascii_lowercase()),
            _ => false,
        });
        return if calls { Kind::Step } else { Kind::Constant };
    }
    let of_catalogue = |source: &String| CATALOGUE.iter().any(|name| source.starts_with(name));
    if sources.iter().all(of_catalogue) { Kind::Constant } else { Kind::Step }
}

/// What stands after FROM, JOIN and the commas between them; a subquery as `(`,
/// whose own sources are found as well.
fn sources(statement: &[Token<'_>]) -> Vec<String> {
    let mut sources = Vec::new();
    let mut in_from = false;
    let mut awaited = false;
    for token in statement {
        let starts = token.is("from") || token.is("join");
        if awaited && *token != Token::Symbol("(") && !token.is("lateral") && !token.is("only") {
            sources.push(token.text().trim_matches('"').to_ascii_lowercase());
            awaited = token.is("select");
            if awaited {
                sources.pop();
                awaited = false;
            }
        }
        if starts {
            (in_from, awaited) = (true, true);
        } else if ["where", "group", "order", "limit", "on"].iter().any(|word| token.is(word)) {
            in_from = false;
        } else if in_from && *token == Token::Symbol(",") {
            awaited = true;
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_order_is_known() {
        for sql in [
            "",
            ";",
            "BEGIN",
            "begin isolation level serializable",
            "START TRANSACTION",
            "SET a = 1; SET b = 2",
            "SHOW x",
            "SAVEPOINT a",
            "RELEASE SAVEPOINT a",
            "LISTEN a",
            "DEALLOCATE a",
        ] {
            assert_eq!(kind(sql), Kind::Local, "{sql}");
        }
        for sql in [
            "SELECT 1",
            "select version()",
            "SELECT current_setting('a')",
            "SELECT t.oid FROM pg_catalog.pg_type t JOIN pg_namespace n ON n.oid = t.a WHERE t.b = 1",
            "SELECT a FROM information_schema.tables",
            "SELECT x FROM (SELECT 1 FROM pg_class) y",
            "/* hello */ SELECT 1 -- x",
            "BEGIN; SELECT 1",
        ] {
            assert_eq!(kind(sql), Kind::Constant, "{sql}");
        }
    }

    #[test]
    fn what_others_may_notice_is_a_step() {
        for sql in [
            "SELECT balance FROM accounts WHERE id = 1",
            "SELECT 1 FROM pg_class, accounts",
            "SELECT (SELECT max(id) FROM accounts) FROM pg_class",
            "SELECT a FROM pg_class LEFT JOIN accounts ON true",
            "BEGIN; UPDATE accounts SET balance = 1; COMMIT",
            "SELECT pg_advisory_xact_lock(1)",
            "SELECT pg_try_advisory_lock($1)",
            "SELECT nextval('s')",
            "SELECT transfer(1, 2, 5)",
            "SELECT a INTO b FROM pg_class",
            "SELECT 1 FROM pg_class FOR UPDATE",
            "UPDATE a SET b = 1",
            "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
            "LOCK TABLE a",
            "NOTIFY a",
            "CALL a()",
            "FETCH 1 FROM c",
            "PREPARE TRANSACTION 'x'",
            "COPY a FROM STDIN",
        ] {
            assert_eq!(kind(sql), Kind::Step, "{sql}");
        }
    }

    #[test]
    fn ends_and_unlocks_are_told_apart() {
        for (sql, expected) in [
            ("COMMIT", Kind::End),
            ("end", Kind::End),
            ("ROLLBACK TO SAVEPOINT a", Kind::End),
            ("ABORT", Kind::End),
            ("DISCARD ALL", Kind::Unlock),
            ("SELECT pg_advisory_unlock_all()", Kind::Unlock),
            ("RESET ALL; SELECT pg_advisory_unlock_all()", Kind::Unlock),
        ] {
            assert_eq!(kind(sql), expected, "{sql}");
        }
    }
}
