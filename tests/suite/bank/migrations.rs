//! Preparing a database: fresh, known, foreign, and by several at once.

use bankrun::bank::store::MigrateError;
use bankrun::bank::{Bank, BankError, BankOptions, Database, DatabaseSpec, Mode};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::json;
use tokio::task::JoinSet;

use super::support::{admin, fresh_url, get, post, postgres, start};

/// Each start has a `Database` of its own, as separate processes have.
async fn five_start_at_once(spec: &DatabaseSpec) {
    let mut starts = JoinSet::new();
    for _ in 0..5 {
        let spec = spec.clone();
        starts.spawn(async move {
            let database = Database::open(&spec).await.expect("a database");
            let bank = start(&database, BankOptions::default()).await;
            let accounts = get(bank.addr(), "/accounts").await.json();
            bank.shutdown().await;
            accounts
        });
    }
    for accounts in starts.join_all().await {
        assert_eq!(accounts, json!({"accounts": {"1":1000,"2":1000,"3":1000}, "total": 3000}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_start_at_once_on_postgres() {
    five_start_at_once(&fresh_url().await.parse().expect("a URL")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_five_that_start_at_once_on_a_sqlite_file_one_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = DatabaseSpec::SqliteFile(folder.path().join("bank.db"));
    let mut opens = JoinSet::new();
    for _ in 0..5 {
        let spec = spec.clone();
        opens.spawn(async move { Database::open(&spec).await });
    }
    let mut opened = Vec::new();
    for result in opens.join_all().await {
        match result {
            Ok(database) => opened.push(database),
            Err(error) => assert!(error.to_string().starts_with("another bankrun"), "{error}"),
        }
    }
    let [database] = &opened[..] else { panic!("{} have the file", opened.len()) };
    let bank = start(database, BankOptions::default()).await;
    let accounts = get(bank.addr(), "/accounts").await.json();
    assert_eq!(accounts, json!({"accounts": {"1":1000,"2":1000,"3":1000}, "total": 3000}));
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_keeps_its_balances() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = DatabaseSpec::SqliteFile(folder.path().join("bank.db"));
    for balance in [1010, 1020] {
        let database = Database::open(&spec).await.expect("a database");
        let bank = start(&database, BankOptions::default()).await;
        let answer = post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
        assert_eq!(answer.json(), json!({"newBalance": balance}));
        bank.shutdown().await;
        database.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_accounts_table_on_postgres_is_refused_and_left_alone() {
    let (database, name) = postgres().await;
    let admin = admin(&name).await;
    admin.batch_execute("CREATE TABLE accounts (owner text)").await.expect("a foreign table");
    let refused = Bank::start(&database, BankOptions::default()).await.expect_err("refused");
    assert!(matches!(refused, BankError::Migrate(MigrateError::ForeignAccounts)), "{refused}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = admin.query_one(tables, &[]).await.expect("a count").get(0);
    assert_eq!(tables, 1, "nothing was added to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_accounts_table_on_sqlite_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.db");
    let mut other = diesel::SqliteConnection::establish(&file.to_string_lossy()).expect("a file");
    other.batch_execute("CREATE TABLE Accounts (owner text)").expect("a foreign table");
    let database = Database::open(&DatabaseSpec::SqliteFile(file)).await.expect("a database");
    let refused = Bank::start(&database, BankOptions::default()).await.expect_err("refused");
    assert!(matches!(refused, BankError::Migrate(MigrateError::ForeignAccounts)), "{refused}");
    other.batch_execute("CREATE TABLE __diesel_schema_migrations (a)").expect("not there yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_database_is_named_without_its_password() {
    let spec: DatabaseSpec = "postgres://me:secret@127.0.0.1:1/bank".parse().expect("a URL");
    let database = Database::open(&spec).await.expect("nothing to make");
    let error = Bank::start(&database, BankOptions::default()).await.expect_err("nobody there");
    let text = format!("{error} {error:?} {database:?}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

/// A database as the first release left it, with some history.
const FIRST_RELEASE: &str = concat!(
    include_str!("../../../migrations/2026-01-01-000000_create_accounts/up.sql"),
    "CREATE TABLE __diesel_schema_migrations (\
        version VARCHAR(50) PRIMARY KEY NOT NULL, \
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\
     INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000000');\
     UPDATE accounts SET balance = 77 WHERE id = 2;",
);

async fn keeps_its_balances(database: &Database) {
    let bank = start(database, BankOptions { mode: Mode::Optimistic, ..Default::default() }).await;
    let accounts = get(bank.addr(), "/accounts").await.json();
    assert_eq!(accounts["accounts"], json!({"1": 1000, "2": 77, "3": 1000}));
    let answer = post(bank.addr(), "/deposit", r#"{"userId":2,"amount":10}"#).await;
    assert_eq!(answer.json(), json!({"newBalance": 87}));
    assert_eq!(get(bank.addr(), "/operations/k").await.status, 404);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_release_is_brought_up_to_date_on_postgres() {
    let (database, name) = postgres().await;
    admin(&name).await.batch_execute(FIRST_RELEASE).await.expect("an old database");
    keeps_its_balances(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_release_is_brought_up_to_date_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.db");
    let mut old = diesel::SqliteConnection::establish(&file.to_string_lossy()).expect("a file");
    old.batch_execute(FIRST_RELEASE).expect("an old database");
    drop(old);
    keeps_its_balances(&Database::open(&DatabaseSpec::SqliteFile(file)).await.expect("it")).await;
}
