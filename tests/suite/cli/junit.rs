//! JUnit XML, held against the rules that two schemas have in common: Jenkins'
//! xUnit plugin's `junit-10.xsd` and `JUnit.xsd` of the reports of Apache Ant.
//! What is allowed by one of them alone is not allowed here.

use std::fs;

use crate::support::Bankrun;

/// What stands in an attribute.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    NotEmpty,
    Whole,
    /// `12.345`
    Seconds,
    /// `2026-01-31T12:00:00`
    Time,
}

/// An element: its name, where it stands, and its attributes, all of them
/// demanded but those of `OPTIONAL`.
type Rule = (&'static str, &'static [&'static str], &'static [(&'static str, Kind)]);

const OPTIONAL: [&str; 2] = ["message", "skipped"];

const RULES: &[Rule] = {
    use Kind::{NotEmpty, Seconds, Text, Time, Whole};
    &[
        ("testsuites", &[""], &[]),
        (
            "testsuite",
            &["testsuites"],
            &[
                ("name", NotEmpty),
                ("package", Text),
                ("id", Whole),
                ("hostname", NotEmpty),
                ("timestamp", Time),
                ("time", Seconds),
                ("tests", Whole),
                ("failures", Whole),
                ("errors", Whole),
                ("skipped", Whole),
            ],
        ),
        ("properties", &["testsuite"], &[]),
        ("property", &["properties"], &[("name", NotEmpty), ("value", Text)]),
        ("testcase", &["testsuite"], &[("name", Text), ("classname", Text), ("time", Seconds)]),
        ("failure", &["testcase"], &[("message", Text), ("type", Text)]),
        ("error", &["testcase"], &[("message", Text), ("type", Text)]),
        ("skipped", &["testcase"], &[("message", Text)]),
        ("system-out", &["testsuite"], &[]),
        ("system-err", &["testsuite"], &[]),
    ]
};

/// The order in which the children of a suite stand.
const ORDER: [&str; 4] = ["properties", "testcase", "system-out", "system-err"];

#[derive(Default)]
struct Open {
    name: String,
    children: Vec<String>,
}

/// Fails where the document breaks a rule. Returns how many elements it has of
/// each name.
fn valid(xml: &str) -> impl Fn(&str) -> usize + use<> {
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a head");
    let mut open = vec![Open::default()];
    let mut seen: Vec<String> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("no end: {part}"));
        let is_char = |char: char| !char.is_control() || "\n\r\t".contains(char);
        assert!(text.chars().chain(tag.chars()).all(is_char), "no XML: {text:?}");
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().expect("an open element");
            assert_eq!(closed.name, name);
            children(&closed);
            continue;
        }
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        element(name, attributes, &open.last().expect("the root").name);
        open.last_mut().expect("the root").children.push(name.to_owned());
        seen.push(name.to_owned());
        let opened = Open { name: name.to_owned(), children: Vec::new() };
        match is_empty {
            true => children(&opened),
            false => open.push(opened),
        }
    }
    assert_eq!(open.len(), 1, "all is closed");
    move |name| seen.iter().filter(|seen| *seen == name).count()
}

fn element(name: &str, attributes: &str, parent: &str) {
    let rule = RULES.iter().find(|(known, ..)| *known == name);
    let (_, parents, known) = rule.unwrap_or_else(|| panic!("<{name}> is not known"));
    assert!(parents.contains(&parent), "<{name}> in <{parent}>");
    let given: Vec<(&str, &str)> = attributes
        .split("\" ")
        .filter(|attribute| !attribute.is_empty())
        .map(|attribute| {
            let (name, value) = attribute.split_once("=\"").expect("an attribute");
            (name, value.trim_end_matches('"'))
        })
        .collect();
    for (attribute, value) in &given {
        let kind = known.iter().find(|(name, _)| name == attribute);
        let (_, kind) = kind.unwrap_or_else(|| panic!("{attribute} of <{name}> is not known"));
        assert!(fits(value, *kind), "{attribute}=\"{value}\" of <{name}>");
    }
    for (attribute, _) in known.iter().filter(|(name, _)| !OPTIONAL.contains(name)) {
        assert!(given.iter().any(|(name, _)| name == attribute), "<{name}> has no {attribute}");
    }
}

fn children(of: &Open) {
    let Open { name, children } = of;
    match name.as_str() {
        "testcase" => assert!(children.len() <= 1, "{children:?} in one case"),
        "testsuite" => {
            let place = |child: &String| ORDER.iter().position(|known| known == child);
            assert!(children.is_sorted_by_key(place), "{children:?}");
            for needed in ["properties", "system-out", "system-err"] {
                let count = children.iter().filter(|child| *child == needed).count();
                assert_eq!(count, 1, "{needed} in a suite");
            }
        }
        _ => {}
    }
}

fn fits(value: &str, kind: Kind) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_digit());
    match kind {
        Kind::Text => true,
        Kind::NotEmpty => !value.trim().is_empty(),
        Kind::Whole => digits(value),
        Kind::Seconds => {
            value.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part))
        }
        Kind::Time => {
            let shape: String =
                value.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
            shape == "0000-00-00T00:00:00"
        }
    }
}

