//! Files that scenarios and scripts name: what is none, what lies elsewhere, and
//! what must not be touched.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use tempfile::TempDir;

use crate::support::{Bankrun, Ended, Reply, Service, ended_within};

const WORK: &str = "accounts: {1: 0}\nscenarios: {a: {executor: shared-iterations, operations: [{deposit: 1, account: 1}]}}\n";
const SCRIPT: &str = "options = { accounts = { ['1'] = 0 } }\nfunction default() end\n";
const SECRET: &str = "name,age\nc4n4ry,1\n";

/// `in/` with a scenario and a script, and a secret beside it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("in/parts")).expect("folders");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("written");
    };
    write("secret.csv", SECRET);
    write("secret.yaml", "seed: 77\n");
    write("secret.lua", "function setup() end\n");
    write("in/s.yaml", WORK);
    write("in/s.lua", SCRIPT);
    folder
}

fn pipe(path: &Path) {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
}

/// Ends within a time that no waiting fits into, on a busy machine too.
fn soon(command: Bankrun) -> Ended {
    let mut child = command.command().spawn().expect("bankrun starts");
    let code = ended_within(&mut child, Duration::from_secs(60));
    let output = child.wait_with_output().expect("it has ended");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ended { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs and validates a scenario, or a script, that names a file.
#[track_caller]
fn refused(folder: &Path, names: &str, because: &str) {
    for (text, file, args) in [
        (format!("{names}\n{WORK}"), "s.yaml", [vec!["s.yaml"], vec!["validate", "s.yaml"]]),
        (
            format!("{names}\n{SCRIPT}"),
            "s.lua",
            [vec!["--lua", "s.lua"], vec!["validate", "--lua", "s.lua"]],
        ),
    ] {
        if names.starts_with("data.") != file.ends_with("lua") {
            continue;
        }
        fs::write(folder.join("in").join(file), text).expect("written");
        for args in args {
            let ended = soon(Bankrun::new(&args).folder(&folder.join("in"))).code(2);
            let said = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(because), "{args:?} of {names}: {}", ended.stderr);
            assert!(!said.contains("c4n4ry"), "{args:?} of {names}: {}", ended.stderr);
        }
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = folder();
    pipe(&folder.path().join("in/pipe"));
    for names in ["lua: pipe", "include: pipe", "data: {u: pipe}", "data.csv('pipe')"] {
        refused(folder.path(), names, "this is a named pipe, not a regular file");
    }
    for names in ["lua: parts", "include: parts", "data: {u: parts}", "data.json('parts')"] {
        refused(folder.path(), names, "this is a folder, not a regular file");
    }
}

#[test]
fn what_lies_outside_of_the_folder_is_refused() {
    let folder = folder();
    for (link, to) in [
        ("in/link.csv", "../secret.csv"),
        ("in/link.yaml", "../secret.yaml"),
        ("in/link.lua", "../secret.lua"),
        ("in/up", ".."),
    ] {
        symlink(to, folder.path().join(link)).expect("a link");
    }
    for names in [
        "lua: link.lua",
        "lua: ../secret.lua",
        "lua: up/secret.lua",
        "include: link.yaml",
        "include: ../secret.yaml",
        "include: up/secret.yaml",
        "include: /etc/passwd",
        "data: {u: link.csv}",
        "data: {u: ../secret.csv}",
        "data: {u: up/secret.csv}",
        "data: {u: {file: /dev/zero}}",
        "data: {u: /proc/kmsg}",
        "data.csv('link.csv')",
        "data.csv('up/secret.csv')",
    ] {
        refused(folder.path(), names, "lies outside of the folder");
    }
    refused(folder.path(), "data.csv('../secret.csv')", "leads out of the script's folder");
    // A file that is included is no way out, either.
    fs::write(folder.path().join("in/parts/part.yaml"), "data: {u: ../../secret.csv}\n")
        .expect("written");
    refused(folder.path(), "include: parts/part.yaml", "lies outside of the folder");
}

#[test]
fn what_the_user_names_may_lie_anywhere_and_be_no_endless_device() {
    let folder = folder();
    let inside = folder.path().join("in");
    for path in ["/dev/zero", "/dev/null", "/dev/tty"] {
        for args in [
            vec![path],
            vec!["validate", path],
            vec!["--lua", path],
            vec!["s.yaml", "--lua", path],
            vec!["s.yaml", "--ca-cert", path],
            vec!["check", path],
            vec!["compare", path, path],
        ] {
            let ended = soon(Bankrun::new(&args).folder(&inside)).code(2);
            let expected =
                if path == "/dev/tty" { "" } else { "this is a device, not a regular file" };
            assert!(ended.stderr.contains(expected), "{args:?}: {}", ended.stderr);
        }
    }
    symlink("../secret.yaml", inside.join("link.yaml")).expect("a link");
    fs::write(folder.path().join("secret.yaml"), WORK).expect("written");
    for file in ["link.yaml", "../secret.yaml"] {
        soon(Bankrun::new(&["validate", file]).folder(&inside)).code(0);
    }
}

#[test]
fn a_scenario_may_come_through_a_pipe() {
    let folder = folder();
    let inside = folder.path().join("in");
    fs::write(inside.join("part.yaml"), WORK).expect("written");
    for file in ["-", "/dev/stdin"] {
        let mut command = Bankrun::new(&["validate", file]).folder(&inside).command();
        let mut child = command.stdin(Stdio::piped()).spawn().expect("bankrun starts");
        let text = if file == "-" {
            "include: part.yaml\nname: told\n".to_owned()
        } else {
            format!("name: told\n{WORK}")
        };
        child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(
            shown.contains("told"),
            "{file}: {shown}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let pipe_path = inside.join("pipe");
    pipe(&pipe_path);
    let child = Bankrun::new(&["validate", "pipe"]).folder(&inside).command().spawn();
    let child = child.expect("bankrun starts");
    // Waits until the other side is open.
    fs::write(&pipe_path, format!("name: told\n{WORK}")).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stdout).contains("told"));
}

/// Nobody ever writes to it: it is waited for until a signal comes.
#[test]
fn a_signal_ends_what_waits_for_a_pipe() {
    let folder = folder();
    let inside = folder.path().join("in");
    pipe(&inside.join("pipe"));
    for args in [
        vec!["pipe"],
        vec!["--lua", "pipe"],
        vec!["s.yaml", "--lua", "pipe"],
        vec!["validate", "pipe"],
        vec!["check", "pipe"],
    ] {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let mut child =
                Bankrun::new(&args).folder(&inside).command().spawn().expect("bankrun starts");
            let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(200));
                // Gone already: that is what is wanted.
                let _ = kill(pid, signal);
            }
            let code = ended_within(&mut child, Duration::from_secs(20));
            assert!(matches!(code, None | Some(130)), "{args:?}: {code:?}");
        }
    }
}

