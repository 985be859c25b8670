//! Standard output and standard error: the edge, where secrets are taken out, and
//! what a terminal or a CI server would obey. A reader that goes away (`| head`) is
//! not an error; a disk that is full is one.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use anstream::{AutoStream, ColorChoice};

use super::Exit;
use super::args::RunArgs;
use super::edge;
use crate::model::{Mask, harmless};

/// What this process never shows, and learns as it reads variables and files.
static SECRETS: RwLock<Option<Mask>> = RwLock::new(None);

/// From now on nothing that is written shows this.
pub(super) fn conceal(secret: &str) {
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    secrets.get_or_insert_default().add(secret);
}

/// What takes the secrets out that are known so far.
pub(super) fn mask() -> Mask {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    secrets.clone().unwrap_or_default()
}

/// Colours: never when told so, else as the stream, `NO_COLOR` and
/// `CLICOLOR_FORCE` have it.
pub(super) fn choose_colors(no_color: bool) {
    if no_color {
        ColorChoice::Never.write_global();
    }
}

/// Why standard output could not be written, the first time.
static FAILED: OnceLock<String> = OnceLock::new();

/// Whether an output that was asked for is not all there.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes to standard output. Returns whether anybody still reads it.
pub(super) fn print(text: &str) -> bool {
    put(&edge::tamed(&mask().apply(text)))
}

/// The same of commands for a CI server, of ours.
pub(super) fn print_commands(text: &str) -> bool {
    put(&harmless(&mask().apply(text)))
}

/// The same of JSON, which means what it meant before.
pub(super) fn print_json(text: &str) -> bool {
    put(&edge::json(&mask().apply(text)))
}

/// Writes a part of a run's report: to standard output, unless that carries the
/// summary.
pub(super) fn say(args: &RunArgs, text: &str) -> bool {
    if args.summary_on_stdout() { eprint(text) } else { print(text) }
}

/// Writes what is no text for people, as it is.
pub(super) fn print_bytes(bytes: &[u8]) -> bool {
    let mut stream = io::stdout().lock();
    noted(stream.write_all(bytes).and_then(|()| stream.flush()))
}

/// Moves to the top of the terminal, and takes away what is below.
pub(super) fn print_afresh(text: &str) -> bool {
    put(&format!("\x1b[H\x1b[J{}", edge::tamed(&mask().apply(text))))
}

/// Writes to standard error.
pub(super) fn eprint(text: &str) -> bool {
    let text = mask().apply(text).into_owned();
    write_all(&mut AutoStream::auto(io::stderr().lock()), &edge::tamed(&text)).is_ok()
}

/// The same of commands for a CI server, of ours.
pub(super) fn eprint_commands(text: &str) -> bool {
    let text = mask().apply(text).into_owned();
    write_all(&mut AutoStream::auto(io::stderr().lock()), &harmless(&text)).is_ok()
}

/// Tells on standard error that an output which was asked for is not all there.
pub(super) fn lost(message: &str) {
    LOST.store(true, Ordering::Relaxed);
    eprint(message);
}

/// What a script or a service says, as whatever shows it may show it.
pub(super) fn foreign(text: &str) -> Cow<'_, str> {
    match harmless(text) {
        Cow::Borrowed(text) => edge::tamed(text),
        Cow::Owned(text) => Cow::Owned(edge::tamed(&text).into_owned()),
    }
}

/// How the command ends where an output is not all there: nothing that went well
/// did so.
pub(super) fn with_losses(exit: Exit) -> Exit {
    let is_lost = LOST.load(Ordering::Relaxed) || FAILED.get().is_some();
    match exit {
        Exit::Passed | Exit::Inconclusive if is_lost => Exit::NotRun,
        exit => exit,
    }
}

/// The same at the very end, where it is told what became of standard output.
pub(super) fn conclude(exit: Exit) -> Exit {
    if let Some(error) = FAILED.get() {
        eprint(&format!("standard output could not be written: {error}\n"));
    }
    with_losses(exit)
}

/// Columns of the terminal that standard output is, else without end.
pub(super) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout())
        .map_or(usize::MAX, |(width, _)| usize::from(width.0))
}

/// The same of its rows.
pub(super) fn height() -> usize {
    terminal_size::terminal_size_of(io::stdout())
        .map_or(usize::MAX, |(_, height)| usize::from(height.0))
}

/// The same of standard error.
pub(super) fn stderr_width() -> usize {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(usize::MAX, |(width, _)| usize::from(width.0))
}

/// Whether colours would be shown on standard error.
pub(super) fn stderr_has_colors() -> bool {
    AutoStream::auto(io::stderr()).current_choice() != ColorChoice::Never
}

fn put(text: &str) -> bool {
    noted(write_all(&mut AutoStream::auto(io::stdout().lock()), text))
}

fn write_all(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

/// Whether somebody read it. What is no reader that went away is told in the end.
fn noted(written: io::Result<()>) -> bool {
    if let Err(error) = &written
        && !is_gone(error)
    {
        FAILED.get_or_init(|| error.to_string());
    }
    written.is_ok()
}

/// A pipe without a reader, or a terminal that was closed.
fn is_gone(error: &io::Error) -> bool {
    let is_terminal = || {
        let stdout = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
        let kind = stdout.and_then(|stdout| stdout.metadata()).map(|found| found.file_type());
        kind.is_ok_and(|kind| kind.is_char_device())
    };
    error.kind() == ErrorKind::BrokenPipe
        || (error.raw_os_error() == Some(nix::libc::EIO) && is_terminal())
}

/// Where logs go: to standard error, like everything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nobody reads it any more: not a reason to say so again.
        eprint(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
