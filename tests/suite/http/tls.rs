use std::path::PathBuf;

use bankrun::engine::{Proxies, Tls, Transport};
use bankrun::scenario::HttpOptions;

use super::asking::{TIMEOUT, client, ended, get, not_sent};
use crate::support::{Authority, Bankrun, Recorder, Sent, SmallBank, self_signed};

const SCENARIO: &str = "accounts: { 1: 1000 }\nscenarios: { a: { executor: shared-iterations, \
    vus: 2, operations: [{ deposit: 1, account: 1, count: 10 }] } }";

/// A bank behind TLS, and a folder with a scenario and the authority's certificate.
struct Secured {
    server: Recorder,
    folder: tempfile::TempDir,
}

impl Secured {
    async fn start() -> Self {
        let authority = Authority::new();
        let bank = SmallBank::default();
        let acceptor = authority.acceptor(&["localhost", "127.0.0.1"]);
        let server = Recorder::start_tls(acceptor, move |seen| bank.answer(seen)).await;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("s.yaml"), SCENARIO).expect("written");
        // Several in one file, as bundles have them.
        let bundle = format!("{}\n{}", Authority::new().pem(), authority.pem());
        std::fs::write(folder.path().join("ca.pem"), bundle).expect("written");
        Self { server, folder }
    }

    fn run(&self, url: &str, args: &[&str]) -> Bankrun {
        let args = [&["s.yaml", "--target", url], args].concat();
        Bankrun::new(&args).folder(self.folder.path())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_when_named() {
    let bank = Secured::start().await;
    for host in ["localhost", "127.0.0.1"] {
        let run = bank.run(&bank.server.url_as(host), &["--ca-cert", "ca.pem"]);
        let run = ended(run).await.code(0);
        assert!(!run.stdout.contains("NOT verified"), "{}", run.stdout);
    }
    let run = bank.run(&bank.server.url(), &["--quiet"]).env("BANKRUN_CA_CERT", "ca.pem");
    ended(run).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_trusted_and_the_error_says_what_to_do() {
    let bank = Secured::start().await;
    let run = ended(bank.run(&bank.server.url(), &[])).await.code(4);
    assert!(run.stdout.contains("an authority that is not trusted here"), "{}", run.stdout);
    assert!(run.stdout.contains("--ca-cert FILE"), "{}", run.stdout);
    assert_eq!(bank.server.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_skips_the_verification_reads_so_in_every_report() {
    const NOTE: &str = "TLS certificates were NOT verified";
    let bank = Secured::start().await;
    let url = bank.server.url();
    let skipping = ["--insecure-skip-tls-verify", "--summary-export", "s.json", "--history", "h"];
    let run = ended(bank.run(&url, &skipping)).await.code(0);
    assert!(run.stdout.contains(NOTE), "{}", run.stdout);
    let summary = std::fs::read_to_string(bank.folder.path().join("s.json")).expect("a summary");
    assert!(summary.contains(NOTE), "{summary}");
    let quiet = bank.run(&url, &["--insecure-skip-tls-verify", "--quiet"]);
    let run = ended(quiet).await.code(0);
    assert!(run.stdout.contains(NOTE), "{}", run.stdout);
    for args in [&["check", "h"][..], &["check", "h", "--quiet"]] {
        let run = ended(Bankrun::new(args).folder(bank.folder.path())).await.code(0);
        assert!(run.stdout.contains(NOTE), "{}", run.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_hold_no_authority_are_usage_errors() {
    let bank = Secured::start().await;
    for (file, text, said) in [
        ("none.pem", None, "none.pem: there is no such file"),
        ("empty.pem", Some("nothing"), "holds no certificate"),
        (
            "broken.pem",
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "cannot be used",
        ),
    ] {
        if let Some(text) = text {
            std::fs::write(bank.folder.path().join(file), text).expect("written");
        }
        let run = ended(bank.run(&bank.server.url(), &["--ca-cert", file])).await.code(2);
        assert!(run.stderr.contains(said) && run.stderr.contains("--ca-cert"), "{}", run.stderr);
    }
}

fn trusting(authority: &Authority) -> (tempfile::TempDir, Transport) {
    trusting_pem(&authority.pem())
}

fn trusting_pem(pem: &str) -> (tempfile::TempDir, Transport) {
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("ca.pem");
    std::fs::write(&file, pem).expect("written");
    let tls = Tls::new(Some(&file), None, false).expect("an authority");
    (
        folder,
        Transport::new(&HttpOptions::default(), tls, Proxies::default(), None).expect("options"),
    )
}

#[tokio::test]
async fn errors_name_what_is_wrong_with_a_certificate() {
    let authority = Authority::new();
    let (_folder, transport) = trusting(&authority);
    for (acceptor, said) in [
        (authority.acceptor(&["other.example"]), "is for other.example, not for localhost"),
        (authority.expired(&["localhost"]), "has expired"),
        (authority.itself(), "the certificate"),
    ] {
        let server = Recorder::start_tls(acceptor, |_| Sent::ok("")).await;
        let target = server.url_as("localhost").parse().expect("a target");
        let cause = not_sent(transport.client(target, TIMEOUT).send(get("/")).await);
        assert!(cause.contains(said), "{cause}");
        assert_eq!(server.lines(), [""; 0]);
    }
}

/// Trusted where it is the very one that is named, and for its names and time alone.
#[tokio::test]
async fn what_a_service_has_made_for_itself_is_trusted_when_named() {
    let of = |names: &[&str], is_over| self_signed(names, is_over);
    let (another, _) = of(&["localhost"], false);
    for ((pem, acceptor), named, said) in [
        (of(&["localhost"], false), None, None),
        (of(&["localhost"], false), Some(another), Some("the certificate")),
        (of(&["other.example"], false), None, Some("not for localhost")),
        (of(&["localhost"], true), None, Some("has expired")),
    ] {
        let (_folder, transport) = trusting_pem(&named.unwrap_or(pem));
        let server = Recorder::start_tls(acceptor, |_| Sent::ok("safe")).await;
        let target = server.url_as("localhost").parse().expect("a target");
        let answer = transport.client(target, TIMEOUT).send(get("/")).await;
        match said {
            None => assert_eq!(answer.expect("an answer").body, "safe"),
            Some(said) => {
                let cause = not_sent(answer);
                assert!(cause.contains(said), "{said}: {cause}");
                assert_eq!(server.lines(), [""; 0]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_certificate_to_whoever_wants_one() {
    let authority = Authority::new();
    let bank = SmallBank::default();
    let acceptor = authority.acceptor_for_known(&["localhost"]);
    let server = Recorder::start_tls(acceptor, move |seen| bank.answer(seen)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    let ((certificate, key), (_, other)) = (authority.identity("me"), authority.identity("me"));
    write("s.yaml", SCENARIO);
    write("ca.pem", &authority.pem());
    write("cert.pem", &certificate);
    write("key.pem", &key);
    write("both.pem", &format!("{certificate}{key}"));
    write("other.pem", &other);
    let url = server.url_as("localhost");
    let run = |args: &[&str]| {
        let all = [&["s.yaml", "--target", &url, "--ca-cert", "ca.pem"], args].concat();
        ended(Bankrun::new(&all).folder(folder.path()))
    };
    run(&["--client-cert", "cert.pem", "--client-key", "key.pem"]).await.code(0);
    run(&["--client-cert", "both.pem"]).await.code(0);
    let without = run(&[]).await.code(4);
    assert!(without.stdout.contains("--client-cert FILE"), "{}", without.stdout);
    for (args, says) in [
        (&["--client-cert", "cert.pem"][..], "cert.pem holds no private key"),
        (&["--client-cert", "key.pem"], "key.pem holds no certificate"),
        (&["--client-cert", "none.pem"], "there is no such file"),
        (&["--client-cert", "cert.pem", "--client-key", "other.pem"], "is not that of the"),
        (&["--client-key", "key.pem"], "--client-cert"),
    ] {
        let ended = run(args).await.code(2);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn tls_and_plain_http_that_meet_say_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ =
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let cause = not_sent(client(&format!("https://{address}")).send(get("/")).await);
    assert!(cause.contains("is it an http:// address?"), "{cause}");

    let acceptor = Authority::new().acceptor(&["localhost"]);
    let secure = Recorder::start_tls(acceptor, |_| Sent::ok("")).await;
    let url = secure.url().replace("https://", "http://");
    let answer = client(&url).send(get("/")).await;
    // Something was sent, if only to an ear that did not understand it.
    let cause = super::asking::unknown(answer);
    assert!(cause.contains("is it an https:// address?"), "{cause}");
}

#[tokio::test]
async fn tls_connections_are_kept_alive_and_redirects_lead_from_plain_to_tls() {
    let authority = Authority::new();
    let (_folder, transport) = trusting(&authority);
    let secure =
        Recorder::start_tls(authority.acceptor(&["localhost"]), |_| Sent::ok("safe")).await;
    let away = secure.url_as("localhost");
    let plain = Recorder::start(move |_| Sent::redirect(301, &away)).await;
    let mut client = transport.client(plain.url().parse().expect("a target"), TIMEOUT);
    for _ in 0..5 {
        assert_eq!(client.send(get("/")).await.expect("an answer").body, "safe");
    }
    assert_eq!((plain.connections(), secure.connections()), (1, 1));
}