const SCENARIO: &str = "
name: 'two <of> \"them\" & more 名前'
accounts: {1: 1000, 2: 5}
scenarios:
  race:
    executor: shared-iterations
    vus: 8
    operations:
      - {deposit: 10, account: 1, count: 80}
thresholds:
  http_reqs: count>=80
  iterations: count<5
invariants:
  the money only grows: total >= initial_total
";

const SCRIPT: &str = r#"
options = { scenarios = { odd = { executor = "shared-iterations", vus = 2, iterations = 10 } },
  thresholds = { checks = "rate==1" } }
function default()
  bank.deposit(1, 2)
  expect(1, "==", 2, "it's <odd> & \"so\" \1\27[31m end\0 ]]> 漢字")
end
"#;

#[test]
fn what_ci_servers_are_given_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
    write("two.yaml", SCENARIO).expect("written");
    write("odd.lua", SCRIPT).expect("written");
    let report = |args: &[&str], code| {
        let run = Bankrun::new(&[args, &["--quiet", "--junit", "j.xml"]].concat());
        run.folder(folder.path()).run().code(code);
        let xml = fs::read_to_string(folder.path().join("j.xml")).expect("a report");
        valid(&xml)
    };
    // Passed; failed with a witness; skipped.
    let count = report(&["--mode", "robust,naive,advisory", "--race-window", "2ms"], 1);
    assert_eq!((count("testsuite"), count("skipped"), count("error")), (3, 1, 0));
    assert!(count("failure") >= 2);
    let count = report(&["two.yaml", "two.yaml", "--mode", "robust"], 1);
    assert_eq!((count("testsuite"), count("failure")), (2, 4));
    let count = report(&["--lua", "odd.lua", "--mode", "naive"], 1);
    assert_eq!(count("failure"), 2);
    let count = report(&["--target", "http://localhost:1"], 4);
    assert_eq!((count("testsuite"), count("error")), (1, 1));
}

#[test]
fn the_rules_refuse_what_the_schemas_refuse() {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let suite = "name=\"a\" package=\"b\" id=\"0\" hostname=\"localhost\" time=\"0.000\" \
                 timestamp=\"2026-01-31T12:00:00\" tests=\"1\" failures=\"0\" errors=\"0\"";
    let inside = "<properties></properties><testcase name=\"a\" classname=\"b\" time=\"1.0\"/>\
                  <system-out></system-out><system-err></system-err>";
    let document = |suite: &str, inside: &str| {
        format!("{head}<testsuites><testsuite {suite}>{inside}</testsuite></testsuites>\n")
    };
    let good = document(suite, inside);
    let count = valid(&good);
    assert_eq!(count("testcase"), 1);
    let refused = |xml: String| {
        assert_ne!(xml, good);
        let refused = std::panic::catch_unwind(|| drop(valid(&xml))).is_err();
        assert!(refused, "{xml}");
    };
    refused(good.replace("<testsuites>", "<testsuites skipped=\"0\">"));
    refused(good.replace("12:00:00", "12:00:00Z"));
    refused(good.replace("hostname=\"localhost\" ", ""));
    refused(good.replace("<system-err></system-err>", ""));
    refused(good.replace("tests=\"1\"", "tests=\"one\""));
    refused(good.replace("<properties></properties>", "<property name=\"a\" value=\"b\"/>"));
    refused(good.replace(
        "/><system-out>",
        "><error type=\"a\"/><failure type=\"a\"/></testcase><system-out>",
    ));
    refused(good.replace("time=\"1.0\"/>", "time=\"1.0\" assertions=\"3\"/>"));
}
