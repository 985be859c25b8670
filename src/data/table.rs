use std::collections::HashSet;

use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Trim};

use super::{Trouble, quotes};

/// How the text of a CSV file is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Csv {
    /// What parts the fields. `None`: the first of `,`, `;` and tab that the first
    /// line has.
    pub delimiter: Option<u8>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Whether the space around fields is left out.
    pub trim: bool,
}

/// The rows of a CSV file; all fields are texts, and every row has as many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Where the first line names them; no two are the same.
    pub columns: Option<Vec<String>>,
    pub rows: Vec<StringRecord>,
}

impl Csv {
    pub fn read(self, text: &str) -> Result<Table, Trouble> {
        let delimiter = self.delimiter.unwrap_or_else(|| delimiter(text));
        quotes::check(text, delimiter)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(self.header)
            .trim(if self.trim { Trim::All } else { Trim::Headers })
            .from_reader(text.as_bytes());
        let columns = match self.header {
            true => Some(columns(reader.headers().map_err(|error| trouble(&error))?)?),
            false => None,
        };
        let rows = reader.records().map(|row| row.map_err(|error| trouble(&error)));
        Ok(Table { columns, rows: rows.collect::<Result<_, _>>()? })
    }
}

fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|byte| first.as_bytes().contains(byte)).unwrap_or(b',')
}

fn columns(header: &StringRecord) -> Result<Vec<String>, Trouble> {
    let mut columns = Vec::with_capacity(header.len());
    let mut known = HashSet::new();
    for column in header {
        if !known.insert(column) {
            let cause = format!("two columns are called `{column}`");
            return Err(Trouble { line: 1, cause, hint: None });
        }
        columns.push(column.to_owned());
    }
    Ok(columns)
}

fn trouble(error: &csv::Error) -> Trouble {
    let cause = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this row has {len} fields, the others have {expected_len}")
        }
        _ => error.to_string(),
    };
    Trouble { line: error.position().map_or(1, Position::line), cause, hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Csv = Csv { delimiter: None, header: true, trim: false };

    #[test]
    fn fields_are_parted_and_trimmed_as_is_said() {
        let read = |csv: Csv, text| {
            let Table { columns, rows } = csv.read(text).expect("a table");
            (columns.unwrap_or_default().join("|"), rows[0].iter().collect::<Vec<_>>().join("|"))
        };
        let is = |head: &str, row: &str| (head.to_owned(), row.to_owned());
        assert_eq!(read(CSV, "a, b\n\"1, 2\", 3\n"), is("a|b", "1, 2| 3"));
        assert_eq!(read(CSV, "a;b\r\n1,2;3\r\n"), is("a|b", "1,2|3"));
        assert_eq!(read(CSV, "a\tb\n1\t 3\n"), is("a|b", "1| 3"));
        assert_eq!(read(Csv { trim: true, ..CSV }, "a, b\n1, 3 \n"), is("a|b", "1|3"));
        assert_eq!(read(Csv { header: false, ..CSV }, "a, b\n"), is("", "a| b"));
        assert_eq!(read(Csv { delimiter: Some(b'b'), ..CSV }, "a,b,\n1b2\n"), is("a,|,", "1|2"));
    }

    #[test]
    fn trouble_has_its_line() {
        let trouble = |text| CSV.read(text).expect_err("trouble").to_string();
        assert_eq!(trouble("a,b\n1,2\n3\n"), "line 3: this row has 1 fields, the others have 2");
        assert_eq!(trouble("a, a\n"), "line 1: two columns are called `a`");
    }
}
