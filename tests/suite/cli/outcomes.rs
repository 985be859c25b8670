//! Services that answer late, wrongly, or not at all.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::support::{Bankrun, Ended, Reply, Service};

const SCENARIO: &str = "
accounts: {1: 1000}
timeout: 300ms
scenarios:
  race:
    executor: shared-iterations
    vus: 4
    operations: [{deposit: 10, account: 1, count: 20}]
expect: {balances: {1: 1200}}
";

/// A correct bank of one account, but for what `update` does to the n-th update.
fn bank(update: impl Fn(u64, &AtomicI64) -> Reply + Send + Sync + 'static) -> Service {
    let (balance, updates) = (AtomicI64::new(0), AtomicU64::new(0));
    Service::start(move |method, path, _| match (method, path) {
        ("POST", "/reset") => {
            balance.store(1000, Ordering::SeqCst);
            Reply::Json(200, r#"{"status":"ok"}"#.into())
        }
        ("GET", "/balance/1") => {
            Reply::Json(200, format!(r#"{{"balance":{}}}"#, balance.load(Ordering::SeqCst)))
        }
        ("POST", "/deposit") => update(updates.fetch_add(1, Ordering::SeqCst), &balance),
        _ => Reply::Text(404, "Cannot find it"),
    })
}

fn deposit(balance: &AtomicI64) -> Reply {
    let new = balance.fetch_add(10, Ordering::SeqCst) + 10;
    Reply::Json(200, format!(r#"{{"newBalance":{new}}}"#))
}

fn run(service: &Service, scenario: &str) -> Ended {
    with(service, scenario, &[])
}

fn strictly(service: &Service, scenario: &str) -> Ended {
    with(service, scenario, &["--strict"])
}

fn with(service: &Service, scenario: &str, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, scenario).expect("written");
    let args = [file.to_str().expect("a path"), "--target", &service.url];
    Bankrun::new(&[&args[..], more].concat()).run()
}

#[test]
fn a_correct_foreign_service_passes() {
    let service = bank(|_, balance| deposit(balance));
    let run = run(&service, SCENARIO).code(0);
    assert!(run.stdout.contains("(--target)"), "{}", run.stdout);
}

#[test]
fn an_update_that_was_done_but_never_answered_is_found_out() {
    let service = bank(|n, balance| {
        let reply = deposit(balance);
        if n == 3 { Reply::Silence } else { reply }
    });
    let ended = run(&service, SCENARIO).code(0);
    assert!(ended.stdout.contains("1190..1200"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1x deposit: no answer within 300ms"), "{}", ended.stdout);
    assert!(ended.stdout.contains("note: explained if #"), "{}", ended.stdout);
    assert!(ended.stdout.contains("took effect"), "{}", ended.stdout);
    // Strictly speaking that is a guess.
    let service = bank(|n, balance| {
        let reply = deposit(balance);
        if n == 3 { Reply::Silence } else { reply }
    });
    strictly(&service, SCENARIO).code(3);
}

#[test]
fn an_update_that_was_neither_done_nor_answered_leaves_what_was_stated_open() {
    let service = bank(|n, balance| if n == 3 { Reply::Silence } else { deposit(balance) });
    let ended = run(&service, SCENARIO).code(3);
    assert!(ended.stdout.contains("did not take effect"), "{}", ended.stdout);
    let service = bank(|n, balance| if n == 3 { Reply::Silence } else { deposit(balance) });
    run(&service, &SCENARIO.replace("expect: {balances: {1: 1200}}", "")).code(0);
}

#[test]
fn answers_without_balances_leave_the_unknown_open() {
    let service = bank(|n, balance| {
        deposit(balance);
        if n == 3 { Reply::Silence } else { Reply::Json(200, "{}".into()) }
    });
    let ended = run(&service, SCENARIO).code(3);
    assert!(ended.stdout.contains("1200 is possible, but so is"), "{}", ended.stdout);
}

#[test]
fn unknown_outcomes_do_not_hide_what_cannot_be() {
    // One answer is missing, and two acknowledged deposits as well.
    let service = bank(|n, balance| match n {
        3 => Reply::Silence,
        5 | 6 => Reply::Json(200, r#"{"newBalance":1}"#.into()),
        _ => deposit(balance),
    });
    let run = run(&service, SCENARIO).code(1);
    assert!(run.stdout.contains("20 of acknowledged money is gone"), "{}", run.stdout);
}

#[test]
fn a_server_error_is_unknown() {
    let service =
        bank(|n, balance| if n == 3 { Reply::Text(500, "oops") } else { deposit(balance) });
    run(&service, SCENARIO).code(3);
}

#[test]
fn a_refusal_is_no_lost_money_but_not_what_was_stated() {
    let service = bank(|n, balance| match n {
        3 => Reply::Json(404, r#"{"error":"no such account"}"#.into()),
        _ => deposit(balance),
    });
    let run = run(&service, SCENARIO).code(1);
    assert!(run.stdout.contains("no money is lost"), "{}", run.stdout);
    assert!(run.stdout.contains("deposit: 404 no such account"), "{}", run.stdout);
}

#[test]
fn nothing_acknowledged_is_inconclusive() {
    let service = bank(|_, _| Reply::Text(422, "no"));
    let scenario = SCENARIO.replace("expect: {balances: {1: 1200}}", "");
    let run = run(&service, &scenario).code(3);
    assert!(run.stdout.contains("none of 20 operations was acknowledged"), "{}", run.stdout);
}

#[test]
fn accounts_that_are_not_as_stated_end_the_run_before_it_begins() {
    let service = bank(|_, balance| deposit(balance));
    let run = run(&service, &SCENARIO.replace("1: 1000", "1: 500").replace("1200", "700")).code(4);
    assert!(run.stdout.contains("account 1 is 1000, not 500"), "{}", run.stdout);
}

#[test]
fn a_service_without_reset_is_told_apart() {
    let service = Service::start(|_, _, _| Reply::Text(404, "Cannot POST /reset"));
    let run = run(&service, SCENARIO).code(4);
    assert!(run.stdout.contains("/reset answered 404: Cannot POST /reset"), "{}", run.stdout);
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr();
    let url = format!("http://{}", free.expect("an address"));
    let run = Bankrun::new(&["--target", &url]).run().code(4);
    assert!(run.stdout.contains("cannot be reached"), "{}", run.stdout);
    assert!(run.stdout.contains("connection refused"), "{}", run.stdout);
}

#[test]
fn what_is_not_http_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        use std::io::Write;
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        }
    });
    let run = Bankrun::new(&["--target", &url]).run().code(4);
    assert!(run.stdout.contains("HTTP/1.1"), "{}", run.stdout);
}
