use super::Exit;
use super::args::command;
use super::output::{eprint, print_bytes};

/// `bankrun man`: the manual page, in roff.
pub(super) fn man() -> Exit {
    let mut page = Vec::new();
    match clap_mangen::Man::new(command()).render(&mut page) {
        Ok(()) => {
            print_bytes(&page);
            Exit::Passed
        }
        Err(error) => {
            eprint(&format!("the manual page could not be made: {error}\n"));
            Exit::NotRun
        }
    }
}