fn handle_summary(folder: &Path, args: &[&str], file: &str) -> Ended {
    let text =
        format!("{SCRIPT}function handle_summary(s) return {{ ['{file}'] = 'written' }} end\n");
    fs::write(folder.join("s.lua"), text).expect("written");
    let all = [&["--lua", "s.lua", "--mode", "robust", "--quiet"], args].concat();
    soon(Bankrun::new(&all).folder(folder)).code(0)
}

#[test]
fn a_script_writes_nothing_where_it_could_do_harm() {
    let folder = folder();
    let inside = folder.path().join("in");
    fs::create_dir(inside.join(".git")).expect("a folder");
    for file in ["in/.git/config", "in/here.txt", "in/.bashrc"] {
        fs::write(folder.path().join(file), "precious").expect("written");
    }
    symlink("../secret.csv", inside.join("link")).expect("a link");
    symlink("../new.csv", inside.join("dangling")).expect("a link");
    symlink("..", inside.join("up")).expect("a link");
    pipe(&inside.join("pipe"));
    for more in [&[][..], &["--overwrite"]] {
        for file in [
            "link",
            "dangling",
            "up/secret.csv",
            ".git/config",
            "./.git/config",
            ".bashrc",
            "pipe",
            "../secret.csv",
        ] {
            let ended = handle_summary(&inside, more, file);
            let said = format!("handle_summary: {file} could not be written");
            assert!(ended.stderr.contains(&said), "{file}: {}", ended.stderr);
            assert!(ended.stdout.contains("PASS"), "{file}: {}", ended.stdout);
        }
    }
    let ended = handle_summary(&inside, &[], "here.txt");
    assert!(ended.stderr.contains("it was there before the run; --overwrite"), "{}", ended.stderr);
    for (file, text) in [
        ("secret.csv", SECRET),
        ("in/.git/config", "precious"),
        ("in/.bashrc", "precious"),
        ("in/here.txt", "precious"),
    ] {
        assert_eq!(fs::read_to_string(folder.path().join(file)).expect("a file"), text, "{file}");
    }
    assert!(!folder.path().join("new.csv").exists());
    assert_eq!(handle_summary(&inside, &["--overwrite"], "here.txt").stderr, "");
    assert_eq!(fs::read_to_string(inside.join("here.txt")).expect("a file"), "written");
}

