use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minijinja::Value;

use crate::data::{self, Csv, TextError};

/// The rows of a data file. One of them belongs to each iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    name: Arc<str>,
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
        let text = text(path)?;
        let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let rows = if is_json { json(&text)? } else { csv(&text)? };
        if rows.is_empty() {
            return Err(refusal("there are no rows in it".into(), "add one, or remove the file"));
        }
        Ok(Self { name: name.into(), rows: rows.into() })
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
        Self { name: self.name.clone(), rows: rows.into() }
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

fn text(path: &Path) -> Result<String, DataError> {
    data::text(path).map_err(|error| match error {
        TextError::TooLarge => refusal(error.to_string(), "use a part of it"),
        TextError::NotText => refusal(error.to_string(), "save it as UTF-8"),
        TextError::Io(_) | TextError::NoFile => {
            let hint = "paths are relative to the scenario file";
            refusal(format!("{} cannot be read: {error}", path.display()), hint)
        }
    })
}

fn csv(text: &str) -> Result<Vec<Value>, DataError> {
    const HINT: &str = "the first line names the columns; every line has as many fields";
    let table = Csv { delimiter: None, header: true, trim: true }.read(text);
    let table = table.map_err(|trouble| refusal(trouble.to_string(), HINT))?;
    let columns = table.columns.unwrap_or_default();
    if let Some(index) = columns.iter().position(String::is_empty) {
        return Err(refusal(format!("column {} has no name", index + 1), HINT));
    }
    let row = |row: &csv::StringRecord| {
        let fields = columns.iter().map(String::as_str).zip(row.iter().map(typed));
        Value::from(fields.collect::<BTreeMap<_, _>>())
    };
    Ok(table.rows.iter().map(row).collect())
}

/// What is written as a whole number is one; `007` is a text.
fn typed(field: &str) -> Value {
    match field.parse::<i64>() {
        Ok(number) if number.to_string() == field => Value::from(number),
        _ => Value::from(field),
    }
}

fn json(text: &str) -> Result<Vec<Value>, DataError> {
    let hint = "a list of rows, as in [{\"name\": \"ann\", \"seat\": 4}]";
    let rows =
        data::json(text).map_err(|trouble| refusal(format!("it is not JSON: {trouble}"), hint))?;
    match rows {
        serde_json::Value::Array(rows) => Ok(rows.into_iter().map(super::from_json).collect()),
        _ => Err(refusal("it holds no list".into(), hint)),
    }
}

fn refusal(message: String, hint: &'static str) -> DataError {
    DataError { message, hint }
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
    fn what_is_wrong_is_said_with_its_line() {
        let message = |name, text| read(name, text).expect_err("refused");
        assert!(message("a.csv", "a,b\n1,2\n3\n").starts_with("line 3: "));
        assert_eq!(message("a.csv", "a,b\n"), "there are no rows in it");
        assert_eq!(message("a.csv", ""), "there are no rows in it");
        assert_eq!(message("a.csv", "a,,c\n1,2,3\n"), "column 2 has no name");
        assert!(message("a.json", "[1,").starts_with("it is not JSON: "));
        assert_eq!(message("a.json", "{}"), "it holds no list");
        let missing = Rows::read("users", Path::new("no/such.csv")).expect_err("missing");
        assert!(missing.message.contains("no/such.csv cannot be read"));
    }

    #[test]
    fn rows_begin_again_and_are_shuffled_by_the_seed_alone() {
        let rows = Rows { name: "n".into(), rows: (0..10).map(Value::from).collect() };
        assert_eq!(rows.of(12).as_i64(), Some(2));
        let shuffled = rows.shuffled(fastrand::Rng::with_seed(1));
        assert_eq!(shuffled, rows.shuffled(fastrand::Rng::with_seed(1)));
        assert_ne!(shuffled, rows);
    }
}
