//! `bankrun new`: something to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use super::Exit;
use super::args::NewArgs;
use super::explore;
use super::output::{eprint, print};
use crate::scenario::template;

/// Writes the file; never over another one.
pub(super) fn new(args: &NewArgs) -> Exit {
    let file = args.file.display();
    let lua = args.lua || args.file.extension().is_some_and(|ending| ending == "lua");
    let (text, command, rest) = match (args.explore, lua) {
        (true, _) => (explore::TEMPLATE, "bankrun explore", " --database postgres://..."),
        (false, true) => (template::SCRIPT, "bankrun --lua", ""),
        (false, false) => (template::SCENARIO, "bankrun", ""),
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.file)
        .and_then(|mut opened| opened.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            print(&format!("{file} is written; run it with: {command} {file}{rest}\n"));
            Exit::Passed
        }
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::AlreadyExists => "it exists already and is left alone".to_owned(),
                ErrorKind::NotFound => "there is no such folder".to_owned(),
                _ => error.to_string(),
            };
            eprint(&format!("{file} is not written: {why}\n"));
            Exit::Usage
        }
    }
}
