//! `bankrun check`: a recorded history, judged again.

use std::io::BufReader;

use super::Exit;
use super::args::CheckArgs;
use super::output::{choose_colors, eprint, print, width};
use crate::facts::Recorded;
use crate::facts::lines::HeaderLine;
use crate::files;
use crate::report::{Header, RunReport, RunResult, WorkloadInfo, terminal};
use crate::scenario::Expect;
use crate::verdict::judge;

/// Judges the history as the run that wrote it was judged.
pub(super) fn check(args: &CheckArgs) -> Exit {
    choose_colors(args.no_color);
    let (recorded, expect) = match read(args) {
        Ok(read) => read,
        Err(error) => {
            eprint(&format!("{}: {error}\n", args.history.display()));
            return Exit::Usage;
        }
    };
    if !recorded.complete {
        eprint("the history was cut off: its final balances are not known\n");
    }
    let verdict = judge(&expect, &[], &recorded.facts, args.judge.options());
    let facts = Box::new(recorded.facts);
    let header = header(&recorded.header, args);
    if !args.quiet {
        print(&terminal::header(&header, width()));
    }
    let workloads = vec![WorkloadInfo {
        name: "recorded".to_owned(),
        executor: "recorded",
        vus: facts.metrics.workloads[0].vus_max,
        varies_vus: false,
        planned: None,
    }];
    let result = RunResult::Judged { facts, verdict: Box::new(verdict) };
    let report = RunReport { header, workloads, retries: None, result, live: None };
    print(&terminal::report(&report, args.quiet, width()));
    Exit::of(&report)
}

fn read(args: &CheckArgs) -> Result<(Recorded, Expect), String> {
    let file = files::open(&args.history).map_err(|error| error.to_string())?;
    let recorded = Recorded::read(BufReader::new(file)).map_err(|error| error.to_string())?;
    let mut expect = match &recorded.header.expect {
        serde_json::Value::Null => Expect::default(),
        stated => serde_json::from_value(stated.clone())
            .map_err(|error| format!("`expect` of the header: {error}"))?,
    };
    expect.minimum.extend(recorded.header.minimum.clone());
    Ok((recorded, expect))
}

fn header(line: &HeaderLine, args: &CheckArgs) -> Header {
    Header {
        scenario: line.scenario.clone(),
        target: line.target.clone(),
        built_in: false,
        reason: format!("as recorded in {}", args.history.display()),
        mode: line.mode.clone(),
        database: line.database.clone(),
        race_window: None,
        seed: line.seed,
        notes: line.tls_unverified.then(|| Header::TLS_UNVERIFIED.to_owned()).into_iter().collect(),
        again: format!("bankrun check {}", args.history.display()),
    }
}
