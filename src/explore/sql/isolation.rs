use super::relation::without_blanks;
use super::tokens::Token;

/// For how long a statement sets the isolation level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationScope {
    /// For the transaction that it begins, or is part of.
    Transaction,
    /// For all transactions of its connection from now on.
    Session,
}

/// Whether a text sets the isolation level, whatever the default is. Of several
/// statements, what lasts longest counts.
pub fn sets_isolation(sql: &str) -> Option<IsolationScope> {
    // Most statements never speak of it.
    if !sql.to_ascii_lowercase().contains("isolation") {
        return None;
    }
    let all = without_blanks(sql);
    let scopes = all.split(|token| *token == Token::Symbol(";")).filter_map(of_one);
    scopes.reduce(|one, other| match (one, other) {
        (IsolationScope::Transaction, IsolationScope::Transaction) => IsolationScope::Transaction,
        (IsolationScope::Session, _) | (_, IsolationScope::Session) => IsolationScope::Session,
    })
}

fn of_one(statement: &[Token<'_>]) -> Option<IsolationScope> {
    let first = statement.first()?;
    let has = |keyword| statement.iter().any(|token| token.is(keyword));
    let names_level =
        statement.windows(2).any(|pair| pair[0].is("isolation") && pair[1].is("level"));
    let begins = first.is("begin") || first.is("start");
    if begins {
        return names_level.then_some(IsolationScope::Transaction);
    }
    if first.is("set") && names_level {
        let lasts = has("characteristics");
        return Some(if lasts { IsolationScope::Session } else { IsolationScope::Transaction });
    }
    if first.is("set") && has("default_transaction_isolation") {
        return Some(IsolationScope::Session);
    }
    if first.is("set") && has("transaction_isolation") {
        return Some(IsolationScope::Transaction);
    }
    // Its argument may be anything: better one warning too many.
    let is_named = |token: &Token<'_>| token.text().contains("transaction_isolation");
    (has("set_config") && statement.iter().any(is_named)).then_some(IsolationScope::Session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sets_the_level_is_known() {
        use IsolationScope::{Session, Transaction};
        for (sql, expected) in [
            ("BEGIN", None),
            ("BEGIN READ ONLY", None),
            ("begin isolation level serializable", Some(Transaction)),
            ("START TRANSACTION ISOLATION LEVEL READ COMMITTED", Some(Transaction)),
            ("BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", Some(Transaction)),
            ("SET LOCAL transaction_isolation = 'serializable'", Some(Transaction)),
            (
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                Some(Session),
            ),
            ("SET default_transaction_isolation TO 'read committed'", Some(Session)),
            ("SELECT set_config('default_transaction_isolation', $1, false)", Some(Session)),
            ("SHOW transaction_isolation", None),
            ("SELECT 'BEGIN ISOLATION LEVEL SERIALIZABLE'", None),
            ("UPDATE settings SET isolation = 'level'", None),
        ] {
            assert_eq!(sets_isolation(sql), expected, "{sql}");
        }
    }
}
