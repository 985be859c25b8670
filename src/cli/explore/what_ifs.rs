use super::results::options;
use crate::cli::args::ExploreArgs;
use crate::engine::Stop;
use crate::explore::{
    Applied, Baseline, Conclusion, Exploration, NotTried, Options, Transactions, Tried, Trouble,
    WhatIf, WhatIfs,
};

/// A service as it is, explored.
pub(in crate::cli::explore) struct AsItIs {
    pub(in crate::cli::explore) exploration: Exploration,
    pub(in crate::cli::explore) transactions: Transactions,
}

impl AsItIs {
    /// Whether changes are asked for, and there is something to prevent.
    pub(in crate::cli::explore) fn is_to_be_changed(&self, args: &ExploreArgs) -> bool {
        !args.what_ifs.is_empty() && self.exploration.conclusion() == Conclusion::Fail
    }

    /// Tries each change that is asked for. `explore` starts the service anew with
    /// what is applied, so that none of its connections has prepared anything before.
    pub(in crate::cli::explore) async fn what_ifs(
        self,
        args: &ExploreArgs,
        stop: &Stop,
        mut explore: impl AsyncFnMut(WhatIf, &Applied, Options) -> Result<Exploration, Trouble>,
    ) -> (Exploration, Option<WhatIfs>) {
        let Self { exploration, transactions } = self;
        let mut tried = Vec::new();
        for what_if in args.what_ifs() {
            if stop.is_ending() {
                break;
            }
            let applied = match what_if.apply(&transactions) {
                Ok(applied) => applied,
                Err(why) => {
                    let (applied, result) = (Applied::default(), Err(why.into()));
                    tried.push(Tried { what_if, applied, result });
                    continue;
                }
            };
            let baseline = Some(Baseline::of(&exploration));
            let result =
                match explore(what_if, &applied, Options { baseline, ..options(args) }).await {
                    Ok(changed) => Ok(Box::new(changed)),
                    Err(Trouble::Stopped) => break,
                    Err(trouble) => Err(NotTried::CouldNotRun(trouble.to_string())),
                };
            tried.push(Tried { what_if, applied, result });
        }
        (exploration, Some(WhatIfs { transactions, tried }))
    }
}
