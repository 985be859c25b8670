//! Servers that are killed, told to stop, started at once, or not alone.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use bankrun::bank::{BankOptions, Mode};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::{TcpListener, TcpStream};

use super::load::Load;
use super::support::{bank, cluster, correct_modes, create, figure, until_served};
use crate::support::Bankrun;

/// A server in a process of its own, killed when it is dropped.
pub(super) struct Server {
    process: Child,
    pub(super) addr: SocketAddr,
}

impl Server {
    /// Tries until the address is free, for at most ten seconds.
    pub(super) async fn start(database: &str, listen: SocketAddr, more: &[&str]) -> Self {
        let listen = listen.to_string();
        let args = ["serve", "--database", database, "--listen", &listen];
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mut command = Bankrun::new(&[&args[..], more].concat()).command();
            let mut process = command.stderr(Stdio::null()).spawn().expect("bankrun starts");
            let mut out = BufReader::new(process.stdout.take().expect("piped"));
            let mut line = String::new();
            out.read_line(&mut line).expect("a line");
            if let Some((_, rest)) = line.split_once("http://") {
                let addr = rest.split(',').next().and_then(|addr| addr.parse().ok());
                return Self { process, addr: addr.expect("an address") };
            }
            process.wait().expect("it has ended");
            assert!(Instant::now() < deadline, "no server on {listen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal, and waits for the end: how long it took, and the code.
    pub(super) async fn end(mut self, signal: Signal) -> (Duration, Option<i32>) {
        let start = Instant::now();
        let pid = i32::try_from(self.process.id()).expect("a process");
        kill(Pid::from_raw(pid), signal).expect("it runs");
        loop {
            if let Some(status) = self.process.try_wait().expect("a status") {
                return (start.elapsed(), status.code());
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{signal} ends nothing");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) const ANYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// An address to come back to, below those that the system gives to whoever
/// asks for any.
fn own_address() -> SocketAddr {
    loop {
        let addr = SocketAddr::from(([127, 0, 0, 1], fastrand::u16(20000..32000)));
        if StdListener::bind(addr).is_ok() {
            return addr;
        }
    }
}

/// Ends servers in the middle of runs, and starts them again.
async fn ended_under_load(signal: Signal) {
    let cluster = cluster(&["max_connections=400"]).await;
    let mut tasks = Vec::new();
    for mode in [Mode::Robust, Mode::Atomic, Mode::Batched] {
        create(&cluster, mode.name()).await;
        let url = cluster.url(mode.name());
        tasks.push(tokio::spawn(async move {
            let (listen, more) = (own_address(), ["--mode", mode.name()]);
            let server = Server::start(&url, listen, &more).await;
            let load = Load::against([listen].into_iter(), 8).await;
            let mut server = Some(server);
            let mut longest = Duration::ZERO;
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_millis(1200)).await;
                let (took, code) = server.take().expect("started").end(signal).await;
                longest = longest.max(took);
                if signal == Signal::SIGTERM {
                    assert_eq!(code, Some(0), "{mode}");
                }
                server = Some(Server::start(&url, listen, &more).await);
            }
            let [verdict] = &Load::finish(load).await[..] else { panic!("one load") };
            verdict.holds(mode.name());
            let outcomes = &verdict.outcomes;
            figure(&format!("{mode}: {signal} twice, gone after {longest:?}: {outcomes:?}"));
            // Requests under way are awaited for ten seconds.
            assert!(longest < Duration::from_secs(15), "{mode}: {longest:?}");
            drop(server);
        }));
    }
    for task in tasks {
        task.await.expect("it held");
    }
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_under_load_loses_nothing() {
    ended_under_load(Signal::SIGKILL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_under_load_applies_nothing_by_halves() {
    ended_under_load(Signal::SIGTERM).await;
}

/// Passes on connections to the one and the other in turn.
async fn balancer(servers: Vec<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind(ANYWHERE).await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        for server in servers.into_iter().cycle() {
            let Ok((mut client, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    addr
}

/// One run against both: the locks are in the database.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_are_one_bank() {
    let cluster = cluster(&["max_connections=600"]).await;
    let (mut banks, mut addrs) = (Vec::new(), Vec::new());
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let url = cluster.url(mode.name());
        let one = bank(&url, mode, BankOptions::default()).await;
        let two = bank(&url, mode, BankOptions::default()).await;
        let addr = balancer(vec![one.0.addr(), two.0.addr()]).await;
        addrs.push(addr);
        banks.push((one, two));
    }
    let loads = Load::against(addrs.into_iter(), 8).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for ((one, two), verdict) in banks.into_iter().zip(Load::finish(loads).await) {
        verdict.holds(one.0.mode().name());
        figure(&format!("{}: two servers: {:?}", one.0.mode(), verdict.outcomes));
        for bank in [&one.0, &two.0] {
            until_served(bank.addr()).await;
        }
        tokio::join!(one.0.shutdown(), two.0.shutdown());
    }
    cluster.stop().await;
}
