use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minijinja::Value;

use crate::data::{self, Csv, Trouble};
use crate::files::{FileError, Root};

/// The rows of a data file. One of them belongs to each iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    name: Arc<str>,
    /// Of a CSV file; the rows of others may differ.
    columns: Option<Arc<[Arc<str>]>>,
    rows: Arc<[Value]>,
}

/// Why a data file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    pub message: String,
    pub hint: &'static str,
}

impl Rows {
    /// The rows of a CSV file (`;` or tabs where the first line has no comma) or
    /// of a JSON file that holds a list. `name` is what templates call them; the
    /// file lies below `root`.
    pub fn read(name: &str, root: &Root, path: &Path) -> Result<Self, DataError> {
        let (columns, rows) = rows(root, path).map_err(|Fault { line, message, hint }| {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            DataError { message: format!("{}{line}: {message}", path.display()), hint }
        })?;
        Ok(Self { name: name.into(), columns: columns.map(Arc::from), rows: rows.into() })
    }

    /// The names that every row has. `None`: that depends on the row.
    pub fn columns(&self) -> Option<&[Arc<str>]> {
        self.columns.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same rows in another order, which depends on `random` alone.
    pub fn shuffled(&self, mut random: fastrand::Rng) -> Self {
        let mut rows = self.rows.to_vec();
        random.shuffle(&mut rows);
        Self { rows: rows.into(), ..self.clone() }
    }

    /// The row of iteration `number`; after the last one it begins again.
    pub(super) fn of(&self, number: u64) -> Value {
        let index = number % self.rows.len().max(1) as u64;
        self.rows.get(index as usize).cloned().unwrap_or_default()
    }

    /// The whole list.
    pub(super) fn all(&self) -> Value {
        Value::from(self.rows.to_vec())
    }
}

/// What is wrong, and in which line, where it is one.
struct Fault {
    line: Option<u64>,
    message: String,
    hint: &'static str,
}

type Named = (Option<Vec<Arc<str>>>, Vec<Value>);

/// The columns, where there are such, and the rows.
fn rows(root: &Root, path: &Path) -> Result<Named, Fault> {
    let text = data::text(root, path).map_err(unreadable)?;
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let (columns, rows) = if is_json { (None, json(&text)?) } else { csv(&text)? };
    match rows.is_empty() {
        true => Err(fault("there are no rows in it", "add one, or remove the file")),
        false => Ok((columns, rows)),
    }
}

fn unreadable(error: FileError) -> Fault {
    match error {
        FileError::NotText { line } => {
            Fault { line: Some(line), ..fault("it is not UTF-8 text", error.hint()) }
        }
        error => fault(error.to_string(), error.hint()),
    }
}

fn csv(text: &str) -> Result<Named, Fault> {
    const HINT: &str = "the first line names the columns; every line has as many fields";
    let broken = |Trouble { line, cause, hint }: Trouble| Fault {
        line: Some(line),
        ..fault(cause, hint.unwrap_or(HINT))
    };
    let table = Csv { delimiter: None, header: true, trim: true }.read(text).map_err(broken)?;
    let columns: Vec<Arc<str>> =
        table.columns.unwrap_or_default().iter().map(|column| column.as_str().into()).collect();
    if let Some(index) = columns.iter().position(|column| column.is_empty()) {
        let message = format!("column {} has no name", index + 1);
        return Err(Fault { line: Some(1), ..fault(message, HINT) });
    }
    let row = |row: &csv::StringRecord| {
        let fields = columns.iter().cloned().zip(row.iter().map(typed));
        Value::from(fields.collect::<BTreeMap<_, _>>())
    };
    let rows = table.rows.iter().map(row).collect();
    Ok((Some(columns), rows))
}

/// What is written as a whole number is one; `007` is a text.
fn typed(field: &str) -> Value {
    match field.parse::<i64>() {
        Ok(number) if number.to_string() == field => Value::from(number),
        _ => Value::from(field),
    }
}

fn json(text: &str) -> Result<Vec<Value>, Fault> {
    const HINT: &str = "a list of rows, as in [{\"name\": \"ann\", \"seat\": 4}]";
    let rows = data::json(text).map_err(|trouble| Fault {
        line: Some(trouble.line),
        ..fault(format!("no JSON: {}", trouble.cause), HINT)
    })?;
    match rows {
        serde_json::Value::Array(rows) => Ok(rows.into_iter().map(super::from_json).collect()),
        _ => Err(fault("it holds no list", HINT)),
    }
}

fn fault(message: impl Into<String>, hint: &'static str) -> Fault {
    Fault { line: None, message: message.into(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let root = Root::new(folder.path());
        let rows = Rows::read("users", &root, &path).map_err(|error| error.message)?;
        Ok((0..rows.len() as u64).map(|number| rows.of(number).to_string()).collect())
    }

    #[test]
    fn rows_by_column() {
        let expected = ["{'name': 'ann', 'seat': 4}", "{'name': 'b, o', 'seat': '007'}"];
        assert_eq!(read("a.csv", "name,seat\nann,4\n\"b, o\",007\n").expect("rows"), expected);
        assert_eq!(read("a.csv", "name;seat\r\nann; 4\r\nb, o;007\r\n").expect("rows"), expected);
        let json = r#"[{"name":"ann","seat":4},{"name":"b, o","seat":"007"}]"#;
        assert_eq!(read("a.json", json).expect("rows"), expected);
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let message = |name, text| read(name, text).expect_err("refused");
        assert!(
            message("a.csv", "a,b\n1,2\n3\n")
                .ends_with("a.csv:3: this row has 1 fields, the others have 2")
        );
        assert!(message("a.csv", "a,b\n").ends_with("a.csv: there are no rows in it"));
        assert!(message("a.csv", "").ends_with("there are no rows in it"));
        assert!(message("a.csv", "a,,c\n1,2,3\n").ends_with("a.csv:1: column 2 has no name"));
        let twice = message("a.csv", "a,b,a\n1,2,3\n");
        assert!(twice.ends_with("a.csv:1: two columns are called `a`"), "{twice}");
        let open = message("a.csv", "a,b\n1,\"x\n2,y\n");
        assert!(open.ends_with("a.csv:2: a quote is opened here and never closed"), "{open}");
        let inside = message("a.csv", "a,b\n1,5\" pipe\n");
        assert!(inside.contains("a.csv:2: there is a quote within a field"), "{inside}");
        assert!(message("a.json", "[1,\n2").contains("a.json:2: no JSON: EOF while"));
        assert!(message("a.json", "{}").ends_with("it holds no list"));
        let missing =
            Rows::read("users", &Root::new(""), Path::new("no/such.csv")).expect_err("missing");
        assert_eq!(missing.message, "no/such.csv: there is no such file");
        let folder = Rows::read("users", &Root::new(""), Path::new("src")).expect_err("a folder");
        assert_eq!(folder.message, "src: this is a folder, not a regular file");
    }

    #[test]
    fn rows_begin_again_and_are_shuffled_by_the_seed_alone() {
        let rows =
            Rows { name: "n".into(), columns: None, rows: (0..10).map(Value::from).collect() };
        assert_eq!(rows.of(12).as_i64(), Some(2));
        let shuffled = rows.shuffled(fastrand::Rng::with_seed(1));
        assert_eq!(shuffled, rows.shuffled(fastrand::Rng::with_seed(1)));
        assert_ne!(shuffled, rows);
    }
}
