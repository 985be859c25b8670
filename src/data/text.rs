use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// Files larger than this do not fit beside a load test.
const LARGEST: u64 = 100_000_000;

/// Why the text of a data file cannot be had.
#[derive(Debug, Error)]
pub enum TextError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("this is no file")]
    NoFile,
    #[error("the file is larger than {} MB", LARGEST / 1_000_000)]
    TooLarge,
    #[error("the file is not UTF-8 text (line {line})")]
    NotText { line: u64 },
}

/// The whole file, without the mark that some programs put before the text.
pub fn text(path: &Path) -> Result<String, TextError> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(TextError::NoFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(TextError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        TextError::NotText { line }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
