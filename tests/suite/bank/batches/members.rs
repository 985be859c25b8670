//! What the members of a batch owe each other.

use std::sync::Arc;

use bankrun::bank::ledger::{Change, LedgerError, Transfer, Window};
use bankrun::bank::store::StoreError;
use bankrun::bank::{BankOptions, Mode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::held::{Held, PATIENCE, answers, is_broke, ledger};
use crate::bank::support::{Kind, database, eventually, gate, get, post, start};

/// What comes while a batch is in its window joins the next one, and all that
/// have come by then are in the window together.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_meanwhile_joins_the_next_one() {
    for kind in Kind::ALL {
        let database = database(kind).await;
        let (gate, mut guard) = gate();
        let options = BankOptions { mode: Mode::Batched, gate: Some(gate), ..Default::default() };
        let bank = start(&database, options).await;
        let addr = bank.addr();
        let deposit = || {
            tokio::spawn(async move { post(addr, "/deposit", r#"{"userId":1,"amount":10}"#).await })
        };
        let has =
            async |line: &str| get(addr, "/metrics").await.body.contains(&format!("\n{line}\n"));
        let first = deposit();
        guard.arrival().await;
        let others = [deposit(), deposit()];
        eventually("two wait for the next batch", async || has("bankrun_batch_waiting 2").await)
            .await;
        assert!(guard.nobody_else_arrived());
        assert!(has("bankrun_pool_connections 1").await, "those who wait hold no connection");
        guard.let_through(1);
        guard.arrival().await;
        assert_eq!(first.await.expect("an answer").body, r#"{"newBalance":1010}"#);
        let balance = async || get(addr, "/balance/1").await.body;
        assert_eq!(balance().await, r#"{"balance":1010}"#, "the others are in the window");
        guard.let_through(1);
        let mut answers = Vec::new();
        for other in others {
            answers.push(other.await.expect("an answer").body);
        }
        answers.sort();
        assert_eq!(answers, [r#"{"newBalance":1020}"#, r#"{"newBalance":1030}"#]);
        assert_eq!(balance().await, r#"{"balance":1030}"#);
        assert!(has("bankrun_batches_total 2").await);
        assert!(has("bankrun_batched_updates_total 3").await);
        bank.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_judged_by_what_those_before_it_left() {
    for kind in Kind::ALL {
        let mut held = Held::new(kind, &[(1, 100), (2, 0), (3, i64::MAX)]).await;
        let asked = [
            held.queue(1, Change::Withdraw(80), None).await,
            held.queue(1, Change::Withdraw(80), None).await,
            held.queue(2, Change::Withdraw(1), None).await,
            held.queue_transfer(1, 2, 15).await,
            held.queue_transfer(1, 2, 15).await,
            held.queue(2, Change::Withdraw(1), None).await,
            held.queue(9, Change::Deposit(1), None).await,
            held.queue_transfer(2, 9, 1).await,
            held.queue(3, Change::Deposit(1), None).await,
            held.queue(1, Change::Deposit(75), None).await,
            held.queue(1, Change::Withdraw(80), None).await,
        ];
        held.go().await;
        let answers = answers(asked).await;
        for (index, balance) in [(0, 20), (3, 5), (5, 14), (9, 80), (10, 0)] {
            assert!(matches!(answers[index], Ok(it) if it == balance), "{index}: {answers:?}");
        }
        for index in [1, 2, 4] {
            assert!(is_broke(&answers[index]), "{index}: {answers:?}");
        }
        for index in [6, 7] {
            let unknown = &answers[index];
            let nine = matches!(unknown, Err(LedgerError::Store(StoreError::UnknownAccount(9))));
            assert!(nine, "{index}: {answers:?}");
        }
        assert!(matches!(answers[8], Err(LedgerError::Overflow)), "{answers:?}");
        assert_eq!(held.accounts().await, [(1, 0), (2, 14), (3, i64::MAX)]);
        let counters = held.ledger.counters();
        assert_eq!((counters.batches(), counters.batched()), (2, 12), "one batch, not twelve");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_within_a_batch_as_between_two() {
    for kind in Kind::ALL {
        let mut held = Held::new(kind, &[(1, 100), (2, 0)]).await;
        let asked = [
            held.queue(1, Change::Withdraw(80), Some("a")).await,
            held.queue(1, Change::Withdraw(80), Some("a")).await,
            held.queue(1, Change::Withdraw(10), Some("a")).await,
            held.queue(2, Change::Withdraw(5), Some("b")).await,
            held.queue(2, Change::Deposit(5), Some("b")).await,
            held.queue(2, Change::Withdraw(6), Some("c")).await,
        ];
        held.go().await;
        let answers = answers(asked).await;
        assert!(matches!(answers[..2], [Ok(20), Ok(20)]), "{answers:?}");
        let Err(LedgerError::KeyReused(by)) = &answers[2] else { panic!("{answers:?}") };
        assert_eq!(by, "withdraw 80 from account 1");
        assert!(is_broke(&answers[3]), "{answers:?}");
        assert!(matches!(answers[4], Ok(5)), "what was refused used up no key: {answers:?}");
        assert!(is_broke(&answers[5]), "{answers:?}");
        assert_eq!(held.accounts().await, [(1, 20), (2, 5)]);

        let ledger = &held.ledger;
        let answer = async |key: &str| {
            let key = key.parse().expect("a key");
            ledger.answer(&key).await.expect("an answer").map(|answer| answer.balance)
        };
        let kept = [answer("a").await, answer("b").await, answer("c").await];
        assert_eq!(kept, [Some(20), Some(5), None]);
        // A batch of nothing but repeats changes nothing, and passes no window.
        let again = ledger.update(1, Change::Withdraw(80), Some("a".parse().expect("a key")));
        assert!(matches!(again.await, Ok(20)));
        assert_eq!(ledger.counters().repeats(), 2);
        assert_eq!(held.accounts().await, [(1, 20), (2, 5)]);
    }
}

/// One is given up while it waits, another one while its batch is under way.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_gone_takes_nobody_along() {
    for kind in Kind::ALL {
        let mut held = Held::new(kind, &[(1, 100)]).await;
        let waiting = held.queue(1, Change::Deposit(1), None).await;
        let under_way = held.queue(1, Change::Deposit(10), None).await;
        let last = held.queue(1, Change::Deposit(100), None).await;
        waiting.abort();
        assert!(waiting.await.expect_err("given up").is_cancelled());
        held.guard.let_through(1);
        held.guard.arrival().await;
        under_way.abort();
        assert!(under_way.await.expect_err("given up").is_cancelled());
        held.go().await;
        assert!(matches!(last.await.expect("no panic"), Ok(210)));
        assert_eq!(held.accounts().await, [(1, 210)], "what was under way was carried out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_bounded() {
    let mut held = Held::new(Kind::Sqlite, &[(1, 0)]).await;
    let mut updates = JoinSet::new();
    for _ in 0..3000 {
        let ledger = held.ledger.clone();
        updates.spawn(async move { ledger.update(1, Change::Deposit(1), None).await });
    }
    held.until_waiting(3000).await;
    held.guard.let_through(4);
    held.go().await;
    let mut balances: Vec<i64> =
        updates.join_all().await.into_iter().map(|answer| answer.expect("done")).collect();
    balances.sort();
    assert!(balances.into_iter().eq(1..=3000), "each balance was answered once");
    assert_eq!(held.ledger.counters().batches(), 4, "1024, 1024, 952 after the first");
}

/// Two servers, each with batches of its own, and the same keys in both.
#[tokio::test(flavor = "multi_thread")]
async fn several_servers_share_a_database() {
    for kind in Kind::ALL {
        let database = database(kind).await;
        let window = || Window::None;
        let ledgers = [
            Arc::new(ledger(&database, window(), PATIENCE).await),
            Arc::new(ledger(&database, window(), PATIENCE).await),
        ];
        let mut work = JoinSet::new();
        for round in 0..240_i64 {
            let ledger = ledgers[usize::from(round % 4 < 2)].clone();
            let (from, to) = [(1, 2), (2, 1), (2, 3), (3, 2), (3, 1), (1, 3)][round as usize % 6];
            // Every second key is sent to both of them, in another order.
            let key = format!("{}", (round * 89) % 240 / 2);
            let transfer = Transfer::new(from, to, 10).expect("two accounts");
            work.spawn(async move {
                if round % 3 == 0 {
                    ledger.transfer(transfer, None).await.map(|_| 0)
                } else {
                    let key = Some(key.parse().expect("a key"));
                    ledger.update(from, Change::Deposit(1), key).await.map(|_| 1)
                }
            });
        }
        let mut sent = 0;
        for done in work.join_all().await {
            match done {
                Ok(deposits) => sent += deposits,
                Err(LedgerError::KeyReused(_)) => {}
                Err(error) => panic!("{kind:?}: {error}"),
            }
        }
        let repeats: u64 = ledgers.iter().map(|ledger| ledger.counters().repeats()).sum();
        let accounts = ledgers[0].accounts().await.expect("accounts");
        let total: i64 = accounts.iter().map(|(_, balance)| balance).sum();
        let applied = sent - i64::try_from(repeats).expect("few");
        assert_eq!(total, 3000 + applied, "{kind:?}: {accounts:?}");
        assert!(applied < sent, "some keys came twice");
        let batches: u64 = ledgers.iter().map(|ledger| ledger.counters().batches()).sum();
        assert!(batches < 240, "{batches} batches for 240 updates");
    }
}

/// A client of the server hangs up while its update waits for its batch: it
/// is carried out all the same, as in every mode.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_while_it_waits_cancels_nothing() {
    let database = database(Kind::Sqlite).await;
    let (gate, mut guard) = gate();
    let options = BankOptions { mode: Mode::Batched, gate: Some(gate), ..Default::default() };
    let bank = start(&database, options).await;
    let deposit = b"POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 24\r\n\r\n\
                    {\"userId\":1,\"amount\":10}";
    let mut clients = Vec::new();
    for waiting in 0..3 {
        let mut client = TcpStream::connect(bank.addr()).await.expect("a connection");
        client.write_all(deposit).await.expect("sent");
        clients.push(client);
        let line = format!("\nbankrun_batch_waiting {waiting}\n");
        eventually("it waits", async || get(bank.addr(), "/metrics").await.body.contains(&line))
            .await;
        if waiting == 0 {
            guard.arrival().await;
        }
    }
    drop(clients);
    guard.let_through(2);
    bank.shutdown().await;
    let bank = start(&database, BankOptions::default()).await;
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1030}"#);
    bank.shutdown().await;
}
