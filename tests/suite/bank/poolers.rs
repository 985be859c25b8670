//! A bank whose address is that of a pooler: it works where its connections are its
//! own and leaves nothing there, and says what to do where they are not.

use bankrun::bank::store::{MigrateError, ReachError};
use bankrun::bank::{Bank, BankError, BankOptions, Database, Mode};

use super::support::{PgBouncer, PoolMode, fresh_url, post, start};
use crate::support::Bankrun;

const SIZE: usize = 6;

fn name(url: &str) -> &str {
    url.rsplit('/').next().expect("a name")
}

async fn database(bouncer: &PgBouncer, name: &str) -> Database {
    let spec = bouncer.url(name).parse().expect("a URL");
    Database::open(&spec).await.expect("nothing to make")
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sessions_are_its_own_it_works_and_leaves_nothing() {
    // The second one takes settings at the start, and does not hand them on.
    for more in ["", "ignore_startup_parameters=options"] {
        let url = fresh_url().await;
        let bouncer = PgBouncer::start(PoolMode::Session, SIZE, more).await;
        let database = database(&bouncer, name(&url)).await;
        let before = bouncer.servers(name(&url)).await;
        let shown = before.values().next().expect("a server").clone();
        for mode in [Mode::Robust, Mode::Advisory, Mode::Naive] {
            let pool_size = std::num::NonZeroU32::new(4);
            let bank =
                start(&database, BankOptions { mode, pool_size, ..Default::default() }).await;
            let answers = (0..8).map(|_| {
                let addr = bank.addr();
                tokio::spawn(async move {
                    post(addr, "/deposit", r#"{"userId":1,"amount":10}"#).await.status
                })
            });
            for answer in answers.collect::<Vec<_>>() {
                assert_eq!(answer.await.expect("an answer"), 200, "{mode}");
            }
            bank.shutdown().await;
        }
        for (server, after) in bouncer.servers(name(&url)).await {
            assert_eq!(after, shown, "{server} {more}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_others_are_lent_its_connections_it_does_not_begin() {
    for (mode, size) in
        [(PoolMode::Transaction, 1), (PoolMode::Transaction, SIZE), (PoolMode::Statement, 1)]
    {
        for more in ["", "ignore_startup_parameters=options"] {
            let url = fresh_url().await;
            let bouncer = PgBouncer::start(mode, size, more).await;
            let before = bouncer.servers(name(&url)).await;
            let shown = before.values().next().expect("a server").clone();
            let database = database(&bouncer, name(&url)).await;
            let refused = Bank::start(&database, BankOptions::default()).await;
            let case = format!("{mode:?} {size} {more}");
            let error = refused.expect_err(&case);
            let reason = BankError::Migrate(MigrateError::Reach(ReachError::Shared));
            assert_eq!(error.to_string(), reason.to_string(), "{case}");
            for after in bouncer.servers(name(&url)).await.into_values() {
                assert_eq!(after, shown, "{case}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_says_what_to_do() {
    let url = fresh_url().await;
    let bouncer = PgBouncer::start(PoolMode::Transaction, SIZE, "").await;
    let url = bouncer.url(name(&url));
    let args = ["serve", "--database", &url, "--listen", "127.0.0.1:0"];
    let command = Bankrun::new(&args);
    let run = tokio::task::spawn_blocking(move || command.run()).await.expect("it ends").code(4);
    assert!(run.stderr.contains("connection pooler"), "{}", run.stderr);
    assert!(run.stderr.contains("give the address of PostgreSQL itself"), "{}", run.stderr);
}

/// Which of its connections waits for which can be known of none.
#[tokio::test(flavor = "multi_thread")]
async fn explore_says_what_to_do() {
    let ignoring = "ignore_startup_parameters=options";
    for (mode, more) in
        [(PoolMode::Session, ""), (PoolMode::Transaction, ""), (PoolMode::Session, ignoring)]
    {
        let url = fresh_url().await;
        let bouncer = PgBouncer::start(mode, SIZE, more).await;
        let url = bouncer.url(name(&url));
        let args = ["explore", "--mode", "naive", "--database", &url];
        let command = Bankrun::new(&args);
        let run = tokio::task::spawn_blocking(move || command.run()).await.expect("it ends");
        let run = run.code(4);
        let text = run.stdout + &run.stderr;
        assert!(text.contains("connection pooler"), "{mode:?}: {text}");
    }
}

/// What a bank's connections begin with is seen by nobody else, and is there.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_pooler_its_connections_begin_with_their_settings() {
    let url = fresh_url().await;
    let admin = super::support::admin(name(&url)).await;
    let role =
        format!("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'", name(&url));
    admin.batch_execute(&role).await.expect("a default");
    let database = Database::open(&url.parse().expect("a URL")).await.expect("nothing to make");
    let bank = start(&database, BankOptions { mode: Mode::Naive, ..Default::default() }).await;
    let answers = (0..20).map(|_| {
        let addr = bank.addr();
        tokio::spawn(
            async move { post(addr, "/deposit", r#"{"userId":1,"amount":10}"#).await.status },
        )
    });
    // At that level some of them would be refused.
    for answer in answers.collect::<Vec<_>>() {
        assert_eq!(answer.await.expect("an answer"), 200);
    }
    bank.shutdown().await;
}
