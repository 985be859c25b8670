//! How many instructions the hot paths take: numbers that do not depend on how
//! busy or how fast the machine is.
//!
//! ```text
//! cargo bench --bench instructions                   # all of them: two minutes
//! cargo bench --bench instructions -- router         # those whose name has it
//! CALLGRIND_OUT=/tmp/profiles cargo bench --bench instructions
//! ```
//!
//! Needs valgrind (Debian: `apt-get install valgrind`). Each path runs under
//! callgrind, in processes of their own, with few operations and with many, three
//! times; what is printed is the difference, divided by the operations that made
//! it, so that what a start costs is not in it. What is at the other end of a connection runs
//! in this process, and is not counted; nor is what the kernel does.
//!
//! Two runs agree within 1 %: hash seeds and addresses differ, nothing else.
//! `CALLGRIND_OUT` keeps the profiles, for `callgrind_annotate`.

#![expect(clippy::print_stdout, reason = "a table for people")]

mod callgrind;
mod checker;
mod generator;
#[path = "../shared/histories.rs"]
mod histories;
mod router;

use std::error::Error;

use callgrind::Counted;

/// As in the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Hash seeds differ from process to process, and with them the counts a little.
const REPETITIONS: u64 = 3;

/// A hot path, as its row shows it.
struct Row {
    name: &'static str,
    /// Those that are counted lie between the two.
    few: usize,
    many: usize,
    /// Runs so many operations in a process that is counted.
    count: fn(&Counted) -> Result<u64, Box<dyn Error>>,
    /// What the counted process does.
    work: fn(usize) -> Result<(), Box<dyn Error>>,
}

const ROWS: [Row; 7] = [
    Row {
        name: "generator: a built-in deposit",
        few: 500,
        many: 2_500,
        count: generator::count,
        work: generator::built_in,
    },
    Row {
        name: "generator: a declared operation, a check",
        few: 500,
        many: 6_500,
        count: generator::count,
        work: generator::declared,
    },
    Row {
        name: "generator: Lua, a post and a check",
        few: 500,
        many: 2_500,
        count: generator::count,
        work: generator::lua,
    },
    Row {
        name: "checker: 1,000 accounts",
        few: 20_000,
        many: 120_000,
        count: checker::count,
        work: checker::many_accounts,
    },
    Row {
        name: "checker: one account",
        few: 20_000,
        many: 120_000,
        count: checker::count,
        work: checker::one_account,
    },
    Row {
        name: "router: a path that is not there",
        few: 500,
        many: 4_500,
        count: router::count_nothing,
        work: router::serve,
    },
    Row {
        name: "router: a deposit that is refused",
        few: 500,
        many: 4_500,
        count: router::count_refusals,
        work: router::serve,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, row, operations] = &arguments[..]
        && flag == callgrind::COUNTED
    {
        let row: usize = row.parse()?;
        return (ROWS[row].work)(operations.parse()?);
    }
    // As a test (`cargo test --benches`) it only has to build.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    println!("{:<42}{:>14}", "", "instructions");
    for (index, row) in ROWS.iter().enumerate() {
        if wanted.is_some_and(|wanted| !row.name.contains(wanted.as_str())) {
            continue;
        }
        let count = |operations| (row.count)(&Counted { row: index, operations });
        let (mut few, mut many) = (0, 0);
        for _ in 0..REPETITIONS {
            few += count(row.few)?;
            many += count(row.many)?;
        }
        let counted = REPETITIONS * (row.many - row.few) as u64;
        let each = many.saturating_sub(few) / counted;
        println!("{:<42}{each:>14}", row.name);
    }
    Ok(())
}
