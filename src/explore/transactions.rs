use std::collections::BTreeSet;
use std::fmt;

use super::gate::Passed;
use super::sql::{self, Kind, NotLockable};

/// How the requests of a service use transactions, as each does when it runs alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// Statements that set the isolation level.
    pub isolation_set: BTreeSet<String>,
    /// Queries that a later write of the same transaction depends on, by their names,
    /// and that FOR UPDATE can be added to.
    pub lockable: BTreeSet<String>,
    /// Queries of tables that a request writes later, and that cannot be locked.
    pub obstacles: Vec<Obstacle>,
    /// Whether some request has a transaction of more than one statement.
    pub spans_statements: bool,
}

/// A query that cannot be locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    pub query: String,
    pub why: NoLock,
}

/// Why FOR UPDATE does not help a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLock {
    /// A lock would be given back before the write.
    OutsideOfTransaction,
    Statement(NotLockable),
}

impl Transactions {
    /// `requests`: what each of them sends when it runs alone.
    pub(super) fn learn<'a>(
        requests: impl IntoIterator<Item = &'a [Passed]>,
        isolation_set: &BTreeSet<String>,
    ) -> Self {
        let isolation_set = isolation_set.clone();
        let mut transactions = Self { isolation_set, ..Self::default() };
        for passed in requests {
            transactions.spans_statements |= spans_statements(passed);
            for (at, query) in passed.iter().enumerate() {
                transactions.learn_query(query, &passed[at + 1..]);
            }
        }
        transactions
    }

    /// `later`: what the same request sends after it.
    fn learn_query(&mut self, query: &Passed, later: &[Passed]) {
        let is_query = ["select", "with"].iter().any(|word| sql::begins_with(&query.sql, word));
        if !is_query {
            return;
        }
        let read = sql::read_relations(&query.sql);
        let is_read = |sql: &str| {
            let written = sql::written_relations(sql);
            written.iter().any(|written| read.iter().any(|read| read.may_be(written)))
        };
        let mut writes = later.iter().filter(|later| is_read(&later.sql)).peekable();
        if writes.peek().is_none() {
            return;
        }
        let name = sql::name(&query.sql);
        let why = if writes.any(|write| is_together(query, write)) {
            match sql::with_for_update(&query.sql) {
                Ok(_) => {
                    self.lockable.insert(name);
                    return;
                }
                // There is nothing to be added.
                Err(NotLockable::Locks) => return,
                Err(why) => NoLock::Statement(why),
            }
        } else {
            NoLock::OutsideOfTransaction
        };
        let obstacle = Obstacle { query: name, why };
        if !self.obstacles.contains(&obstacle) {
            self.obstacles.push(obstacle);
        }
    }

    /// Whether a query stands outside of the transaction that writes what it has read.
    pub fn reads_outside(&self) -> bool {
        self.obstacles.iter().any(|it| it.why == NoLock::OutsideOfTransaction)
    }
}

/// Whether both belong to one transaction.
fn is_together(one: &Passed, other: &Passed) -> bool {
    one.connection == other.connection && one.transaction == other.transaction
}

fn spans_statements(passed: &[Passed]) -> bool {
    let steps: Vec<&Passed> =
        passed.iter().filter(|passed| sql::kind(&passed.sql) == Kind::Step).collect();
    steps
        .iter()
        .enumerate()
        .any(|(at, one)| steps[at + 1..].iter().any(|other| is_together(one, other)))
}

impl fmt::Display for NoLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideOfTransaction => f.write_str(
                "outside of the transaction that writes, so that a lock would be given back before",
            ),
            Self::Statement(why) => why.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(statements: &[(u64, u64, &str)]) -> Vec<Passed> {
        let passed = |(connection, transaction, sql): &(u64, u64, &str)| Passed {
            connection: *connection,
            transaction: *transaction,
            sql: (*sql).to_owned(),
        };
        statements.iter().map(passed).collect()
    }

    fn learnt(statements: &[(u64, u64, &str)]) -> Transactions {
        Transactions::learn([&request(statements)[..]], &BTreeSet::new())
    }

    const READ: &str = "SELECT balance FROM accounts WHERE id = 1";
    const NAME: &str = "SELECT balance FROM accounts WHERE id = ?";
    const WRITE: &str = "UPDATE public.accounts SET balance = 2 WHERE id = 1";

    #[test]
    fn what_the_same_transaction_writes_later_can_be_locked() {
        let found = learnt(&[(1, 3, "BEGIN"), (1, 3, READ), (1, 3, WRITE), (1, 3, "COMMIT")]);
        assert_eq!(found.lockable, BTreeSet::from([NAME.to_owned()]));
        assert!(found.spans_statements && found.obstacles.is_empty());
    }

    #[test]
    fn a_lock_outside_of_the_transaction_of_the_write_helps_nobody() {
        for statements in [
            &[(1, 3, READ), (1, 4, WRITE)][..],
            &[(1, 3, READ), (2, 3, WRITE)],
            &[(1, 3, READ), (1, 4, "BEGIN"), (1, 4, WRITE), (1, 4, "COMMIT")],
        ] {
            let found = learnt(statements);
            assert!(found.lockable.is_empty() && !found.spans_statements, "{statements:?}");
            let expected = Obstacle { query: NAME.to_owned(), why: NoLock::OutsideOfTransaction };
            assert_eq!(found.obstacles, [expected], "{statements:?}");
            assert!(found.reads_outside());
        }
    }

    #[test]
    fn what_nothing_depends_on_needs_no_lock() {
        for statements in [
            &[(1, 3, READ), (1, 3, "UPDATE others SET balance = 2")][..],
            &[(1, 3, WRITE), (1, 3, READ)],
            &[(1, 3, "SELECT 1 FROM accounts FOR UPDATE"), (1, 3, WRITE)],
            &[(1, 3, WRITE), (1, 3, WRITE)],
        ] {
            let found = learnt(statements);
            assert!(found.lockable.is_empty() && found.obstacles.is_empty(), "{statements:?}");
        }
    }

    #[test]
    fn what_cannot_be_locked_is_named() {
        let sum = "SELECT sum(balance) FROM accounts";
        let found = learnt(&[(1, 3, sum), (1, 3, READ), (1, 3, WRITE)]);
        let why = NoLock::Statement(NotLockable::Aggregate);
        assert_eq!(found.obstacles, [Obstacle { query: sum.to_owned(), why }]);
        assert_eq!(found.lockable.len(), 1);
    }
}
