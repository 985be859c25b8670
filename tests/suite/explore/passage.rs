//! With nothing to schedule the proxy is a way like any other.

use std::pin::pin;
use std::time::Duration;

use bankrun::explore::{Monitor, Proxy, Scheduler};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use crate::bank::fresh_url;

/// Runs it with the URL of a way to an empty database, and that of the database.
async fn through<F: Future<Output = ()>>(test: impl FnOnce(Config, Config) -> F) {
    let direct: Config = fresh_url().await.parse().expect("a URL");
    let monitor = Monitor::connect(&direct).await.expect("a monitor");
    let settings = monitor.deadlock_setting();
    let (proxy, events) = Proxy::start(&direct, settings.as_slice()).await.expect("a proxy");
    let mut scheduler = Scheduler::new(events, monitor, Duration::from_secs(10));
    let way = proxy.config(&direct);
    let test = tokio::time::timeout(Duration::from_secs(60), test(way, direct));
    scheduler.meanwhile(test).await.expect("within a minute");
}

async fn client(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_pass_both_ways() {
    through(async |way, _| {
        let client = client(&way).await;
        let large = "x".repeat(10 << 20);
        let row = client.query_one("SELECT $1::text, 7", &[&large]).await.expect("a row");
        assert_eq!(row.get::<_, String>(0).len(), large.len());
        let row = client.query_one("SELECT repeat('y', 10485760)", &[]).await.expect("a row");
        assert_eq!(row.get::<_, String>(0).len(), 10 << 20);
        assert_eq!(client.query_one("SELECT 1", &[]).await.expect("a row").get::<_, i32>(0), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_passes_both_ways_and_the_connection_goes_on() {
    through(async |way, _| {
        let client = client(&way).await;
        client.batch_execute("CREATE TABLE t (a int8, b text)").await.expect("a table");
        for round in 0..3_u64 {
            let sink = client.copy_in("COPY t FROM STDIN").await.expect("COPY");
            let mut sink = pin!(sink);
            for number in 0..1000 {
                let line = format!("{number}\t{}\n", "z".repeat(500));
                sink.send(Bytes::from(line)).await.expect("data");
            }
            assert_eq!(sink.finish().await.expect("the end"), 1000);
            let count = client.query_one("SELECT count(*) FROM t", &[]).await.expect("a row");
            assert_eq!(count.get::<_, i64>(0), 1000 * (round as i64 + 1));
        }
        // One that is broken off.
        let sink = client.copy_in::<_, Bytes>("COPY t FROM STDIN").await.expect("COPY");
        drop(sink);
        let stream = client.copy_out("COPY t TO STDOUT").await.expect("COPY");
        let bytes: usize = stream
            .map_ok(|part| part.len())
            .try_fold(0, async |sum, part| Ok(sum + part))
            .await
            .expect("data");
        assert!(bytes > 3 * 500 * 1000, "{bytes}");
        let sink = client.copy_in("COPY t FROM STDIN").await.expect("COPY");
        let mut sink = pin!(sink);
        sink.send(Bytes::from_static(b"no number\tx\n")).await.expect("data");
        assert!(sink.finish().await.is_err());
        assert_eq!(client.query_one("SELECT 1", &[]).await.expect("a row").get::<_, i32>(0), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_arrive() {
    through(async |way, direct| {
        let (listener, mut connection) = way.connect(NoTls).await.expect("a connection");
        let (heard, mut notes) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(note) = message {
                    let _ = heard.send(note.payload().to_owned());
                }
            }
        });
        listener.batch_execute("LISTEN news").await.expect("LISTEN");
        let speaker = client(&direct).await;
        speaker.batch_execute("NOTIFY news, 'hello'").await.expect("NOTIFY");
        assert_eq!(notes.recv().await.as_deref(), Some("hello"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_can_be_cancelled() {
    through(async |way, _| {
        let client = client(&way).await;
        let token = client.cancel_token();
        let sleeping = client.batch_execute("SELECT pg_sleep(50)");
        let cancelling = async {
            // Whoever cancels too early cancels nothing.
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                token.cancel_query(NoTls).await.expect("a request to cancel");
            }
        };
        let ended = tokio::select! {
            ended = sleeping => ended,
            () = cancelling => unreachable!("it has no end"),
        };
        let error = ended.expect_err("it was cancelled");
        assert_eq!(error.code().map(|code| code.code()), Some("57014"));
        assert_eq!(client.query_one("SELECT 1", &[]).await.expect("a row").get::<_, i32>(0), 1);
    })
    .await;
}

/// Statements, failures and transactions answer as they do without it.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_as_without_it() {
    through(async |way, direct| {
        let mut all = Vec::new();
        for (schema, config) in [("first_way", &way), ("other_way", &direct)] {
            let client = client(config).await;
            let begin = format!("CREATE SCHEMA {schema}; SET search_path = {schema}");
            client.batch_execute(&begin).await.expect("a schema");
            let mut answers = Vec::new();
            for sql in [
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "INSERT INTO t VALUES (1, 'one'), (2, NULL)",
                "INSERT INTO t VALUES (1, 'again')",
                "BEGIN",
                "UPDATE t SET v = 'two' WHERE id = 2 RETURNING v",
                "SELECT 1/0",
                "SELECT * FROM t",
                "ROLLBACK",
                "SELECT * FROM t ORDER BY id; SELECT 2",
                "",
                "SHOW search_path",
            ] {
                let answer = client.simple_query(sql).await;
                let answer =
                    answer.map_err(|error| error.code().map(|code| code.code().to_owned()));
                answers.push(format!("{sql}: {answer:?}").replace(schema, "_"));
            }
            all.push(answers);
        }
        assert_eq!(all[0], all[1]);
    })
    .await;
}
