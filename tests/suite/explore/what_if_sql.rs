//! Changes of services that the bank does not resemble: here programs that speak SQL
//! through the proxy, with statements that they prepare once.

use std::collections::HashMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bankrun::explore::{
    Applied, Baseline, Conclusion, Exploration, Monitor, NotApplied, OnWire, Options, Proxy, Reply,
    Scheduler, State, Subject, Transactions, Trouble, WhatIf, explore,
};
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, NoTls, Row, Statement};

use crate::bank::fresh_url;

type Running<'a> = Pin<Box<dyn Future<Output = Result<String, Error>> + Send + 'a>>;

/// What a request does with its connection.
type Program = for<'a> fn(&'a mut Session) -> Running<'a>;

/// A connection and the statements that it has prepared.
struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl Session {
    async fn open(config: &Config) -> Self {
        let (client, connection) = config.connect(NoTls).await.expect("a connection");
        tokio::spawn(connection);
        Self { client, prepared: HashMap::new() }
    }

    async fn query(
        &mut self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        if !self.prepared.contains_key(sql) {
            let statement = self.client.prepare(sql).await?;
            self.prepared.insert(sql, statement);
        }
        self.client.query(&self.prepared[sql], values).await
    }

    async fn say(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }
}

/// Each request has its connection for good.
struct Programs {
    programs: &'static [Program],
    sessions: Vec<Arc<Mutex<Session>>>,
    database: Client,
}

const RESET: &str = "TRUNCATE accounts; INSERT INTO accounts VALUES (1, 100, true), (2, 100, true)";

impl Subject for Programs {
    fn requests(&self) -> usize {
        self.programs.len()
    }

    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static {
        let (program, session) = (self.programs[request], Arc::clone(&self.sessions[request]));
        async move {
            let mut session = session.lock().await;
            match program(&mut session).await {
                Ok(body) => Reply::Answered { status: 200, body },
                Err(error) => {
                    let _ = session.say("ROLLBACK").await;
                    Reply::Answered { status: 500, body: error.to_string() }
                }
            }
        }
    }

    async fn reset(&mut self) -> Result<(), String> {
        self.database.batch_execute(RESET).await.map_err(|error| error.to_string())
    }

    async fn read(&mut self) -> Result<State, String> {
        let rows = self.database.query("SELECT id, balance, on_call FROM accounts", &[]).await;
        let entry = |row: &Row| {
            let id: i32 = row.get(0);
            (format!("account {id}"), format!("{} {}", row.get::<_, i32>(1), row.get::<_, bool>(2)))
        };
        Ok(rows.map_err(|error| error.to_string())?.iter().map(entry).collect())
    }

    fn abandon(&mut self) {}
}

/// A database for programs.
async fn prepared_database() -> Config {
    let server: Config = fresh_url().await.parse().expect("a URL");
    let own = Session::open(&server).await;
    own.say("CREATE TABLE accounts (id int PRIMARY KEY, balance int, on_call bool)")
        .await
        .expect("a table");
    server
}

async fn explored(
    server: &Config,
    programs: &'static [Program],
    applied: &Applied,
    baseline: Option<Baseline>,
) -> Result<(Exploration, Transactions), Trouble> {
    let monitor = Monitor::connect(server).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let settings: Vec<_> =
        monitor.deadlock_setting().into_iter().chain(applied.setting()).collect();
    let (proxy, events) = Proxy::start_at(address, server, &settings).await.expect("a proxy");
    let mut scheduler = Scheduler::new(events, monitor, Duration::from_secs(60)).applying(applied);
    let way = proxy.config(server);
    let sessions = async {
        let mut sessions = Vec::new();
        for _ in programs {
            sessions.push(Arc::new(Mutex::new(Session::open(&way).await)));
        }
        sessions
    };
    let sessions = scheduler.meanwhile(sessions).await;
    let database = Monitor::another(server).await?;
    let mut subject = Programs { programs, sessions, database };
    let requests = programs.iter().map(|_| "a program".to_owned()).collect();
    let mut executor = OnWire::prepare(&mut scheduler, &mut subject).await?;
    let options = Options { baseline, time: Duration::from_secs(600), ..Options::default() };
    let exploration =
        explore(&mut executor, requests, &options, |_| {}, std::future::pending()).await?;
    let transactions = executor.transactions();
    Ok((exploration, transactions))
}

/// As it is, and with what can be tried.
struct Found {
    server: Config,
    programs: &'static [Program],
    as_it_is: Exploration,
    transactions: Transactions,
}

impl Found {
    async fn of(programs: &'static [Program]) -> Self {
        let server = prepared_database().await;
        let explored = explored(&server, programs, &Applied::default(), None).await;
        let (as_it_is, transactions) = explored.expect("an exploration");
        assert_eq!(as_it_is.conclusion(), Conclusion::Fail, "{as_it_is:?}");
        assert!(as_it_is.is_complete(), "{:?}", as_it_is.coverage);
        Self { server, programs, as_it_is, transactions }
    }

    async fn with(&self, what_if: WhatIf) -> Result<Exploration, Trouble> {
        let applied = what_if.apply(&self.transactions).expect("can be applied");
        let baseline = Some(Baseline::of(&self.as_it_is));
        let explored = explored(&self.server, self.programs, &applied, baseline).await;
        explored.map(|(exploration, _)| exploration)
    }
}

