use std::fmt;

/// What is wrong with the text of a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// From 1.
    pub line: u64,
    pub cause: String,
    /// What to do, where that is known.
    pub hint: Option<&'static str>,
}

/// `line 3: this row has 1 fields, the others have 2`
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.cause)
    }
}
