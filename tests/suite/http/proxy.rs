//! Proxies that the environment names.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::asking::ended;
use crate::support::{Authority, Bankrun, Ended, Recorder, Seen, SmallBank};

const SCENARIO: &str = "accounts: { 1: 1000 }\nscenarios: { a: { executor: shared-iterations, \
    vus: 2, operations: [{ deposit: 1, account: 1, count: 10 }] } }";

/// Runs a scenario against a name that only a proxy knows.
async fn run(target: &str, variables: &[(&str, &str)], args: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    std::fs::write(&file, SCENARIO).expect("written");
    let file = file.to_str().expect("UTF-8");
    let all = [&[file, "--yes", "--target", target], args].concat();
    let run = variables.iter().fold(Bankrun::new(&all), |run, (name, value)| run.env(name, value));
    ended(run).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_passes_requests_on() {
    let bank = SmallBank::default();
    let proxy = Recorder::start(move |seen| {
        let prefix = "http://bank.invalid:8080";
        assert!(seen.line.contains(prefix), "the whole URL: {}", seen.line);
        let line = seen.line.replace(prefix, "");
        bank.answer(&Seen { line, ..seen.clone() })
    });
    let proxy = proxy.await;
    let url = proxy.url().replace("://", "://me:secret@");
    run("http://bank.invalid:8080", &[("HTTP_PROXY", &url)], &[]).await.code(0);
    let seen = proxy.seen();
    assert!(seen.iter().all(|seen| seen.header("host") == Some("bank.invalid:8080")));
    let known = Some("Basic bWU6c2VjcmV0");
    assert!(seen.iter().all(|seen| seen.header("proxy-authorization") == known));
    // Whoever is named as an exception is looked for without it.
    let variables = [("http_proxy", url.as_str()), ("NO_PROXY", "bank.invalid")];
    let direct = run("http://bank.invalid:8080", &variables, &[]).await.code(4);
    assert!(!direct.stdout.contains("proxy"), "{}", direct.stdout);
    assert_eq!(proxy.seen().len(), seen.len());
}

/// A proxy that leads to one place, whatever name is asked for.
async fn tunnelling(to: String, says: &'static str) -> (String, &'static AtomicUsize) {
    let tunnels: &'static AtomicUsize = Box::leak(Box::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.expect("a head"));
                }
                assert!(head.starts_with(b"CONNECT bank.invalid:443 HTTP/1.1\r\n"));
                tunnels.fetch_add(1, Ordering::Relaxed);
                client.write_all(says.as_bytes()).await.expect("an answer");
                let mut there = TcpStream::connect(to).await.expect("a service");
                let _ = copy_bidirectional(&mut client, &mut there).await;
            });
        }
    });
    (url, tunnels)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_opens_tunnels_to_what_speaks_tls() {
    let authority = Authority::new();
    let bank = SmallBank::default();
    let acceptor = authority.acceptor(&["bank.invalid"]);
    let server = Recorder::start_tls(acceptor, move |seen| bank.answer(seen)).await;
    let address = server.url().replace("https://", "");
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).expect("written");
    let ca = ["--ca-cert", ca.to_str().expect("UTF-8")];
    let (url, tunnels) = tunnelling(address.clone(), "HTTP/1.1 200 OK\r\nx: y\r\n\r\n").await;
    run("https://bank.invalid", &[("HTTPS_PROXY", &url)], &ca).await.code(0);
    assert!(tunnels.load(Ordering::Relaxed) > 0);
    for (says, expected) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and a password"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "does not lead to bank.invalid:443: HTTP/1.1 403"),
    ] {
        let (url, _) = tunnelling(address.clone(), says).await;
        let ended = run("https://bank.invalid", &[("https_proxy", &url)], &ca).await.code(4);
        assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
    for (value, says) in [
        ("http://me:secret@127.0.0.1:1", "the proxy http://127.0.0.1:1 cannot be reached"),
        ("socks5://me:secret@127.0.0.1:1", "ALL_PROXY is set"),
    ] {
        let ended = run("http://bank.invalid", &[("ALL_PROXY", value)], &[]).await.code(4);
        assert!(ended.stdout.contains(says), "{says}: {}", ended.stdout);
        assert!(!(ended.stdout + &ended.stderr).contains("secret"));
    }
}
