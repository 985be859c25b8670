//! `bankrun ui`: the page from which scenarios are run and watched.

use std::path::Path;
use std::sync::Arc;

use super::args::{RunArgs, UiArgs};
use super::folder::Folder;
use super::launcher::Launcher;
use super::output::{eprint, print};
use super::{Exit, destination};
use crate::engine::Stop;
use crate::report::live::Board;
use crate::web::{Web, WebOptions};

/// The folder that need not be there.
const USUAL: &str = "scenarios";

/// Shows the page until a signal ends it. A run under way is then stopped.
pub(super) async fn ui(mut args: UiArgs, stop: Stop) -> Exit {
    let folder = match Folder::open(&args.folder) {
        Ok(folder) => Some(folder),
        Err(_) if args.folder == Path::new(USUAL) => {
            eprint("there is no folder `scenarios` here: the page offers the set in the binary\n");
            None
        }
        Err(error) => {
            let folder = args.folder.display();
            eprint(&format!("{folder}: {error}; name the folder with your scenarios\n"));
            return Exit::Usage;
        }
    };
    let environment = RunArgs::of_environment().map(|_| ());
    if let Err(error) = environment.and_then(|()| destination::complete(&mut args)) {
        eprint(&format!("{error}\n"));
        return Exit::Usage;
    }
    let options = WebOptions { listen: args.listen, hosts: args.allow_host.clone() };
    let board = Arc::new(Board::default());
    let launcher = Arc::new(Launcher::new(folder, args, board.clone(), stop.clone()));
    let web = match Web::start(options, board.clone(), Some(launcher)).await {
        Ok(web) => web,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::NotRun;
        }
    };
    print(&format!("bankrun shows its page at {}\n", web.url()));
    if !web.addr().ip().is_loopback() {
        eprint("warning: anyone who reaches this address can start runs\n");
    }
    stop.halted().await;
    // A run under way still says how it went.
    board.idle().await;
    web.finish().await;
    Exit::Passed
}
