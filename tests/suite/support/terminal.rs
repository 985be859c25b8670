use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use super::{Bankrun, Ended};

impl Bankrun {
    /// Runs it with its standard output on a terminal of so many columns.
    pub fn on_terminal(self, columns: u16) -> Ended {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let terminal = openpty(Some(&size), None).expect("a terminal");
        let mut command = self.command();
        command.env("TERM", "xterm").stdout(Stdio::from(terminal.slave));
        let child = command.spawn().expect("bankrun starts");
        // It holds the other end, and would keep it open.
        drop(command);
        let mut shown = Vec::new();
        // Reading fails when the other end is closed; what came before is there.
        let _ = File::from(terminal.master).read_to_end(&mut shown);
        let ended = child.wait_with_output().expect("it ends");
        Ended {
            code: ended.status.code(),
            stdout: String::from_utf8(shown).expect("text").replace("\r\n", "\n"),
            stderr: String::from_utf8(ended.stderr).expect("text"),
        }
    }
}
