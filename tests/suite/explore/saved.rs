//! Tables that are saved, compared and put back, whatever they are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use bankrun::explore::{Ignore, SavedTables, State};
use tokio_postgres::{Client, Config, NoTls};

use crate::bank::fresh_url;

/// Two tables that refer to each other, a trigger that would undo all that is put back,
/// and columns of all kinds.
const TABLES: &str = r#"
    CREATE TABLE "odd ""Table" (
        "Key" int, part text, "odd ""Table" int, twice int GENERATED ALWAYS AS (part_size * 2) STORED,
        part_size int, notes jsonb, gone text, PRIMARY KEY (part, "Key"));
    ALTER TABLE "odd ""Table" DROP COLUMN gone;
    INSERT INTO "odd ""Table" VALUES (1, 'a', 5, DEFAULT, 3, '{"x": 1}'), (2, 'a', NULL, DEFAULT, 4, NULL);
    CREATE TABLE parents (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, at timestamptz DEFAULT now());
    CREATE TABLE children (id serial PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE, size int);
    ALTER TABLE parents ADD favourite int REFERENCES children;
    INSERT INTO parents (name) VALUES ('Ann'), ('Bob');
    INSERT INTO children (parent, size) VALUES (1, 10), (2, 20);
    UPDATE parents SET favourite = 1 WHERE id = 1;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'no child goes'; END$$;
    CREATE TRIGGER refuse BEFORE DELETE ON children FOR EACH ROW EXECUTE FUNCTION refuse();
    CREATE TABLE log (line text);
    INSERT INTO log VALUES ('one'), ('one'), (NULL);
    CREATE TABLE events (day int, what text) PARTITION BY RANGE (day);
    CREATE TABLE early PARTITION OF events FOR VALUES FROM (0) TO (10);
    CREATE TABLE late PARTITION OF events FOR VALUES FROM (10) TO (20);
    INSERT INTO events VALUES (1, 'x'), (11, 'y');
    CREATE TABLE untouched (id int PRIMARY KEY);
    CREATE SEQUENCE "Own seq'uence" START 7;
"#;

const CHANGES: &str = r#"
    UPDATE "odd ""Table" SET part_size = 30 WHERE "Key" = 1;
    DELETE FROM "odd ""Table" WHERE "Key" = 2;
    INSERT INTO "odd ""Table" VALUES (3, 'b', 6, DEFAULT, 1, '[]');
    INSERT INTO parents (name) VALUES ('Eve');
    UPDATE children SET size = 11 WHERE id = 1;
    INSERT INTO children (parent, size) VALUES (1, 12), (2, 12);
    DELETE FROM log WHERE ctid IN (SELECT ctid FROM log WHERE line = 'one' LIMIT 1);
    UPDATE events SET day = 2 WHERE day = 11;
    SELECT nextval('"Own seq''uence"');
"#;

async fn open() -> (Config, Client) {
    let config: Config = fresh_url().await.parse().expect("a URL");
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    (config, client)
}

async fn saved(config: &Config) -> SavedTables {
    let saved = SavedTables::save(config, Ignore::default(), Duration::from_secs(5)).await;
    saved.expect("can be saved")
}

/// All rows of all tables, and where the sequences stand.
async fn dump(client: &Client) -> BTreeMap<String, Vec<String>> {
    let tables = [
        r#""odd ""Table""#,
        "parents",
        "children",
        "log",
        "early",
        "late",
        "untouched",
        r#""Own seq'uence""#,
        "children_id_seq",
        "parents_id_seq",
    ];
    let mut all = BTreeMap::new();
    for table in tables {
        // How far a sequence is logged ahead is its own concern.
        let what =
            if table.contains("seq") { "(x.last_value, x.is_called)::text" } else { "x::text" };
        let query = format!("SELECT {what} FROM {table} x ORDER BY 1");
        let rows = client.query(&query, &[]).await.expect(table);
        all.insert(table.to_owned(), rows.iter().map(|row| row.get(0)).collect());
    }
    all
}