#[test]
fn a_script_may_write_again_what_it_wrote_in_the_same_command() {
    let folder = folder();
    let inside = folder.path().join("in");
    assert_eq!(handle_summary(&inside, &["--repeat", "3"], "new.txt").stderr, "");
    let again = handle_summary(&inside, &[], "new.txt");
    assert!(again.stderr.contains("it was there before the run"), "{}", again.stderr);
}

#[test]
fn validate_looks_at_all_that_a_run_reads() {
    let folder = folder();
    let inside = folder.path().join("in");
    let write = |name: &str, text: &str| fs::write(inside.join(name), text).expect("written");
    write("broken.lua", "function setup()\n  local x = = 1\nend\n");
    write("idle.lua", "function play() end\n");
    write("reads.lua", "data.csv('none.csv')\nfunction setup() end\n");
    write("bad.csv", "a,b\n1\n");
    write("no.pem", "not a certificate");
    write(
        "sits.yaml",
        "accounts: {1: 0}\nlua: idle.lua\nscenarios: {a: {executor: shared-iterations, exec: jump}}\n",
    );
    for (names, said) in [
        ("lua: none.lua", "s.yaml: lua: none.lua: there is no such file"),
        ("lua: broken.lua", "broken.lua:2:"),
        ("lua: idle.lua", "there is `play`"),
        ("lua: reads.lua", "none.csv: there is no such file"),
        ("data: {u: bad.csv}", "bad.csv:2:"),
        ("include: none.yaml", "there is no such file"),
        ("thresholds: {no_metric: count>1}", "unknown metric"),
    ] {
        write("s.yaml", &format!("{names}\n{WORK}"));
        let ended = soon(Bankrun::new(&["validate", "s.yaml"]).folder(&inside)).code(2);
        assert!(ended.stderr.contains(said), "{names}: {}", ended.stderr);
    }
    for (args, said) in [
        (vec!["validate", "sits.yaml"], "there is no function `jump`"),
        (vec!["validate", "--lua", "idle.lua"], "there is no function `default`"),
        (vec!["validate", "--lua", "broken.lua"], "broken.lua:2:"),
        (vec!["validate", "sits.yaml", "--ca-cert", "no.pem"], "holds no certificate"),
    ] {
        let ended = soon(Bankrun::new(&args).folder(&inside)).code(2);
        assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
    }
    write("s.yaml", WORK);
    let ended = soon(Bankrun::new(&["validate", "--lua", "s.lua"]).folder(&inside)).code(0);
    assert!(ended.stdout.contains("default"), "{}", ended.stdout);
}

/// The whole way: nothing of a file that a script must not read is sent.
#[test]
fn nothing_that_a_script_must_not_read_reaches_a_service() {
    let folder = folder();
    let inside = folder.path().join("in");
    symlink("../secret.csv", inside.join("users.csv")).expect("a link");
    let script = "local users = data.csv('users.csv')\nfunction default() http.post('/x', users[1].name) end\n";
    fs::write(inside.join("s.lua"), script).expect("written");
    let service = Service::start(|_, _, body| {
        assert!(!String::from_utf8_lossy(body).contains("c4n4ry"));
        Reply::Json(200, "{}".into())
    });
    let args = ["--lua", "s.lua", "--target", &service.url];
    let ended = soon(Bankrun::new(&args).folder(&inside)).code(2);
    assert!(ended.stderr.contains("outside of the folder"), "{}", ended.stderr);
}