fn sqlstates(exploration: &Exploration) -> Vec<&str> {
    exploration.refusals.by_kind.keys().filter_map(|kind| kind.sqlstate.as_deref()).collect()
}

/// Nobody may leave when nobody else is on call.
async fn leave(session: &mut Session, id: i32) -> Result<String, Error> {
    session.say("BEGIN").await?;
    let rows = session.query("SELECT count(*) FROM accounts WHERE on_call", &[]).await?;
    let on_call: i64 = rows[0].get(0);
    if on_call > 1 {
        session.query("UPDATE accounts SET on_call = false WHERE id = $1", &[&id]).await?;
    }
    session.say("COMMIT").await?;
    Ok(format!("{on_call} were there"))
}

/// Read, think, write, in a transaction that begins like this.
async fn add(session: &mut Session, begin: &str, amount: i32) -> Result<String, Error> {
    session.say(begin).await?;
    let balance = balance(session).await? + amount;
    session.query("UPDATE accounts SET balance = $1 WHERE id = 1", &[&balance]).await?;
    session.say("COMMIT").await?;
    Ok(balance.to_string())
}

async fn balance(session: &mut Session) -> Result<i32, Error> {
    Ok(session.query("SELECT balance FROM accounts WHERE id = $1", &[&1]).await?[0].get(0))
}

async fn show(session: &mut Session) -> Result<String, Error> {
    session.say("BEGIN READ ONLY").await?;
    let balance = balance(session).await?;
    session.say("COMMIT").await?;
    Ok(balance.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn write_skew_takes_more_than_snapshots() {
    let found = Found::of(&[|it| Box::pin(leave(it, 1)), |it| Box::pin(leave(it, 2))]).await;
    let snapshots = found.with(WhatIf::RepeatableRead).await.expect("an exploration");
    assert_eq!(snapshots.failing, found.as_it_is.failing);
    assert!(sqlstates(&snapshots).is_empty() && snapshots.is_complete());
    let serializable = found.with(WhatIf::Serializable).await.expect("an exploration");
    assert_eq!(serializable.conclusion(), Conclusion::Pass);
    assert!(serializable.is_complete());
    assert_eq!(sqlstates(&serializable), ["40001"]);
    // A count has no rows that could be locked.
    let why = WhatIf::ForUpdate.apply(&found.transactions).expect_err("cannot be locked");
    assert!(why.to_string().contains("computes an aggregate"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_does_not_change_what_the_service_says_itself() {
    const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
    let found = Found::of(&[|it| Box::pin(add(it, BEGIN, 1)), |it| Box::pin(add(it, BEGIN, 2))]);
    let found = found.await;
    for what_if in [WhatIf::RepeatableRead, WhatIf::Serializable] {
        let why = what_if.apply(&found.transactions).expect_err("cannot be changed");
        assert_eq!(why, NotApplied::IsolationIsSet(vec![BEGIN.to_owned()]));
    }
    let locked = found.with(WhatIf::ForUpdate).await.expect("an exploration");
    assert_eq!((locked.conclusion(), locked.is_complete()), (Conclusion::Pass, true));
    assert!(locked.lock_waits > 0 && locked.refusals.orders == 0);
}

/// The query is one text that is used at two places; its lock is refused at one.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_breaks_a_request_by_itself_prevents_nothing() {
    let found = Found::of(&[
        |it| Box::pin(add(it, "BEGIN", 1)),
        |it| Box::pin(add(it, "BEGIN", 2)),
        |it| Box::pin(show(it)),
    ]);
    let error = found.await.with(WhatIf::ForUpdate).await.expect_err("breaks a request");
    let said = error.to_string();
    assert!(said.contains("C is answered 500"), "{said}");
}

/// Money on its way from one account to the other, and somebody who counts it, in a
/// transaction that begins with a question which says nothing of the accounts.
async fn count(session: &mut Session, begin: &str) -> Result<String, Error> {
    session.say(begin).await?;
    session.query("SELECT 1", &[]).await?;
    let rows = session.query("SELECT sum(balance) FROM accounts", &[]).await?;
    let sum: i64 = rows[0].get(0);
    session.say("COMMIT").await?;
    Ok(sum.to_string())
}

async fn carry(session: &mut Session) -> Result<String, Error> {
    session.query("UPDATE accounts SET balance = balance - 10 WHERE id = 1", &[]).await?;
    session.query("UPDATE accounts SET balance = balance + 10 WHERE id = 2", &[]).await?;
    Ok(String::new())
}

/// Whatever the first query of a transaction asks, it fixes what the transaction sees.
#[tokio::test(flavor = "multi_thread")]
async fn the_moment_that_a_transaction_sees_is_one_of_the_choices() {
    const BEGIN: &str = "BEGIN";
    let found = Found::of(&[|it| Box::pin(count(it, BEGIN)), |it| Box::pin(carry(it))]).await;
    for what_if in [WhatIf::RepeatableRead, WhatIf::Serializable] {
        let changed = found.with(what_if).await.expect("an exploration");
        assert!(changed.failing.answers > 0, "{what_if}: {changed:?}");
    }
}

/// The same where the service asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_the_service_asks_for_is_explored_as_well() {
    const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";
    let found = Found::of(&[|it| Box::pin(count(it, BEGIN)), |it| Box::pin(carry(it))]).await;
    assert!(found.as_it_is.failing.answers > 0);
}
