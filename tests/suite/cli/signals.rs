use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Bankrun, ended_within};

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    kill(pid, signal).expect("the process is there");
}

/// Starts it and waits for its first line, so that it listens to signals.
fn start(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = command.spawn().expect("bankrun starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    (child, out, line)
}

#[test]
fn the_first_interrupt_ends_the_run_and_still_reports() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut command = Bankrun::new(&["scenarios/mix.yaml", "--mode", "robust"]).command();
        let (mut child, mut out, _) = start(&mut command);
        std::thread::sleep(Duration::from_millis(500));
        send(&child, signal);
        assert_eq!(ended_within(&mut child, Duration::from_secs(5)), Some(130));
        let mut report = String::new();
        out.read_to_string(&mut report).expect("text");
        assert!(report.contains("stopped early"), "{report}");
        assert!(report.contains("3 balances as expected"), "{report}");
    }
}

#[test]
fn the_second_interrupt_does_not_wait() {
    // A service that never answers, and a patient client.
    let service = crate::support::Service::start(|_, path, _| match path {
        "/deposit" => crate::support::Reply::Silence,
        _ => crate::support::Reply::Json(200, r#"{"balance":0}"#.into()),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    let text = "timeout: 1m\naccounts: {1: 0}\nscenarios: {a: {executor: constant-vus, duration: 1m, operations: [{deposit: 1, account: 1}]}}";
    std::fs::write(&file, text).expect("written");
    let args = [file.to_str().expect("a path"), "--target", &service.url];
    let mut command = Bankrun::new(&args).command();
    let (mut child, ..) = start(&mut command);
    std::thread::sleep(Duration::from_millis(300));
    send(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a status").is_none(), "the answer is still awaited");
    send(&child, Signal::SIGINT);
    assert_eq!(ended_within(&mut child, Duration::from_secs(3)), Some(130));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = Bankrun::new(&["--mode", "robust", "--race-window", "0"]).command();
    let (mut child, out, _) = start(&mut command);
    drop(out);
    assert_eq!(ended_within(&mut child, Duration::from_secs(20)), Some(0));
    let mut errors = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("text");
    assert!(!errors.contains("panicked"), "{errors}");
}

#[test]
fn the_server_says_where_it_listens_and_leaves_when_told() {
    let mut command = Bankrun::new(&["serve", "--listen", "127.0.0.1:0"]).command();
    command.stderr(Stdio::null());
    let (mut child, _out, line) = start(&mut command);
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
    let health = Bankrun::new(&["health", "--target", url.trim_end_matches(',')]).run().code(0);
    assert!(health.stdout.contains(r#""service":"bankrun""#), "{}", health.stdout);
    let run = Bankrun::new(&["--target", url.trim_end_matches(','), "--quiet"]).run();
    run.code(0);
    send(&child, Signal::SIGTERM);
    assert_eq!(ended_within(&mut child, Duration::from_secs(5)), Some(0));
}

/// Whatever it is busy with or waits for: here, that somebody reads its report.
#[test]
fn the_second_signal_ends_also_what_waits_for_a_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "function default() end\nfunction handle_summary(s)\n  return { stdout = string.rep('x', \
                4000000) }\nend\n";
    std::fs::write(folder.path().join("s.lua"), text).expect("written");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let args = ["--lua", "s.lua", "--mode", "robust", "--quiet"];
        let mut command = Bankrun::new(&args).folder(folder.path()).command();
        let mut child = command.spawn().expect("bankrun starts");
        // The first bytes are there; the rest fits into no pipe.
        let mut out = child.stdout.take().expect("piped");
        out.read_exact(&mut [0; 10]).expect("a report");
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(200));
            send(&child, signal);
        }
        assert_eq!(ended_within(&mut child, Duration::from_secs(20)), Some(130));
    }
}
