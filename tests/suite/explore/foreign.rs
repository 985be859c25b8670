//! The services of `examples/explore`, in other languages and libraries, with what
//! their registries have. A runtime that is missing fails the test.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::support::{database, explorations};
use crate::support::Bankrun;

/// One installation at a time, and one for all tests of it.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A copy of an example, with what it needs beside it.
struct Example {
    folder: PathBuf,
    command: Vec<String>,
}

impl Example {
    fn express() -> Self {
        let install: &[&[&str]] = &[&["npm", "ci", "--no-audit", "--no-fund"]];
        Self { folder: installed("express", install), command: words("node server.js") }
    }

    fn sqlalchemy() -> Self {
        let install: &[&[&str]] = &[
            &["python3", "-m", "venv", "venv"],
            &["venv/bin/pip", "install", "--quiet", "--requirement", "requirements.txt"],
        ];
        Self { folder: installed("sqlalchemy", install), command: words("venv/bin/python app.py") }
    }

    fn diesel() -> Self {
        // Built with the tests.
        let built = Path::new(env!("CARGO_BIN_EXE_bankrun")).with_file_name("examples");
        let seats = built.join("seats");
        assert!(seats.exists(), "{} is built by `cargo test`", seats.display());
        let command = vec![seats.to_str().expect("UTF-8").to_owned()];
        Self { folder: source("diesel"), command }
    }

    /// Explores a file of it, on a port and a database of its own.
    fn explored(&self, file: &str, args: &[&str], code: i32) -> Value {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let (target, port) = (format!("http://127.0.0.1:{port}"), format!("PORT={port}"));
        let url = database();
        let given = ["explore", file, "--database", &url, "--target", &target, "--json", "-"];
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let all = [&given, args, &["--", "env", &port], &command].concat();
        let ended = Bankrun::new(&all).folder(&self.folder).run().code(code);
        let json: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let it = explorations(&json)[0].clone();
        assert_eq!(it["complete"], true, "{}", ended.stderr);
        it
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/explore").join(name)
}

/// Copies an example to where tests may write, and runs the commands there, once for
/// each state of its files.
fn installed(name: &str, commands: &[&[&str]]) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("explore-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    let mut needs = String::new();
    for entry in fs::read_dir(source(name)).expect("an example") {
        let file = entry.expect("a file").path();
        // What somebody has installed there is not what is tested.
        if !file.is_file() {
            continue;
        }
        let copy = folder.join(file.file_name().expect("a name"));
        fs::copy(&file, copy).expect("a copy");
        let is_list = [OsStr::new("package-lock.json"), OsStr::new("requirements.txt")]
            .contains(&file.file_name().expect("a name"));
        if is_list {
            needs += &fs::read_to_string(&file).expect("a list");
        }
    }
    let is_done = folder.join(".installed");
    if fs::read_to_string(&is_done).is_ok_and(|done| done == needs) {
        return folder;
    }
    for command in commands {
        let ended = Command::new(command[0]).args(&command[1..]).current_dir(&folder).output();
        let ended = ended.unwrap_or_else(|error| panic!("{command:?} is needed: {error}"));
        assert!(
            ended.status.success(),
            "{command:?}: {}{}",
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        );
    }
    fs::write(&is_done, needs).expect("a note");
    folder
}

/// For each change: whether it prevents the failure, and the SQLSTATE that clients see
/// instead.
fn cures(it: &Value) -> Vec<(bool, &str)> {
    let tried = it["what_if"].as_array().expect("changes that were tried");
    let of = |it: &'_ Value| it["prevents"].as_bool().expect("a verdict");
    let sqlstate = |it| -> &str { Value::as_str(it).unwrap_or("none") };
    tried.iter().map(|it| (of(it), sqlstate(&it["errors"]["by"][0]["sqlstate"]))).collect()
}

#[test]
fn a_bank_on_express_loses_money_unless_it_locks() {
    let express = Example::express();
    let it = express.explored("naive.yaml", &["--what-if", "all"], 1);
    assert_eq!((&it["orders"], &it["failing"]), (&24.into(), &22.into()), "{it:#}");
    assert_eq!(cures(&it), [(true, "40001"), (true, "40001"), (true, "none")], "{it:#}");
    let it = express.explored("locked.yaml", &[], 0);
    assert_eq!((&it["orders"], &it["failing"]), (&8.into(), &0.into()), "{it:#}");
    let ignored = ["$.entry", "accounts.updated_at", "entries.created_at", "entries.id"];
    assert_eq!(it["ignored"], serde_json::json!(ignored));
}

#[test]
fn a_shop_on_sqlalchemy_sells_too_much_unless_it_locks_or_tries_again() {
    let sqlalchemy = Example::sqlalchemy();
    let it = sqlalchemy.explored("naive.yaml", &["--what-if", "all"], 1);
    assert_eq!((&it["orders"], &it["failing"]), (&24.into(), &22.into()), "{it:#}");
    assert_eq!(it["failure"]["entries"], serde_json::json!(["items 1: stock"]));
    assert_eq!(cures(&it), [(true, "40001"), (true, "40001"), (true, "none")], "{it:#}");
    for (file, orders) in [("locked.yaml", 8), ("versioned.yaml", 50), ("serializable.yaml", 24)] {
        let it = sqlalchemy.explored(file, &[], 0);
        assert_eq!((&it["orders"], &it["failing"]), (&orders.into(), &0.into()), "{file}: {it:#}");
    }
}

#[test]
fn a_theatre_on_diesel_gives_a_seat_to_two_people_unless_it_asks_and_takes_at_once() {
    let diesel = Example::diesel();
    let it = diesel.explored("naive.yaml", &["--what-if", "all"], 1);
    assert_eq!((&it["orders"], &it["failing"]), (&14.into(), &12.into()), "{it:#}");
    assert_eq!(cures(&it), [(true, "40001"), (true, "40001"), (true, "none")], "{it:#}");
    let it = diesel.explored("atomic.yaml", &[], 0);
    assert_eq!((&it["orders"], &it["failing"]), (&2.into(), &0.into()), "{it:#}");
}
