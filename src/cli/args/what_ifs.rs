use std::str::FromStr;

use crate::explore::WhatIf;

/// One change of the service, or each in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum WhatIfArg {
    All,
    One(WhatIf),
}

impl FromStr for WhatIfArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            one => one.parse().map(Self::One),
        }
    }
}
