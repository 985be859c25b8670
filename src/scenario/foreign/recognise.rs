use std::path::Path;

use super::tool::{Language, Tool};
use super::{keys, requests};

impl Tool {
    /// Whose file this is, if it is of another tool. To be asked of what cannot be
    /// read as one of ours. `text`: what is in it, where that is text.
    pub fn of(path: &Path, text: Option<&str>) -> Option<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let ending = ending.to_ascii_lowercase();
        let text = text.map_or("", |text| text.strip_prefix('\u{feff}').unwrap_or(text));
        by_code(text, &ending)
            .or_else(|| by_ending(&ending))
            .or_else(|| keys::tool(text))
            .or_else(|| requests::tool(text))
            .or_else(|| language(&ending).map(Self::Program))
    }
}

/// By what programs say of themselves.
fn by_code(text: &str, ending: &str) -> Option<Tool> {
    let is_script = matches!(ending, "js" | "mjs" | "cjs" | "ts");
    if text.trim_start().starts_with('<') && !is_script {
        let has = |tag| text.contains(tag);
        return has("<jmeterTestPlan")
            .then_some(Tool::JMeter)
            .or(has("<tsung").then_some(Tool::Tsung));
    }
    code(text).find_map(by_line).or_else(|| {
        let is_test = |text: &str| {
            text.contains("export default function")
                || text.contains("export const options")
                || text.contains("__ENV.")
        };
        (is_script && is_test(text)).then_some(Tool::K6)
    })
}

/// The lines without comments: a script of ours may keep there what it was made of.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let begins = |line: &str, with: &[&str]| with.iter().any(|with| line.starts_with(with));
    let mut is_inside = false;
    text.lines().map(str::trim).filter(move |line| {
        is_inside |= begins(line, &["--[[", "--[="]);
        let is_comment = is_inside || begins(line, &["--", "#", "//", "*"]);
        is_inside &= !line.contains("]]") && !line.contains("=]");
        !is_comment
    })
}

fn by_line(line: &str) -> Option<Tool> {
    let begins = |with: &[&str]| with.iter().any(|with| line.starts_with(with));
    let has = |what: &[&str]| what.iter().any(|what| line.contains(what));
    if begins(&["import ", "import{", "}"]) || has(&["require("]) {
        if has(&["'k6'", "\"k6\"", "'k6/", "\"k6/", "jslib.k6.io"]) {
            return Some(Tool::K6);
        }
        if has(&["io.gatling.", "@gatling.io/"]) {
            return Some(Tool::Gatling);
        }
    }
    if begins(&["from locust", "import locust"]) {
        return Some(Tool::Locust);
    }
    is_wrk(line).then_some(Tool::Wrk)
}

/// `wrk.method = "POST"`, or the function that sums up a run of wrk.
fn is_wrk(line: &str) -> bool {
    const FIELDS: &[&str] =
        &["method", "body", "headers", "path", "format(", "scheme", "host", "port", "thread"];
    let uses = line.match_indices("wrk.").any(|(at, found)| {
        let is_whole = !line[..at].ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let field = &line[at + found.len()..];
        is_whole && FIELDS.iter().any(|name| field.starts_with(name))
    });
    uses || (line.contains("done") && line.contains("(summary, latency, requests)"))
}

fn by_ending(ending: &str) -> Option<Tool> {
    Some(match ending {
        "har" => Tool::Har,
        "http" | "rest" => Tool::HttpFile,
        "hurl" => Tool::Hurl,
        "jmx" => Tool::JMeter,
        _ => return None,
    })
}

fn language(ending: &str) -> Option<Language> {
    Some(match ending {
        "js" | "mjs" | "cjs" => Language::JavaScript,
        "ts" => Language::TypeScript,
        "py" => Language::Python,
        "scala" => Language::Scala,
        "java" => Language::Java,
        "kt" | "kts" => Language::Kotlin,
        "go" => Language::Go,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, text: &str) -> Option<Tool> {
        Tool::of(Path::new(name), Some(text))
    }

    #[test]
    fn programs_are_known_by_what_they_import() {
        for (name, text, expected) in [
            ("a.js", "import http from 'k6/http';\nexport default function () {}\n", Tool::K6),
            ("a.lua", "import { check } from \"k6\";\n", Tool::K6),
            ("-", "import {\n  check,\n} from 'k6';\n", Tool::K6),
            ("a.js", "const http = require('k6/http');\n", Tool::K6),
            ("a.js", "import { buy } from './lib.js';\nexport default function () {}", Tool::K6),
            ("a.js", "import { simulation } from \"@gatling.io/core\";\n", Tool::Gatling),
            ("a.txt", "\u{feff}from locust import HttpUser\n", Tool::Locust),
            ("a.py", "import os\nimport locust\n", Tool::Locust),
            ("A.scala", "package x\nimport io.gatling.core.Predef._\n", Tool::Gatling),
            ("A.java", "import static io.gatling.javaapi.core.CoreDsl.*;\n", Tool::Gatling),
            ("a.xml", "<?xml version=\"1.0\"?>\n<jmeterTestPlan version=\"1.2\">\n", Tool::JMeter),
            ("a.lua", "wrk.method = \"POST\"\nwrk.body = \"{}\"\n", Tool::Wrk),
            ("a.lua", "request = function()\n  return wrk.format(nil, \"/\")\nend\n", Tool::Wrk),
            ("a.js", "console.log(1)\n", Tool::Program(Language::JavaScript)),
            ("a.PY", "print(1)\n", Tool::Program(Language::Python)),
        ] {
            assert_eq!(tool(name, text), Some(expected), "{name}: {text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_known_by_its_ending() {
        for (name, expected) in
            [("a.har", Tool::Har), ("a.jmx", Tool::JMeter), ("a.hurl", Tool::Hurl)]
        {
            assert_eq!(Tool::of(Path::new(name), None), Some(expected));
        }
        assert_eq!(Tool::of(Path::new("a.yaml"), None), None);
    }

    #[test]
    fn a_file_of_ours_with_a_mistake_stays_ours() {
        for (name, text) in [
            ("a.lua", "-- import http from 'k6/http'\nfunction default( end\n"),
            ("a.lua", "--[[\nimport http from 'k6/http'\n]]\nfunction default( end\n"),
            ("a.lua", "local mywrk = {}\nmywrk.method = 1\nfunction default( end\n"),
            ("a.yaml", "# from locust import HttpUser\nscenarios: {}\n"),
            ("a.yaml", "operations:\n  a: { request: GET /a }\nscenarios: []\n"),
            ("a.yaml", ""),
            ("a.json", "{\"scenarios\": {}}"),
            ("a.json", "[1, 2"),
            ("a.yaml", "accounts: { 1: 5 }\nconfig: { target: x }\nscenarios: { a: {} }\n"),
        ] {
            assert_eq!(tool(name, text), None, "{text}");
        }
    }
}
