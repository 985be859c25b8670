use crate::explore::{Exploration, WhatIfs};

/// One group of requests that was explored, and what came of it.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How the service works: a mode of the bank, or its URL.
    pub mode: String,
    /// What the requests are called together: `deposit beside deposit`.
    pub group: String,
    /// The command for the same once more, up to the order.
    pub again: String,
    /// The error is why nothing could be explored.
    pub result: Result<Exploration, String>,
    /// What became of it with changes, where these were asked for and it failed.
    pub what_ifs: Option<WhatIfs>,
}

impl Explored {
    pub fn new(
        mode: String,
        group: String,
        again: String,
        result: Result<(Exploration, Option<WhatIfs>), String>,
    ) -> Self {
        let (result, what_ifs) = match result {
            Ok((exploration, what_ifs)) => (Ok(exploration), what_ifs),
            Err(error) => (Err(error), None),
        };
        Self { mode, group, again, result, what_ifs }
    }
}
