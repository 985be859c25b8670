use bankrun::bank::store::PrivatePostgres;
use bankrun::isolation::{IsolationError, Scratch, explore, parse};

use super::support::options;

async fn databases(server: &PrivatePostgres) -> Vec<String> {
    let (client, connection) =
        server.config().connect(tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let rows = client.query("SELECT datname::text FROM pg_database ORDER BY 1", &[]).await;
    rows.expect("names").iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_same_name_are_left_alone() {
    let server = PrivatePostgres::start(&[]).await.expect("a private PostgreSQL");
    let (client, connection) =
        server.config().connect(tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let theirs = "CREATE TABLE t (a int); INSERT INTO t VALUES (42)";
    client.batch_execute(theirs).await.expect("a table");
    let before = databases(&server).await;

    let spec = parse(
        "setup { CREATE TABLE t (a int); } teardown { DROP TABLE t; }
         session s step x { DELETE FROM t; }",
    );
    let scratch = Scratch::create(&server.config()).await.expect("a scratch database");
    let found =
        explore(&spec.expect("a specification"), &scratch, &options(None), || false, |_| {}).await;
    scratch.remove().await.expect("removed");
    assert_eq!(found.expect("an exploration").ran, 1);

    let row = client.query_one("SELECT a FROM t", &[]).await.expect("their row");
    assert_eq!(row.get::<_, i32>(0), 42);
    assert_eq!(databases(&server).await, before);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_the_first_step_says_where() {
    let server = PrivatePostgres::start(&[]).await.expect("a private PostgreSQL");
    for (text, says) in [
        ("setup { SELEC 1; } session s step x { SELECT 1; }", "setup 1 fails: syntax error"),
        ("session s setup { BEGINN; } step x { SELECT 1; }", "the setup of session s fails"),
        ("teardown { DROP TABLE no; } session s step x { SELECT 1; }", "the teardown fails"),
    ] {
        let spec = parse(text).expect("a specification");
        let scratch = Scratch::create(&server.config()).await.expect("a scratch database");
        let error =
            explore(&spec, &scratch, &options(None), || false, |_| {}).await.expect_err(text);
        assert!(matches!(error, IsolationError::Setup { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
        scratch.remove().await.expect("removed");
    }
    server.stop().await;
}
