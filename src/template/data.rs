use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use minijinja::Value;

/// Larger files are something else than the data of a scenario.
const LARGEST: u64 = 100_000_000;

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
    /// of a JSON file that holds a list. `name` is what templates call them.
    pub fn read(name: &str, path: &Path) -> Result<Self, DataError> {
        let (columns, rows) = rows(path).map_err(|Fault { line, message, hint }| {
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

type Table = (Option<Vec<Arc<str>>>, Vec<Value>);

/// The columns, where there are such, and the rows.
fn rows(path: &Path) -> Result<Table, Fault> {
    let text = text(path)?;
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let (columns, rows) = if is_json { (None, json(&text)?) } else { csv(&text)? };
    match rows.is_empty() {
        true => Err(fault("there are no rows in it", "add one, or remove the file")),
        false => Ok((columns, rows)),
    }
}

fn text(path: &Path) -> Result<String, Fault> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            fault("there is no such file", "paths are relative to the scenario file")
        }
        _ => fault(format!("it cannot be read: {error}"), "check its permissions"),
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(fault("this is a folder", "name a file inside of it"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(fault("it is larger than 100 MB", "use a part of it"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        Fault { line: Some(line), ..fault("it is not UTF-8 text", "save it as UTF-8") }
    })?;
    match text.strip_prefix('\u{feff}') {
        Some(text) => Ok(text.to_owned()),
        None => Ok(text),
    }
}

fn csv(text: &str) -> Result<Table, Fault> {
    const HINT: &str = "the first line names the columns; every line has as many fields";
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().find(|char| head.contains(*char as char));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map(csv::Position::line);
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} of {expected_len} fields")
            }
            _ => error.to_string(),
        };
        Fault { line, ..fault(message, HINT) }
    };
    let columns = reader.headers().map_err(broken)?.clone();
    for (index, column) in columns.iter().enumerate() {
        let number = index + 1;
        let message = match column {
            "" => format!("column {number} has no name"),
            _ if columns.iter().take(index).any(|other| other == column) => {
                format!("column {number} has the name of another one, `{column}`")
            }
            _ => continue,
        };
        return Err(Fault { line: Some(1), ..fault(message, HINT) });
    }
    let columns: Vec<Arc<str>> = columns.iter().map(Arc::from).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let fields = columns.iter().cloned().zip(record.iter());
        let row: BTreeMap<_, _> = fields.map(|(name, field)| (name, typed(field))).collect();
        rows.push(Value::from(row));
    }
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
    let rows: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let cause = said.split(" at line ").next().unwrap_or_default();
        Fault { line: Some(error.line() as u64), ..fault(format!("no JSON: {cause}"), HINT) }
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
        let rows = Rows::read("users", &path).map_err(|error| error.message)?;
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
        assert!(message("a.csv", "a,b\n1,2\n3\n").ends_with("a.csv:3: 1 of 2 fields"));
        assert!(message("a.csv", "a,b\n").ends_with("a.csv: there are no rows in it"));
        assert!(message("a.csv", "").ends_with("there are no rows in it"));
        assert!(message("a.csv", "a,,c\n1,2,3\n").ends_with("a.csv:1: column 2 has no name"));
        let twice = message("a.csv", "a,b,a\n1,2,3\n");
        assert!(twice.ends_with("column 3 has the name of another one, `a`"), "{twice}");
        assert!(message("a.json", "[1,\n2").contains("a.json:2: no JSON: EOF while"));
        assert!(message("a.json", "{}").ends_with("it holds no list"));
        let missing = Rows::read("users", Path::new("no/such.csv")).expect_err("missing");
        assert_eq!(missing.message, "no/such.csv: there is no such file");
        let folder = Rows::read("users", Path::new(".")).expect_err("a folder");
        assert_eq!(folder.message, ".: this is a folder");
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
