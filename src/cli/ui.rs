//! `bankrun ui`: the page from which scenarios are run and watched.

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::UiArgs;
use super::database_url::PostgresUrl;
use super::folder::Folder;
use super::launcher::Launcher;
use super::output::{eprint, print};
use crate::engine::Stop;
use crate::report::live::Board;
use crate::web::{Web, WebOptions};

/// The folder that need not be there.
const USUAL: &str = "scenarios";

/// Shows the page until a signal ends it. A run under way is then stopped.
pub(super) async fn ui(args: UiArgs, stop: Stop) -> Exit {
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
    if let Err(error) = PostgresUrl::of_each(&args.watch_database, 0, args.target.len()) {
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
    let addr = web.addr();
    // The wildcard address is no name that a browser could open.
    let host = if addr.ip().is_unspecified() { "localhost".into() } else { addr.ip().to_string() };
    let host = if addr.is_ipv6() && host != "localhost" { format!("[{host}]") } else { host };
    print(&format!("bankrun shows its page at http://{host}:{}\n", addr.port()));
    if !addr.ip().is_loopback() {
        eprint("warning: anyone who reaches this address can start runs\n");
    }
    stop.halted().await;
    // A run under way still says how it went.
    board.idle().await;
    web.finish().await;
    Exit::Passed
}
