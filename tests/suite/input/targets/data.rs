use bankrun::data::{self, Csv, Trouble};

/// A data file, as CSV and as JSON. The rows of a table, written with quotes
/// wherever some are needed, are the same rows.
pub fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(trouble) = data::json(&text) {
        check(&trouble, &text);
    }
    for header in [false, true] {
        let csv = Csv { delimiter: None, header, trim: false };
        let table = match csv.read(&text) {
            Ok(table) => table,
            Err(trouble) => {
                check(&trouble, &text);
                continue;
            }
        };
        let mut writer =
            csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        if let Some(columns) = &table.columns {
            writer.write_record(columns).expect("memory");
        }
        for row in &table.rows {
            writer.write_record(row).expect("memory");
        }
        let written = String::from_utf8(writer.into_inner().expect("memory")).expect("text");
        let again = Csv { delimiter: Some(b','), ..csv }.read(&written);
        if !table.rows.is_empty() {
            assert_eq!(again, Ok(table), "{written}");
        }
    }
}

fn check(trouble: &Trouble, text: &str) {
    let lines = 1 + text.matches(['\n', '\r']).count() as u64;
    assert!((1..=lines).contains(&trouble.line), "{trouble} of {lines}");
    assert!(!trouble.cause.is_empty());
}
