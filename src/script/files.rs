//! Data files of a script: each is read once, and shared by all states.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::data::{self, Csv, Table};
use crate::files::Root;

/// All of them together, each counted as often as it is understood differently.
const LARGEST_TOGETHER: u64 = 250_000_000;

#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    root: Root,
    read: Mutex<Shelf>,
}

/// What was read already.
#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<(PathBuf, Format), Arc<Data>>,
    bytes: u64,
}

/// How a file is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    Json,
    Csv(Csv),
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Data {
    Table(Table),
    List(Vec<Json>),
    /// JSON that is no list.
    Value(Json),
}

impl Files {
    /// Files of this folder, and of those below it.
    pub(super) fn new(folder: PathBuf) -> Self {
        let root = Root::new(&folder);
        Self { folder, root, read: Mutex::default() }
    }

    /// The error names file and line.
    pub(super) fn read(&self, path: &str, format: Format) -> Result<Arc<Data>, String> {
        let inside = inside(path)?;
        let key = (inside, format);
        let mut shelf = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = shelf.files.get(&key) {
            return Ok(data.clone());
        }
        let text = data::text(&self.root, &self.folder.join(&key.0));
        let text = text.map_err(|error| format!("{path}: {error}"))?;
        let bytes = shelf.bytes + text.len() as u64;
        if bytes > LARGEST_TOGETHER {
            let limit = LARGEST_TOGETHER / 1_000_000;
            return Err(format!("{path}: with it the data files are larger than {limit} MB"));
        }
        let data = match format {
            Format::Json => data::json(&text).map(Data::of),
            Format::Csv(csv) => csv.read(&text).map(Data::Table),
        };
        let data = data.map_err(|trouble| {
            let hint = trouble.hint.map_or_else(String::new, |hint| format!("; {hint}"));
            format!("{path}:{}: {}{hint}", trouble.line, trouble.cause)
        })?;
        let data = Arc::new(data);
        shelf.bytes = bytes;
        shelf.files.insert(key, data.clone());
        Ok(data)
    }
}

/// A path that stays in the folder it begins in.
pub(super) fn inside(path: &str) -> Result<PathBuf, String> {
    let mut inside = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(part) => inside.push(part),
            Component::CurDir => {}
            _ => {
                return Err(format!(
                    "`{path}` leads out of the script's folder; a script reads only files in it and below"
                ));
            }
        }
    }
    match inside.as_os_str().is_empty() {
        true => Err(format!("`{path}` names no file")),
        false => Ok(inside),
    }
}

impl Data {
    fn of(json: Json) -> Self {
        match json {
            Json::Array(items) => Self::List(items),
            value => Self::Value(value),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.rows.len(),
            Self::List(items) => items.len(),
            Self::Value(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Format = Format::Csv(Csv { delimiter: Some(b','), header: true, trim: false });

    #[test]
    fn files_stay_in_the_folder() {
        for (path, inside_is) in [("a.csv", "a.csv"), ("./a/b.csv", "a/b.csv")] {
            assert_eq!(inside(path), Ok(inside_is.into()));
        }
        for path in ["/etc/passwd", "../a.csv", "a/../../b.csv", "a/.."] {
            assert!(inside(path).expect_err(path).contains("leads out"), "{path}");
        }
        assert!(inside("").expect_err("empty").contains("names no file"));
    }

    #[test]
    fn a_file_is_read_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "name;age\nada;36\n\"b;c\";7\n").expect("a file");
        let files = Files::new(folder.path().to_owned());
        let format = Format::Csv(Csv { delimiter: Some(b';'), header: true, trim: false });
        let first = files.read("a.csv", format).expect("rows");
        std::fs::remove_file(&path).expect("gone");
        let second = files.read("./a.csv", format).expect("rows");
        assert!(Arc::ptr_eq(&first, &second));
        let Data::Table(Table { columns: Some(columns), rows }) = &*first else {
            panic!("no rows")
        };
        assert_eq!((columns.join(" ").as_str(), &rows[1][0], first.len()), ("name age", "b;c", 2));
    }

    #[test]
    fn errors_name_file_and_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(folder.path().to_owned());
        let read = |text: &str, format| {
            std::fs::write(folder.path().join("x"), text).expect("a file");
            files.read("x", format).expect_err(text)
        };
        assert_eq!(read("a,b\n1,2\n3\n", CSV), "x:3: this row has 1 fields, the others have 2");
        assert_eq!(read("a,a\n", CSV), "x:1: two columns are called `a`");
        assert_eq!(read("[1,\n2,,]", Format::Json), "x:2: expected value");
        assert_eq!(files.read("y", CSV).expect_err("none"), "y: there is no such file");
    }
}
