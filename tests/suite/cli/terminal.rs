//! The report on a real terminal: nothing is wider than it, nothing is cut, and
//! colours say what words say as well.

use std::fs;
use std::path::Path;

use unicode_width::UnicodeWidthStr;

use crate::support::{Bankrun, Ended};

const LONG: &str =
    "a workload with a name that is much longer than any column of a table should be";
const WIDE: &str = "名前の長い作業";
const METRIC: &str = "a_metric_with_a_name_of_some_length_that_nobody_can_remember";

fn names() -> String {
    format!(
        "
name: {WIDE} and a title that goes on and on until it does not fit into one line of a terminal
accounts: {{1: 1000, 2: 9223372036854000}}
scenarios:
  {LONG}:
    executor: shared-iterations
    vus: 8
    operations:
      - {{deposit: 10, account: 1, count: 80}}
      - {{withdraw: 1000000000000000, account: 2, count: 20}}
  {WIDE}:
    executor: constant-arrival-rate
    rate: 2000
    duration: 300ms
    pre_allocated_vus: 1
    max_vus: 1
    operations: [{{balance: 1}}]
thresholds:
  'http_req_duration{{operation:deposit,scenario:{LONG}}}': ['p(95)<0.001', 'p(99.9)<100000']
  'operations{{outcome:unknown}}': count==0
invariants:
  the money only grows, as long as nobody takes any, which somebody does: total >= initial_total
"
    )
}

fn script() -> String {
    let check = "is never true, and says so at such a length that one line is not enough for it";
    format!(
        r#"
options = {{ scenarios = {{ ["{WIDE}"] = {{ executor = "shared-iterations", vus = 5, iterations = 40 }} }},
  thresholds = {{ {METRIC} = {{ "count>1", "rate>1e15" }}, checks = "rate>0.9" }} }}
local count, size = metrics.counter("{METRIC}"), metrics.trend("the_size_{METRIC}")
local hit, depth = metrics.rate("hit"), metrics.gauge("depth")
function default()
  bank.deposit(1, 2)
  local answer = http.get("/balance/1")
  check(answer, {{ ["{check}\27[31m\n"] = function() return false end }})
  count:add(2123456.789) size:add(123456789.123) size:add(0.00012345)
  hit:add(answer.status == 200) depth:add(-exec.vu.id)
  if exec.vu.iteration == 3 then
    error("{WIDE} http://localhost:3000/a/path/without/a/space/in/it/that/is/wider/than/any/terminal")
  end
end
"#
    )
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// All that is shown, as if a line had no end.
fn unbroken(text: &str) -> String {
    plain(text).split_whitespace().collect()
}

#[track_caller]
fn fits(ended: &Ended, columns: usize) {
    for line in plain(&ended.stdout).lines() {
        // A command to copy is left whole: the terminal breaks it, a reader does not.
        let is_command = line.starts_with("again: ");
        assert!(is_command || line.width() <= columns, "wider than {columns}: {line}");
        assert!(!line.contains('…'), "cut: {line}");
        assert!(!line.chars().any(|char| char.is_control()), "a terminal obeys: {line:?}");
    }
}

/// The columns at which the numbers of a table end are the same in all lines.
#[track_caller]
fn aligned(ended: &Ended, head: &str) {
    let text = plain(&ended.stdout);
    let table: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with(head))
        .take_while(|line| !line.is_empty())
        .collect();
    // `max` over durations; names without room stand on lines of their own.
    let numbers = table.iter().filter(|line| line.ends_with("max") || line.ends_with('s'));
    let ends: Vec<usize> = numbers.map(|line| line.width()).collect();
    assert!(ends.len() >= 3, "{table:?}");
    assert!(ends.windows(2).all(|two| two[0] == two[1]), "{table:#?}");
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("names.yaml"), names()).expect("written");
    fs::write(folder.path().join("odd.lua"), script()).expect("written");
    folder
}

fn show(folder: &Path, args: &[&str], columns: u16) -> Ended {
    Bankrun::new(args).folder(folder).on_terminal(columns)
}

#[test]
fn nothing_is_wider_than_the_terminal_and_nothing_is_cut() {
    let folder = folder();
    for columns in [80, 60] {
        let names = ["names.yaml", "--mode", "robust,naive", "--race-window", "3ms"];
        let ended = show(folder.path(), &names, columns).code(1);
        fits(&ended, columns.into());
        let shown = unbroken(&ended.stdout);
        for name in [LONG, WIDE, "which somebody does", "into one line of a terminal"] {
            let times = shown.matches(&name.split(' ').collect::<String>()).count();
            assert!(times >= 2, "{name}: {times} times in\n{}", ended.stdout);
        }
        aligned(&ended, "latency");

        let ended = show(folder.path(), &["--lua", "odd.lua", "--mode", "robust"], columns).code(1);
        fits(&ended, columns.into());
        let shown = unbroken(&ended.stdout);
        for part in [METRIC, &format!("the_size_{METRIC}"), "one line is not enough for it"] {
            assert!(shown.contains(&part.replace(' ', "")), "{part} in\n{}", ended.stdout);
        }
        assert!(shown.contains("without/a/space/in/it/that/is/wider/than/any/terminal"));

        let ended = show(folder.path(), &["--mode", "naive", "--race-window", "2ms"], columns);
        fits(&ended.code(1), columns.into());
        let dead = ["--target", "http://localhost:1/a/path/that/leads/nowhere/but/is/long"];
        fits(&show(folder.path(), &dead, columns).code(4), columns.into());
    }
}

#[test]
fn the_sections_stand_in_the_order_of_k6() {
    let ended = show(folder().path(), &["--lua", "odd.lua", "--mode", "robust"], 80).code(1);
    let text = plain(&ended.stdout);
    let heads = ["thresholds", "checks  ", "metric", "latency", "scenario", "account", "FAIL"];
    let places = heads
        .map(|head| text.find(&format!("\n{head}")).unwrap_or_else(|| panic!("{head} in\n{text}")));
    assert!(places.is_sorted(), "{places:?} in\n{text}");
}

const GREEN: &str = "\u{1b}[1m\u{1b}[32m";
const RED: &str = "\u{1b}[1m\u{1b}[31m";

#[test]
fn colours_say_what_words_say_and_can_be_switched_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |mode: &str| {
        let args = ["--mode", mode, "--race-window", "2ms", "--quiet"];
        Bankrun::new(&args).folder(folder.path())
    };
    let passed = run("robust").on_terminal(80).code(0).stdout;
    assert!(passed.starts_with(&format!("{GREEN}PASS")), "{passed:?}");
    let failed = run("naive").on_terminal(80).code(1).stdout;
    assert!(failed.starts_with(&format!("{RED}FAIL")), "{failed:?}");
    let off = run("naive").env("NO_COLOR", "1").on_terminal(80).code(1).stdout;
    assert!(off.starts_with("FAIL") && !off.contains('\u{1b}'), "{off:?}");
    let piped = run("naive").run().code(1).stdout;
    assert!(piped.starts_with("FAIL") && !piped.contains('\u{1b}'), "{piped:?}");
    let forced = run("naive").env("CLICOLOR_FORCE", "1").run().code(1).stdout;
    assert!(forced.starts_with(&format!("{RED}FAIL")), "{forced:?}");
}
