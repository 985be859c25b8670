//! `--web` and `--html`: who watches the runs of this command.

use std::sync::Arc;

use super::args::RunArgs;
use super::output::eprint;
use crate::report::live::Board;
use crate::web::{Web, WebOptions};

/// Nobody, a file, or a browser.
#[derive(Debug, Default)]
pub(super) struct Onlookers {
    board: Option<Arc<Board>>,
    web: Option<Web>,
}

impl Onlookers {
    /// A page that cannot be shown is told, and changes nothing else.
    pub(super) async fn of(args: &RunArgs) -> Self {
        if args.web.is_none() && args.html.is_none() {
            return Self::default();
        }
        let board = Arc::new(Board::default());
        board.set_busy(true);
        let web = match args.web {
            Some(listen) => {
                let options = WebOptions { listen, hosts: Vec::new() };
                match Web::start(options, board.clone(), None).await {
                    Ok(web) => {
                        eprint(&format!("watch it at {}\n", web.url()));
                        Some(web)
                    }
                    Err(error) => {
                        eprint(&format!("{error}; the run goes on\n"));
                        None
                    }
                }
            }
            None => None,
        };
        Self { board: Some(board), web }
    }

    pub(super) fn board(&self) -> Option<&Board> {
        self.board.as_deref()
    }

    /// All is over: whoever looks sees the end of it.
    pub(super) async fn leave(self) {
        if let Some(board) = &self.board {
            board.set_busy(false);
        }
        if let Some(web) = self.web {
            web.finish().await;
        }
    }
}
