use thiserror::Error;

use super::relation::relation_at;
use super::tokens::{Token, tokens};

/// Functions that make one row of many, whose rows cannot be locked.
const AGGREGATES: [&str; 22] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "bool_and",
    "bool_or",
    "every",
    "bit_and",
    "bit_or",
    "stddev",
    "variance",
    "percentile_cont",
    "percentile_disc",
    "mode",
    "any_value",
];

/// What may come after the table of a query.
const CLAUSES: [&str; 5] = ["where", "order", "limit", "offset", "fetch"];

/// Why FOR UPDATE cannot stand at the end of a statement.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotLockable {
    #[error("not a plain SELECT")]
    NotSelect,
    #[error("several statements in one message")]
    Several,
    #[error("reads no table")]
    NoTable,
    #[error("reads more than one table, a function or a subquery")]
    NotOneTable,
    #[error("combines queries, by UNION or the like")]
    SetOperation,
    #[error("has DISTINCT")]
    Distinct,
    #[error("groups rows or computes an aggregate")]
    Aggregate,
    #[error("writes a table, by SELECT INTO")]
    Into,
    #[error("has a locking clause of its own")]
    Locks,
}

/// A query of one table, with FOR UPDATE at its end.
pub fn with_for_update(sql: &str) -> Result<String, NotLockable> {
    let (statement, end) = one_statement(sql)?;
    let is_at = |at: usize, keyword| statement.get(at).is_some_and(|token| token.is(keyword));
    if !is_at(0, "select") {
        return Err(NotLockable::NotSelect);
    }
    if is_at(1, "distinct") {
        return Err(NotLockable::Distinct);
    }
    let from = checked(&statement)?.ok_or(NotLockable::NoTable)?;
    let (_, mut next) = relation_at(&statement, from + 1).ok_or(NotLockable::NotOneTable)?;
    let is_clause = |at: usize| CLAUSES.iter().any(|clause| is_at(at, clause));
    if next < statement.len() && !is_clause(next) {
        // An alias, with AS or without.
        let alias = next + usize::from(is_at(next, "as"));
        let is_name = matches!(statement.get(alias), Some(Token::Word(_)));
        next = alias + 1;
        if !is_name || (next < statement.len() && !is_clause(next)) {
            return Err(NotLockable::NotOneTable);
        }
    }
    let (query, rest) = sql.split_at(end);
    Ok(format!("{query} FOR UPDATE{rest}"))
}

/// The tokens of the only statement, and where it ends in the text.
fn one_statement(sql: &str) -> Result<(Vec<Token<'_>>, usize), NotLockable> {
    let (mut statement, mut at, mut end, mut is_over) = (Vec::new(), 0, 0, false);
    for token in tokens(sql) {
        at += token.text().len();
        if token.is_blank() {
            continue;
        }
        if token == Token::Symbol(";") {
            is_over = !statement.is_empty();
        } else if is_over {
            return Err(NotLockable::Several);
        } else {
            statement.push(token);
            end = at;
        }
    }
    Ok((statement, end))
}

