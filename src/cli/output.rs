//! Standard output and standard error. A reader that goes away (`| head`) is
//! not an error.

use std::io::{self, Write};
use std::sync::{PoisonError, RwLock};

use anstream::{AutoStream, ColorChoice};

use super::args::RunArgs;
use crate::model::Mask;

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

/// Writes to standard output. Returns whether anybody still reads it.
pub(super) fn print(text: &str) -> bool {
    write_all(&mut AutoStream::auto(io::stdout().lock()), text)
}

/// Writes a part of a run's report: to standard output, unless that carries the
/// summary.
pub(super) fn say(args: &RunArgs, text: &str) -> bool {
    if args.summary_on_stdout() { eprint(text) } else { print(text) }
}

/// Writes what is no text for people, as it is.
pub(super) fn print_bytes(bytes: &[u8]) -> bool {
    let mut stream = io::stdout().lock();
    stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
}

/// Writes to standard error.
pub(super) fn eprint(text: &str) -> bool {
    write_all(&mut AutoStream::auto(io::stderr().lock()), text)
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

fn write_all(stream: &mut impl Write, text: &str) -> bool {
    stream.write_all(mask().apply(text).as_bytes()).and_then(|()| stream.flush()).is_ok()
}
