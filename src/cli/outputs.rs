//! `--out json` and `--out csv`: samples for programs, written while the run goes on. What fails is
//! told, and changes nothing else.

use std::io;
use std::path::{Path, PathBuf};

use super::out_spec::OutSpec;
use super::output::lost;
use super::written;
use crate::facts::Event;
use crate::report::samples::Samples;

/// The outputs of one run.
#[derive(Debug, Default)]
pub(super) struct Outputs(Vec<(PathBuf, Samples)>);

impl Outputs {
    /// Opens all of them for the run of that number, from 1.
    pub(super) fn open<'a>(specs: impl Iterator<Item = &'a OutSpec>, number: usize) -> Self {
        let open = |spec: &OutSpec| {
            let OutSpec::Samples { format, file } = spec else { return None };
            let path = numbered(file, number);
            match written::create(&path).and_then(|file| Samples::into_file(*format, file)) {
                Ok(samples) => Some((path, samples)),
                Err(error) => {
                    tell(&path, &error);
                    None
                }
            }
        };
        Self(specs.filter_map(open).collect())
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
    lost(&format!("nothing more is written to {}: {error}; the run goes on\n", path.display()));
}