/// Looks for what cannot be locked. Returns where the FROM of the query stands.
fn checked(statement: &[Token<'_>]) -> Result<Option<usize>, NotLockable> {
    let (mut depth, mut from) = (0_usize, None);
    for (at, token) in statement.iter().enumerate().skip(1) {
        let (before, after) = (statement[at - 1], statement.get(at + 1));
        let opens = after == Some(&Token::Symbol("("));
        match token {
            Token::Symbol("(") => depth += 1,
            Token::Symbol(")") => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                let word = word.to_ascii_lowercase();
                match word.as_str() {
                    word if opens && AGGREGATES.contains(&word) => {
                        return Err(NotLockable::Aggregate);
                    }
                    // A word after a dot is a column, whatever it is called.
                    _ if before == Token::Symbol(".") => {}
                    "select" => return Err(NotLockable::NotOneTable),
                    "over" if before == Token::Symbol(")") => return Err(NotLockable::Aggregate),
                    "distinct" if before == Token::Symbol("(") => {
                        return Err(NotLockable::Aggregate);
                    }
                    _ if depth > 0 => {}
                    "union" | "intersect" | "except" => return Err(NotLockable::SetOperation),
                    "group" | "having" | "window" => return Err(NotLockable::Aggregate),
                    "into" => return Err(NotLockable::Into),
                    "for" => return Err(NotLockable::Locks),
                    "from" if from.is_none() && !before.is("distinct") => from = Some(at),
                    _ => {}
                }
            }
            Token::Number(_)
            | Token::Text(_)
            | Token::Parameter(..)
            | Token::Space(_)
            | Token::Comment(_)
            | Token::Symbol(_) => {}
        }
    }
    Ok(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_stands_at_the_end_of_the_query() {
        for (sql, expected) in [
            ("SELECT balance FROM accounts WHERE id = $1", "… FOR UPDATE"),
            ("select * from accounts", "… FOR UPDATE"),
            (
                "SELECT a.x FROM only s.accounts AS a WHERE a.id = 1 ORDER BY a.x LIMIT $2",
                "… FOR UPDATE",
            ),
            ("SELECT x FROM t a OFFSET 1", "… FOR UPDATE"),
            ("SELECT \"t\".\"group\", t.count, t.for FROM \"t\" WHERE t.union = 1", "… FOR UPDATE"),
            ("SELECT extract(year FROM at), substring(x from 1 for 2) FROM t", "… FOR UPDATE"),
            ("SELECT a IS DISTINCT FROM b FROM t WHERE c IS DISTINCT FROM d", "… FOR UPDATE"),
            ("SELECT coalesce(max, 0) FROM t WHERE id IN ($1, $2)", "… FOR UPDATE"),
            ("SELECT 'union for update' FROM t", "… FOR UPDATE"),
        ] {
            let found = with_for_update(sql).expect(sql);
            assert_eq!(found, expected.replace('…', sql));
        }
    }

    #[test]
    fn what_comes_after_the_query_stays_after_the_lock() {
        for (sql, expected) in [
            ("SELECT 1 FROM t;", "SELECT 1 FROM t FOR UPDATE;"),
            ("/* a */ SELECT 1 FROM t -- b", "/* a */ SELECT 1 FROM t FOR UPDATE -- b"),
            ("SELECT 1 FROM t\n/* c */ ; ", "SELECT 1 FROM t FOR UPDATE\n/* c */ ; "),
        ] {
            assert_eq!(with_for_update(sql).expect(sql), expected);
        }
    }

    #[test]
    fn what_cannot_be_locked_is_left_alone() {
        for (sql, expected) in [
            ("", NotLockable::NotSelect),
            ("UPDATE t SET a = 1", NotLockable::NotSelect),
            ("WITH x AS (SELECT 1 FROM t) SELECT * FROM x", NotLockable::NotSelect),
            ("SELECT 1 FROM t; SELECT 2 FROM t", NotLockable::Several),
            ("SELECT 1", NotLockable::NoTable),
            ("SELECT 1 FROM a, b", NotLockable::NotOneTable),
            ("SELECT 1 FROM a x, b", NotLockable::NotOneTable),
            ("SELECT 1 FROM a JOIN b ON true", NotLockable::NotOneTable),
            ("SELECT 1 FROM a NATURAL JOIN b", NotLockable::NotOneTable),
            ("SELECT 1 FROM a LEFT JOIN b USING (id)", NotLockable::NotOneTable),
            ("SELECT 1 FROM generate_series(1, 2)", NotLockable::NotOneTable),
            ("SELECT 1 FROM (SELECT 1 FROM a) b", NotLockable::NotOneTable),
            ("SELECT 1 FROM a TABLESAMPLE system (1)", NotLockable::NotOneTable),
            ("SELECT 1 FROM a WHERE x = (SELECT 1 FROM b)", NotLockable::NotOneTable),
            ("SELECT 1 FROM a UNION SELECT 1 FROM b", NotLockable::SetOperation),
            ("SELECT DISTINCT x FROM a", NotLockable::Distinct),
            ("SELECT sum(balance) FROM a", NotLockable::Aggregate),
            ("SELECT pg_catalog.count(*) FROM a", NotLockable::Aggregate),
            ("SELECT count (*) FROM a", NotLockable::Aggregate),
            ("SELECT x FROM a GROUP BY x", NotLockable::Aggregate),
            ("SELECT rank() OVER (ORDER BY x) FROM a", NotLockable::Aggregate),
            ("SELECT x INTO b FROM a", NotLockable::Into),
            ("SELECT x FROM a FOR SHARE", NotLockable::Locks),
            ("SELECT x FROM a WHERE id = 1 FOR NO KEY UPDATE SKIP LOCKED", NotLockable::Locks),
        ] {
            assert_eq!(with_for_update(sql), Err(expected), "{sql}");
        }
    }

    #[test]
    fn no_text_makes_it_stumble() {
        let pieces =
            ["SELECT", " ", "FROM", "t", "(", ")", "'", "\"", ";", "--", "\n", ".", ",", "ä", "$1"];
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..5_000 {
            let sql: String =
                (0..random.usize(0..14)).map(|_| pieces[random.usize(0..pieces.len())]).collect();
            let _ = with_for_update(&sql);
        }
    }
}
