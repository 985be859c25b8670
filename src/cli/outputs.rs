//! `--out`: samples for programs, written while the run goes on. What fails is
//! told, and changes nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::output::eprint;
use crate::facts::Event;
use crate::report::samples::{SampleFormat, Samples};

/// `json=samples.jsonl`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutSpec {
    format: SampleFormat,
    file: PathBuf,
}

/// The outputs of one run.
#[derive(Debug, Default)]
pub(super) struct Outputs(Vec<(PathBuf, Samples)>);

impl Outputs {
    /// Opens all of them for the run of that number, from 1.
    pub(super) fn open(specs: &[OutSpec], number: usize) -> Self {
        let open = |spec: &OutSpec| {
            let path = numbered(&spec.file, number);
            match Samples::create(spec.format, &path) {
                Ok(samples) => Some((path, samples)),
                Err(error) => {
                    tell(&path, &error);
                    None
                }
            }
        };
        Self(specs.iter().filter_map(open).collect())
    }

    pub(super) fn take(&mut self, event: &Event) {
        self.each(|samples| samples.take(event));
    }

    pub(super) fn flush(&mut self) {
        self.each(Samples::flush);
    }

    /// Does it with each, without those that fail from now on.
    fn each(&mut self, mut act: impl FnMut(&mut Samples) -> io::Result<()>) {
        self.0.retain_mut(|(path, samples)| {
            act(samples).inspect_err(|error| tell(path, error)).is_ok()
        });
    }
}

/// Further runs go to `FILE.2`, `FILE.3`, ...
pub(super) fn numbered(file: &Path, number: usize) -> PathBuf {
    let mut path = file.to_owned();
    if number > 1 {
        path.as_mut_os_string().push(format!(".{number}"));
    }
    path
}

fn tell(path: &Path, error: &io::Error) {
    eprint(&format!("nothing more is written to {}: {error}; the run goes on\n", path.display()));
}

impl FromStr for OutSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((format, file)) if !file.is_empty() => {
                Ok(Self { format: format.parse()?, file: file.into() })
            }
            _ => Err("expected json=FILE or csv=FILE".to_owned()),
        }
    }
}
