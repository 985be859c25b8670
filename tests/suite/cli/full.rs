//! Outputs that cannot be written: full disks, pipes without a reader, folders
//! that are none. The verdict stands, and each failure is told.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Bankrun;

const RUN: [&str; 5] = ["--mode", "naive", "--race-window", "2ms", "--quiet"];

/// Every option that writes, with the file in the place of `FILE`.
const OUTPUTS: [[&str; 2]; 6] = [
    ["--history", "FILE"],
    ["--summary-export", "FILE"],
    ["--junit", "FILE"],
    ["--html", "FILE"],
    ["--out", "json=FILE"],
    ["--out", "csv=FILE"],
];

#[track_caller]
fn told(file: &str, why: &str) {
    for output in OUTPUTS {
        let output = output.map(|word| word.replace("FILE", file));
        let args = [&RUN[..], &[&output[0], &output[1]]].concat();
        let began = Instant::now();
        let ended = Bankrun::new(&args).run().code(1);
        assert!(began.elapsed() < Duration::from_secs(60), "{output:?}");
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{output:?}: {}", ended.stderr);
        assert!(lines[0].contains(file) && lines[0].contains(why), "{output:?}: {}", lines[0]);
        assert!(ended.stdout.contains("FAIL"), "{}", ended.stdout);
    }
}

#[test]
fn a_full_disk() {
    told("/dev/full", "No space left on device");
}

/// Where all went well otherwise, that is what the command ends with.
#[test]
fn an_output_that_is_not_all_there_is_no_success() {
    for output in OUTPUTS {
        let output = output.map(|word| word.replace("FILE", "/dev/full"));
        let args = ["--mode", "robust", "--quiet", &output[0], &output[1]];
        let ended = Bankrun::new(&args).run().code(4);
        assert!(ended.stdout.contains("PASS"), "{}", ended.stdout);
        assert!(ended.stderr.contains("/dev/full: No space left"), "{}", ended.stderr);
    }
}

#[test]
fn standard_output_on_a_full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (history, summary, new) = (path("h.jsonl"), path("s.json"), path("new.yaml"));
    let files = ["--history", &history, "--summary-export", &summary];
    Bankrun::new(&[&["--mode", "robust", "--quiet"][..], &files].concat()).run().code(0);
    for (args, code) in [
        (vec!["--mode", "robust", "--quiet"], 4),
        (vec!["--mode", "robust"], 4),
        (vec!["--mode", "robust", "--summary-export", "-"], 4),
        (vec!["--mode", "naive", "--race-window", "2ms", "--quiet"], 1),
        (vec!["validate", "scenarios/mix.yaml"], 4),
        (vec!["check", &history], 4),
        (vec!["compare", &summary, &summary], 4),
        (vec!["new", &new], 4),
        (vec!["schema"], 4),
        (vec!["man"], 4),
        (vec!["completions", "bash"], 4),
        (vec!["--help"], 4),
        (vec!["--version"], 4),
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let mut command = Bankrun::new(&args).command();
        let ended = command.stdout(full).output().expect("bankrun starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{args:?}: {said}");
        assert!(
            said.contains("standard output could not be written: No space left"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_pipe_that_nobody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    told(pipe.to_str().expect("a path"), "nobody reads from this pipe");
}

#[test]
fn a_pipe_that_somebody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().expect("cat starts");
    // Until it has opened it there is no reader: what is asked again is a run.
    let began = Instant::now();
    loop {
        let args = [&RUN[..], &["--summary-export", pipe.to_str().expect("a path")]].concat();
        let ended = Bankrun::new(&args).run().code(1);
        if ended.stderr.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}", ended.stderr);
    }
    let read = reader.wait_with_output().expect("it ends");
    let summary: serde_json::Value = serde_json::from_slice(&read.stdout).expect("JSON");
    assert_eq!(summary["exit_code"], 1);
}

#[test]
fn a_folder_that_is_not_there_or_takes_no_files() {
    told("/nowhere/at/all", "No such file or directory");
    let folder = tempfile::tempdir().expect("a folder");
    told(folder.path().to_str().expect("a path"), "Is a directory");
}

/// As on a disk that fills while the run goes on: files may have so many blocks
/// of 512 bytes, and no more.
fn within_blocks(
    blocks: u32,
    args: &[&str],
    folder: &std::path::Path,
) -> (Option<i32>, String, String) {
    let own = Bankrun::new(args).command();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -f {blocks} && exec \"$0\" \"$@\""));
    command.arg(own.get_program()).args(own.get_args()).current_dir(folder);
    let ended = command.stdin(Stdio::null()).output().expect("sh starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// The database is on that disk, too: its server fails thousands of requests, and
/// says so in a few lines.
#[test]
fn a_disk_that_fills_in_the_middle_of_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = "accounts: {1: 1000}\nscenarios: {a: {executor: shared-iterations, vus: 8, \
                    iterations: 2500, operations: [{deposit: 1, account: 1}]}}\n";
    std::fs::write(folder.path().join("s.yaml"), scenario).expect("written");
    let args = ["s.yaml", "--mode", "robust", "--race-window", "0", "--history", "h.jsonl"];
    // The database as it is made needs some 400; its log comes to more.
    let (code, stdout, stderr) = within_blocks(600, &args, folder.path());
    let shown = format!("{stdout}\n{stderr}");
    assert!(matches!(code, Some(1 | 4)), "{code:?} {shown}");
    assert!(stderr.contains("the history can no longer be written to h.jsonl"), "{shown}");
    let lines = stderr.lines().filter(|line| line.contains("request failed")).count();
    assert!((1..=60).contains(&lines), "{lines} lines\n{shown}");
    assert!(!stderr.contains("panicked"), "{shown}");
}