fn differing(one: &State, other: &State) -> Vec<String> {
    let of_one = one.iter().filter(|(entry, value)| other.get(*entry) != Some(value));
    of_one.map(|(entry, value)| format!("{entry} = {value}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_all_kinds_are_compared_and_put_back() {
    let (config, client) = open().await;
    client.batch_execute(TABLES).await.expect("tables");
    let before = dump(&client).await;
    let mut saved = saved(&config).await;
    client.batch_execute(CHANGES).await.expect("changes");
    assert!(saved.learn_written().await.expect("they can be read"));
    let written = [r#""odd ""Table""#, "children", "early", "late", "log", "parents"];
    assert_eq!(saved.written(), written);
    assert!(!saved.learn_written().await.expect("they can be read"), "all are known");
    let changed = saved.read().await.expect("they can be read");
    for _ in 0..2 {
        saved.restore().await.expect("they can be put back");
        let now = dump(&client).await;
        for (table, rows) in before.iter().filter(|(table, _)| !table.contains("seq")) {
            assert_eq!(&now[table], rows, "{table}");
        }
    }
    assert_ne!(dump(&client).await["children_id_seq"], before["children_id_seq"], "it goes on");
    let restored = saved.read().await.expect("they can be read");
    let expected = [
        r#""odd ""Table" (a, 1): part_size = 30"#,
        r#""odd ""Table" (a, 1): twice = 60"#,
        "children 1: size = 11",
        r#"new rows in "odd ""Table" (Key 3, part b, odd "Table 6, twice 2, part_size 1, notes []) = 1"#,
        "new rows in children (parent 1, size 12) = 1",
        "new rows in children (parent 2, size 12) = 1",
        "new rows in parents (name Eve, favourite NULL) = 1",
        "rows in early (day 2, what x) = 1",
    ];
    let differing = differing(&changed, &restored);
    for line in expected.iter().filter(|line| !line.contains("early")) {
        assert!(differing.iter().any(|it| it == line), "{line}: {differing:#?}");
    }
    for (entry, count) in [("rows in early (day 2, what y)", "1"), ("rows in log (line one)", "1")]
    {
        assert_eq!(changed.get(entry).map(String::as_str), Some(count), "{changed:#?}");
    }
    assert_eq!(restored.get("rows in log (line one)").map(String::as_str), Some("2"));
    assert!(!changed.keys().any(|entry| entry.contains("(a, 2)")), "that row is gone");
    assert!(restored.contains_key(r#""odd ""Table" (a, 2): part_size"#));
    assert!(!restored.keys().any(|entry| entry.ends_with(": at")), "times are not compared");
    client.batch_execute(CHANGES).await.expect("changes");
    saved.put_back().await.expect("all can be put back");
    assert_eq!(dump(&client).await, before);
}

/// A key and a time are another each time, and so is what is made of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_differs_between_equal_runs_is_no_part_of_a_new_row() {
    let (config, client) = open().await;
    let tables = "CREATE TABLE orders (id serial PRIMARY KEY, item int, token text, \
                  at timestamp DEFAULT now()); \
                  CREATE TABLE lines (\"order\" int, count int)";
    client.batch_execute(tables).await.expect("tables");
    let mut saved = saved(&config).await;
    let order = "WITH new AS (INSERT INTO orders (item, token) \
                 VALUES (7, md5(clock_timestamp()::text)) RETURNING id) \
                 INSERT INTO lines SELECT id, 2 FROM new";
    let mut rounds = Vec::new();
    for _ in 0..2 {
        client.batch_execute(order).await.expect("an order");
        saved.learn_written().await.expect("they can be read");
        rounds.push(saved.new_rows().await.expect("they can be read"));
        saved.restore().await.expect("they can be put back");
    }
    saved.learn_new_rows(&rounds[0], &rounds[1]);
    client.batch_execute(order).await.expect("an order");
    let state = saved.read().await.expect("they can be read");
    let expected = [("new rows in orders (item 7)", "1"), ("rows in lines (count 2)", "1")];
    assert_eq!(state, State::from(expected.map(|(entry, count)| (entry.into(), count.into()))));
    let ignored = ["lines.order", "orders.id", "orders.token", "orders.at"];
    assert_eq!(saved.not_compared(), ignored);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_by_itself_is_left_alone() {
    let (config, client) = open().await;
    client
        .batch_execute("CREATE TABLE beats (n int); CREATE TABLE t (n int)")
        .await
        .expect("tables");
    let mut saved = saved(&config).await;
    client.batch_execute("INSERT INTO beats VALUES (1)").await.expect("a beat");
    saved.learn_background().await.expect("they can be read");
    client
        .batch_execute("INSERT INTO beats VALUES (2); INSERT INTO t VALUES (1)")
        .await
        .expect("t");
    saved.learn_written().await.expect("they can be read");
    assert_eq!((saved.written(), saved.not_compared()), (vec!["t"], vec!["beats".to_owned()]));
    saved.put_back().await.expect("they can be put back");
    let counts = "SELECT (SELECT count(*) FROM beats), (SELECT count(*) FROM t)";
    let counts = client.query_one(counts, &[]).await.expect("counts");
    assert_eq!((counts.get::<_, i64>(0), counts.get::<_, i64>(1)), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_table_may_be_read_and_not_written() {
    let (config, client) = open().await;
    let tables = "CREATE TABLE large AS SELECT n FROM generate_series(1, 10001) n; \
                  CREATE TABLE small (n int)";
    client.batch_execute(tables).await.expect("tables");
    let mut saved = saved(&config).await;
    client.batch_execute("INSERT INTO small SELECT n FROM large").await.expect("rows");
    assert!(saved.learn_written().await.expect("they can be read"));
    client.batch_execute("UPDATE large SET n = 0 WHERE n = 77").await.expect("a change");
    let error = saved.learn_written().await.expect_err("it is too large").to_string();
    assert!(error.contains("write the table large") && error.contains("`reset`"), "{error}");
}

/// The owner of tables is no superuser.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_switch_triggers_off_is_told_so() {
    let (config, client) = open().await;
    let role = format!("owner_{:08x}", fastrand::u32(..));
    let tables = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO {role}; \
         SET ROLE {role}; CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE plain (n int); \
         CREATE TABLE b (a int REFERENCES a)"
    );
    client.batch_execute(&tables).await.expect("tables");
    let mut own = config.clone();
    own.user(&role).password("x");
    let mut saved = saved(&own).await;
    client.batch_execute("INSERT INTO plain VALUES (1)").await.expect("a row");
    saved.learn_written().await.expect("they can be read");
    saved.restore().await.expect("there is no trigger");
    client.batch_execute("INSERT INTO a VALUES (1)").await.expect("a row");
    saved.learn_written().await.expect("they can be read");
    let error = saved.restore().await.expect_err("there are triggers").to_string();
    assert!(error.contains("superuser") && error.contains("`reset`"), "{error}");
    drop(saved);
    let end = format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    client.batch_execute(&end).await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_left_open_is_named() {
    let (config, client) = open().await;
    client
        .batch_execute("CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await
        .expect("t");
    let saved = SavedTables::save(&config, Ignore::default(), Duration::from_millis(200)).await;
    let mut saved = saved.expect("can be saved");
    client.batch_execute("UPDATE t SET n = 2").await.expect("a change");
    saved.learn_written().await.expect("they can be read");
    client.batch_execute("BEGIN; UPDATE t SET n = 3").await.expect("a change");
    let error = saved.restore().await.expect_err("it is locked").to_string();
    assert!(error.contains("left a transaction open"), "{error}");
    client.batch_execute("COMMIT").await.expect("an end");
    saved.restore().await.expect("it is free again");
}
