//! What a SIGKILL leaves is gone when the next bankrun starts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout};

use crate::support::Bankrun;

fn serve(temporary: &str) -> (Child, BufReader<ChildStdout>) {
    let args = ["serve", "--database", "sqlite", "--listen", "127.0.0.1:0"];
    let mut child =
        Bankrun::new(&args).env("TMPDIR", temporary).command().spawn().expect("bankrun");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut String::new()).expect("a line");
    (child, out)
}

fn folders(temporary: &Path) -> usize {
    std::fs::read_dir(temporary).expect("a folder").count()
}

#[test]
fn the_folder_of_sqlite_does_not_outlive_a_sigkill_for_long() {
    let temporary = tempfile::tempdir().expect("a folder");
    let name = temporary.path().to_str().expect("a path");
    for _ in 0..3 {
        let (mut child, _out) = serve(name);
        child.kill().expect("it runs");
        child.wait().expect("it is gone");
    }
    let (mut alive, _out) = serve(name);
    // Those that were killed are gone already, that of the one that lives is not.
    assert_eq!(folders(temporary.path()), 1);
    let run = ["--mode", "robust", "--quiet"];
    Bankrun::new(&run).env("TMPDIR", name).run().code(0);
    assert_eq!(folders(temporary.path()), 1);
    alive.kill().expect("it runs");
    alive.wait().expect("it is gone");
    assert_eq!(folders(temporary.path()), 1);
    Bankrun::new(&run).env("TMPDIR", name).run().code(0);
    assert_eq!(folders(temporary.path()), 0);
}
