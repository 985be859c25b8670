//! Blocks of bytes that are written once and read in order: in memory, or in a
//! file that goes away with them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a block is.
#[derive(Clone, Debug)]
enum Place {
    Memory(Vec<u8>),
    File { from: u64, length: usize },
}

#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    places: Vec<Place>,
    file: Option<Arc<Mutex<Backing>>>,
    /// The file takes no more.
    full: bool,
}

#[derive(Debug)]
struct Backing {
    file: File,
    length: u64,
    /// Why a block could not be read again, the first time.
    trouble: Option<String>,
}

/// A block to read.
#[derive(Clone, Debug)]
pub(super) enum Block<'a> {
    Lent(&'a [u8]),
    Read(Arc<[u8]>),
}

impl Blocks {
    /// From here on blocks go to `file`, as long as it takes them.
    pub(super) fn go_to(&mut self, file: File) {
        let backing = Backing { file, length: 0, trouble: None };
        self.file = Some(Arc::new(Mutex::new(backing)));
    }

    pub(super) fn push(&mut self, block: Vec<u8>) {
        let written = match self.file.as_ref().filter(|_| !self.full) {
            None => None,
            Some(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let written = file.write(&block);
                // What is in the file already stays there.
                self.full = written.is_err();
                written.ok()
            }
        };
        self.places.push(match written {
            Some(from) => Place::File { from, length: block.len() },
            None => Place::Memory(block),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// `None`: there is none with this number, or it cannot be read.
    pub(super) fn get(&self, number: usize) -> Option<Block<'_>> {
        match (self.places.get(number)?, &self.file) {
            (Place::Memory(block), _) => Some(Block::Lent(block)),
            (Place::File { from, length }, Some(file)) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.read(*from, *length).map(Block::Read)
            }
            (Place::File { .. }, None) => None,
        }
    }

    /// Why a block could not be read.
    pub(super) fn trouble(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        file.lock().unwrap_or_else(PoisonError::into_inner).trouble.clone()
    }

    #[cfg(test)]
    pub(super) fn in_memory(&self) -> usize {
        let length = |place: &Place| match place {
            Place::Memory(block) => block.len(),
            Place::File { .. } => 0,
        };
        self.places.iter().map(length).sum()
    }
}

impl Backing {
    fn write(&mut self, block: &[u8]) -> io::Result<u64> {
        let from = self.length;
        self.file.seek(SeekFrom::Start(from))?;
        self.file.write_all(block)?;
        self.length += block.len() as u64;
        Ok(from)
    }

    fn read(&mut self, from: u64, length: usize) -> Option<Arc<[u8]>> {
        let mut block = vec![0; length];
        let found = self.file.seek(SeekFrom::Start(from));
        match found.and_then(|_| self.file.read_exact(&mut block)) {
            Ok(()) => Some(block.into()),
            Err(error) => {
                self.trouble.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }
}

impl Deref for Block<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(block) => block,
            Self::Read(block) => block,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(blocks: &Blocks) -> Vec<Option<Vec<u8>>> {
        (0..3).map(|number| Some(blocks.get(number)?.to_vec())).collect()
    }

    #[test]
    fn a_file_holds_what_memory_need_not() {
        let mut blocks = Blocks::default();
        blocks.push(vec![1; 10]);
        blocks.go_to(tempfile::tempfile().expect("a file"));
        blocks.push(vec![2; 20]);
        blocks.push(vec![3; 30]);
        assert_eq!(read(&blocks), [Some(vec![1; 10]), Some(vec![2; 20]), Some(vec![3; 30])]);
        assert_eq!((blocks.in_memory(), blocks.trouble()), (10, None));
    }

    #[test]
    fn what_a_file_does_not_take_stays_in_memory() {
        let mut blocks = Blocks::default();
        blocks.go_to(File::open("Cargo.toml").expect("a file to read only"));
        (1..=3).for_each(|byte| blocks.push(vec![byte; 10]));
        assert_eq!(read(&blocks), [Some(vec![1; 10]), Some(vec![2; 10]), Some(vec![3; 10])]);
        assert_eq!((blocks.in_memory(), blocks.trouble()), (30, None));
    }

    #[test]
    fn what_cannot_be_read_again_is_told() {
        let file = tempfile::tempfile().expect("a file");
        let mut blocks = Blocks::default();
        blocks.go_to(file.try_clone().expect("another hand on it"));
        blocks.push(vec![1; 10]);
        file.set_len(5).expect("a shorter file");
        assert!(blocks.get(0).is_none());
        assert!(blocks.trouble().is_some());
    }
}
