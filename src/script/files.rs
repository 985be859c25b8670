//! Data files of a script: each is read once, and shared by all states.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::engine::plain;

/// Files larger than this do not fit beside a load test.
const LARGEST: u64 = 64 * 1024 * 1024;
/// All of them together, each counted as often as it is understood differently.
const LARGEST_TOGETHER: u64 = 256 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
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
    Csv { delimiter: u8, header: bool },
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Data {
    Csv {
        /// The header, where there is one.
        columns: Option<Vec<String>>,
        rows: Vec<csv::StringRecord>,
    },
    List(Vec<Json>),
    /// JSON that is no list.
    Value(Json),
}

impl Files {
    /// Files of this folder, and of those below it.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// The error names file and line.
    pub(super) fn read(&self, path: &str, format: Format) -> Result<Arc<Data>, String> {
        let inside = inside(path)?;
        let key = (inside, format);
        let mut shelf = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = shelf.files.get(&key) {
            return Ok(data.clone());
        }
        let text = text(&self.folder.join(&key.0)).map_err(|cause| format!("{path}: {cause}"))?;
        let bytes = shelf.bytes + text.len() as u64;
        if bytes > LARGEST_TOGETHER {
            let limit = LARGEST_TOGETHER >> 20;
            return Err(format!("{path}: with it the data files are larger than {limit} MiB"));
        }
        let data = match format {
            Format::Json => json(&text),
            Format::Csv { delimiter, header } => csv(&text, delimiter, header),
        };
        let data = Arc::new(data.map_err(|(line, cause)| format!("{path}:{line}: {cause}"))?);
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

fn text(path: &Path) -> Result<String, String> {
    let data = std::fs::metadata(path).map_err(|error| plain(&error))?;
    if !data.is_file() {
        return Err("this is no file".into());
    }
    if data.len() > LARGEST {
        return Err(format!("this is larger than {} MiB", LARGEST >> 20));
    }
    let text = std::fs::read(path).map_err(|error| plain(&error))?;
    let text = String::from_utf8(text).map_err(|_| "the file is not UTF-8 text".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn json(text: &str) -> Result<Data, (u64, String)> {
    match serde_json::from_str(text) {
        Ok(Json::Array(items)) => Ok(Data::List(items)),
        Ok(value) => Ok(Data::Value(value)),
        Err(error) => {
            let cause = error.to_string();
            let end = cause.rfind(" at line ").unwrap_or(cause.len());
            Err((error.line() as u64, cause[..end].to_owned()))
        }
    }
}

fn csv(text: &str, delimiter: u8, header: bool) -> Result<Data, (u64, String)> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(header)
        .from_reader(text.as_bytes());
    let columns = match header {
        true => Some(columns(reader.headers().map_err(|error| trouble(&error))?)?),
        false => None,
    };
    let rows = reader.records().map(|row| row.map_err(|error| trouble(&error)));
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(Data::Csv { columns, rows })
}

fn columns(header: &csv::StringRecord) -> Result<Vec<String>, (u64, String)> {
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for column in header {
        let column = column.trim().to_owned();
        if columns.contains(&column) {
            return Err((1, format!("two columns are called `{column}`")));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn trouble(error: &csv::Error) -> (u64, String) {
    let line = error.position().map_or(1, csv::Position::line);
    let cause = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this row has {len} fields, the others have {expected_len}")
        }
        _ => error.to_string(),
    };
    (line, cause)
}

impl Data {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Csv { rows, .. } => rows.len(),
            Self::List(items) => items.len(),
            Self::Value(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Format = Format::Csv { delimiter: b',', header: true };

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
        let format = Format::Csv { delimiter: b';', header: true };
        let first = files.read("a.csv", format).expect("rows");
        std::fs::remove_file(&path).expect("gone");
        let second = files.read("./a.csv", format).expect("rows");
        assert!(Arc::ptr_eq(&first, &second));
        let Data::Csv { columns: Some(columns), rows } = &*first else { panic!("no rows") };
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
        assert_eq!(files.read("y", CSV).expect_err("none"), "y: no such file or directory");
    }
}
