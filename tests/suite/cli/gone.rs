//! Readers and terminals that go away, or change, while a run goes on.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use serde_json::Value;

use crate::support::{Bankrun, ended_within};

/// Goes on until it is stopped, and writes down how it went.
const LONG: [&str; 7] =
    ["scenarios/mix.yaml", "--mode", "robust", "--duration", "5m", "--summary-export", "SUMMARY"];

/// A terminal that nobody holds open but those who are given it: what other tests
/// start at the same time inherits neither end.
struct Terminal {
    master: PtyMaster,
    slave: File,
}

impl Terminal {
    fn new() -> Self {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it can be opened");
        let name = ptsname_r(&master).expect("it has a name");
        let mut other = OpenOptions::new();
        other.read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits());
        let slave = other.open(name).expect("its other end");
        let terminal = Self { master, slave };
        terminal.resize("80");
        terminal
    }

    fn end(&self) -> Stdio {
        Stdio::from(self.slave.try_clone().expect("a terminal"))
    }

    fn resize(&self, columns: &str) {
        let size = ["rows", "24", "cols", columns];
        let status = Command::new("stty").args(size).stdin(self.end()).status();
        assert!(status.expect("stty starts").success());
    }
}

/// Reads until that was shown; all that was.
fn read_until(master: &mut PtyMaster, wanted: &str) -> String {
    let (mut shown, mut room) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&shown).contains(wanted) {
        let read = master.read(&mut room).expect("it is still there");
        assert!(read > 0, "{}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&room[..read]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

fn rest_of(master: &mut PtyMaster) -> String {
    let (mut shown, mut room) = (Vec::new(), [0; 4096]);
    // Reading fails when the other end is closed.
    while let Ok(read @ 1..) = master.read(&mut room) {
        shown.extend_from_slice(&room[..read]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn nobody_reads_anything_and_the_verdict_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--mode", "naive", "--race-window", "2ms", "--summary-export", "s.json"];
    let mut child =
        Bankrun::new(&args).folder(folder.path()).command().spawn().expect("bankrun starts");
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(ended_within(&mut child, Duration::from_secs(60)), Some(1));
    let text = std::fs::read_to_string(folder.path().join("s.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(summary["exit_code"], 1, "{text}");
}

#[test]
fn head_takes_one_line_and_the_exit_code_stays() {
    let own = Bankrun::new(&["--mode", "naive", "--race-window", "2ms"]).command();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg("{ \"$0\" \"$@\"; echo \"code $?\" >&2; } | head -1");
    shell.arg(own.get_program()).args(own.get_args()).stdin(Stdio::null());
    let ended = shell.output().expect("a shell");
    let (out, err) =
        (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(out.starts_with("target ") && out.lines().count() == 1, "{out}");
    assert!(err.trim_end().ends_with("code 1"), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}

/// The terminal that it was started from is closed: SIGHUP, and nobody to write
/// to.
#[test]
fn a_terminal_that_is_closed_ends_the_run_and_what_was_done_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("s.json").display().to_string();
    let args = LONG.map(|word| if word == "SUMMARY" { &summary } else { word });
    let own = Bankrun::new(&args).command();
    let terminal = Terminal::new();
    // In a session of its own, whose terminal this is; also where whoever runs the
    // tests ignores SIGHUP, as `nohup` does.
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", "setsid", "--ctty"]);
    command.arg(own.get_program()).args(own.get_args());
    command
        .stdin(terminal.end())
        .stdout(terminal.end())
        .stderr(terminal.end())
        .env("TERM", "xterm");
    let mut child = command.spawn().expect("setsid starts");
    drop(command);
    drop(terminal.slave);
    let mut master = terminal.master;
    read_until(&mut master, " 50/50 VUs");
    drop(master);
    assert_eq!(ended_within(&mut child, Duration::from_secs(60)), Some(130));
    let text = std::fs::read_to_string(&summary).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(summary["exit_code"], 130, "{text}");
    assert_eq!(summary["runs"][0]["interrupted"], true, "{text}");
}

/// Without being its own: nobody is told, and every write fails.
#[test]
fn a_terminal_that_is_gone_does_not_end_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = Terminal::new();
    let args = ["--mode", "naive", "--race-window", "20ms", "--summary-export", "s.json"];
    let mut command = Bankrun::new(&args).folder(folder.path()).command();
    command.stdout(terminal.end()).stderr(terminal.end()).env("TERM", "xterm");
    let mut child = command.spawn().expect("bankrun starts");
    drop(command);
    drop(terminal.slave);
    let mut master = terminal.master;
    read_until(&mut master, "target ");
    drop(master);
    assert_eq!(ended_within(&mut child, Duration::from_secs(60)), Some(1));
    let text = std::fs::read_to_string(folder.path().join("s.json")).expect("a summary");
    assert!(text.contains("\"exit_code\": 1"), "{text}");
}

#[test]
fn a_terminal_may_change_its_size() {
    let terminal = Terminal::new();
    let args = ["--mode", "robust", "--race-window", "20ms"];
    let mut command = Bankrun::new(&args).command();
    command.stdout(terminal.end()).stderr(terminal.end()).env("TERM", "xterm");
    let mut child = command.spawn().expect("bankrun starts");
    drop(command);
    let mut terminal = terminal;
    let mut shown = read_until(&mut terminal.master, " errors");
    for columns in ["40", "7", "1", "200", "0", "60"] {
        terminal.resize(columns);
        std::thread::sleep(Duration::from_millis(150));
    }
    let Terminal { mut master, slave } = terminal;
    drop(slave);
    shown += &rest_of(&mut master);
    let code = ended_within(&mut child, Duration::from_secs(60));
    let plain = anstream::adapter::strip_str(&shown).to_string().replace('\r', "");
    assert_eq!(code, Some(0), "{plain}");
    assert!(!plain.contains("panicked"), "{plain}");
    // The report is as wide as the terminal was in the end.
    let report = plain.split("\nscenario").nth(1).expect("a report");
    assert!(
        report.lines().all(|line| line.starts_with("again") || line.chars().count() <= 60),
        "{report}"
    );
    assert!(report.contains("PASS"), "{report}");
}
